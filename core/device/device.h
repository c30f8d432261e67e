// What a device offers to training and measuring: choice, threads, seeds, memory, and a description.
#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <string>

namespace slab::device {

/// "auto" (the GPU where the CUDA module is loaded and a device is there, else the CPU), "cpu", "cuda",
/// "cuda:N". Throws slab::Error(Device) that says why a GPU cannot be used, slab::Error(Config) for
/// another text.
[[nodiscard]] c10::Device parseDevice(const std::string& text);

/// Sets the threads of LibTorch's intra-op pool; 0 = all processors this process may run on. Call it
/// before the first parallel operator. Returns the number now in force.
int setThreads(int threads);
[[nodiscard]] int threads();
/// From here on what LibTorch computes for the calling thread stays on it. For threads that work beside the one that
/// trains: each would start a team of its own, and once the teams together outnumber the processors, OpenMP puts their
/// threads to sleep at every barrier, the training's too.
void stayOnThisThread();
/// Processors this process may run on (its affinity mask), at least 1.
[[nodiscard]] int availableProcessors();

/// Seeds LibTorch's default generators of every device.
void seedAll(std::uint64_t seed);

/// Highest resident set of this process so far in bytes (CPU), or the allocator's peak (CUDA).
[[nodiscard]] std::int64_t peakMemoryBytes(c10::Device device);
/// Starts the peak anew: at the present resident set where the system allows it (Linux), else no effect.
void resetPeakMemory(c10::Device device);

/// The machine card printed with every measurement.
struct MachineCard {
  std::string processor;     // "AMD EPYC 9R45"
  int processors = 0;        // this process may run on
  int threads = 0;           // of LibTorch's pool
  std::string instructions;  // what LibTorch's kernels use: "AVX512"
  std::string torch;         // "2.11.0"
  std::string oneDnn;        // "3.10.2"; "" where the build has none
  std::string gpu;           // "" without one
};
[[nodiscard]] MachineCard machineCard();
/// One line: "AMD EPYC, 2 of 2 threads, AVX512, torch 2.11.0, oneDNN 3.10.2".
[[nodiscard]] std::string describe(const MachineCard& card);

}  // namespace slab::device
