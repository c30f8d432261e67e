#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <tuple>

/// Runs CUDA device code on the CPU, for tests. Include it before a .cuh file. A kernel is an ordinary function; the
/// threads of a block are fibers of one system thread, resumed in a shuffled order, that change places at barriers and
/// shuffles; blocks run one after the other. So the very source that nvcc compiles is tested without a GPU, and under
/// AddressSanitizer, which sees every overrun of global and of shared memory (both have exactly their size).
///
/// Found besides: barriers and shuffles that not all threads reach (launch throws std::runtime_error), shared memory
/// used before it was written (it starts as NaNs), and most races on shared memory (results change with the order).
/// Global memory is touched through loadGlobal and storeGlobal only, which count bytes and 32-byte sectors by warp.

#define __global__ inline
#define __device__
#define __forceinline__
#define __launch_bounds__(...)
#define SLAB_CUDA_ON_CPU 1

namespace slab::cuda_on_cpu {

struct Dim3 {
  constexpr Dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
  unsigned x, y, z;
};

/// What the warps of a launch asked of global memory.
struct Traffic {
  std::int64_t bytesRead = 0;  ///< distinct bytes a warp access, added up
  std::int64_t bytesWritten = 0;
  std::int64_t sectors = 0;       ///< 32-byte sectors touched, a warp access at a time
  std::int64_t idealSectors = 0;  ///< as few as the bytes of each warp access need
  std::int64_t launches = 0;

  [[nodiscard]] double sectorEfficiency() const {
    return sectors == 0 ? 1.0 : static_cast<double>(idealSectors) / static_cast<double>(sectors);
  }
  Traffic& operator+=(const Traffic& other);
};

/// Runs `thread` once for every thread of every block. `seed` chooses the order of the threads; `count` turns the
/// accounting of traffic on. Throws std::runtime_error on a divergent barrier.
Traffic runGrid(Dim3 grid, Dim3 block, std::size_t sharedBytes, unsigned seed, bool count,
                const std::function<void()>& thread);

/// Launches kernels the way nvcc's triple brackets do.
class Launcher {
 public:
  explicit Launcher(unsigned seed = 1, bool count = true) : seed_(seed), count_(count) {}

  template <class... Parameters, class... Arguments>
  void operator()(void (*kernel)(Parameters...), Dim3 grid, Dim3 block, std::size_t sharedBytes,
                  Arguments... arguments) {
    const std::tuple<Parameters...> copies(arguments...);
    traffic_ += runGrid(grid, block, sharedBytes, seed_++, count_, [&] { std::apply(kernel, copies); });
  }

  [[nodiscard]] const Traffic& traffic() const { return traffic_; }
  [[nodiscard]] bool failed() const { return false; }

 private:
  unsigned seed_;
  bool count_;
  Traffic traffic_;
};

/// Memory accesses of the running thread; `site` tells the instructions of a kernel apart.
void noteRead(const void* address, std::size_t bytes, const void* site);
void noteWrite(const void* address, std::size_t bytes, const void* site);

/// The running thread's value is exchanged with lane (lane ^ mask) of its warp.
float shuffleXor(float value, int laneMask);
double shuffleXor(double value, int laneMask);
void blockBarrier();
unsigned char* blockSharedMemory();

}  // namespace slab::cuda_on_cpu

using dim3 = slab::cuda_on_cpu::Dim3;

/// The running thread's coordinates, set by the scheduler.
extern dim3 threadIdx, blockIdx, blockDim, gridDim;

void __syncthreads();

template <class T>
T __shfl_xor_sync(unsigned, T value, int laneMask) {
  return slab::cuda_on_cpu::shuffleXor(value, laneMask);
}

/// Threads of a block never run at the same moment here, so a plain addition is atomic.
template <class T>
T atomicAdd(T* address, T value) {
  const T before = *address;
  *address = before + value;
  return before;
}

namespace slab::kernels::cuda::device {

inline unsigned char* sharedMemory() {
  return cuda_on_cpu::blockSharedMemory();
}

template <class Vector>
[[gnu::noinline]] Vector loadGlobal(const void* address) {
  cuda_on_cpu::noteRead(address, sizeof(Vector), __builtin_return_address(0));
  Vector value;
  __builtin_memcpy(&value, address, sizeof(Vector));
  return value;
}

template <class Vector>
[[gnu::noinline]] void storeGlobal(void* address, const Vector& value) {
  cuda_on_cpu::noteWrite(address, sizeof(Vector), __builtin_return_address(0));
  __builtin_memcpy(address, &value, sizeof(Vector));
}

}  // namespace slab::kernels::cuda::device
