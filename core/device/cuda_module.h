// The CUDA module libslab_cuda.so: loaded at start where there is a driver, never linked.
//
// libtorch_cuda registers its kernels and hooks when it is loaded, and the hooks are looked up once, so
// `loadCudaModule` has to come before the first LibTorch call of the program.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace c10d {
class Store;
}

namespace slab::device {

class Exchange;

/// GPU services that generic ATen code does not offer; implemented in core/cuda. One instance a process,
/// owned by the module. Calls may come from any thread.
class CudaServices {
 public:
  virtual ~CudaServices() = default;
  /// Waits until everything queued on the current stream of device `index` is done.
  virtual void synchronize(int index) = 0;
  /// The current stream of device `index`, as the CUDA handle.
  virtual void* currentStream(int index) = 0;
  /// Marks a point of the current stream; `elapsedMs` waits for both.
  class Event {
   public:
    virtual ~Event() = default;
    virtual void record() = 0;
    virtual double elapsedMs(Event& later) = 0;
  };
  virtual std::unique_ptr<Event> makeEvent(int index) = 0;
  /// A recorded step: replays the same kernels on the same memory. Owns its memory pool.
  class Graph {
   public:
    virtual ~Graph() = default;
    virtual void replay() = 0;
  };
  /// Captures `work` on a side stream of device `index`. Run `work` a few times before, so that nothing is
  /// set up during the capture; it must not read values back to the host.
  virtual std::unique_ptr<Graph> capture(int index, const std::function<void()>& work) = 0;
  virtual std::int64_t peakMemoryBytes(int index) = 0;
  virtual void resetPeakMemory(int index) = 0;
  virtual std::string deviceName(int index) = 0;
  /// The UUID: another for each GPU of any machine.
  virtual std::array<std::int64_t, 2> deviceId(int index) = 0;
};

/// Makes an exchange (core/device/exchange.h) between `size` processes that meet in `store`; the caller owns it.
using MakeExchange = Exchange* (*)(c10d::Store* store, int rank, int size);

/// Outcome of loading: `services` is null where the module is not in use, and `reason` says why in words.
struct CudaModule {
  CudaServices* services = nullptr;
  std::string reason;
  MakeExchange makeExchange = nullptr;  // null: the module is not in use, or was built without NCCL
};

/// Loads the module that stands beside the program, when the driver's libcuda.so.1 can be opened; does
/// nothing the second time. Never throws: a machine without a GPU is the normal case.
const CudaModule& loadCudaModule();
/// The state so far, without loading anything.
const CudaModule& cudaModule();

}  // namespace slab::device
