#pragma once

#include <cmath>

#include "kernels/common/dtype.h"

/// What device code is written with, beside CUDA's own threadIdx, __syncthreads and __shfl_xor_sync. nvcc finds the
/// GPU's versions here; the tests include tests/support/cuda_on_cpu.h first, which brings the same names for the host.
#if defined(__CUDACC__)

namespace slab::kernels::cuda::device {

/// The block's dynamic shared memory, 16-byte aligned; its size is a launch argument.
__device__ inline unsigned char* sharedMemory() {
  extern __shared__ __align__(16) unsigned char memory[];
  return memory;
}

/// Global memory is read and written by these alone: one access of the Vector's width.
template <class Vector>
__device__ inline Vector loadGlobal(const void* address) {
  return *static_cast<const Vector*>(address);
}

template <class Vector>
__device__ inline void storeGlobal(void* address, const Vector& value) {
  *static_cast<Vector*>(address) = value;
}

}  // namespace slab::kernels::cuda::device

#elif !defined(SLAB_CUDA_ON_CPU)
#error "device code needs nvcc, or tests/support/cuda_on_cpu.h included before it"
#endif

namespace slab::kernels::cuda::device {

constexpr int kWarp = 32;

/// N elements that one access moves.
template <class T, int N>
struct alignas(sizeof(T) * N) Pack {
  T values[N];
};

/// Elements of a 16-byte access.
template <class T>
constexpr int kWide = 16 / static_cast<int>(sizeof(T));

__device__ inline float widen(float value) {
  return value;
}
__device__ inline float widen(BFloat16 value) {
  return toFloat(value);
}
__device__ inline float widen(Half value) {
#if defined(__CUDA_ARCH__)
  float result;
  asm("cvt.f32.f16 %0, %1;" : "=f"(result) : "h"(value.bits));
  return result;
#else
  return toFloat(value);
#endif
}

template <class T>
__device__ inline T narrow(float value);

template <>
__device__ inline float narrow<float>(float value) {
  return value;
}

template <>
__device__ inline BFloat16 narrow<BFloat16>(float value) {
#if defined(__CUDA_ARCH__)
  BFloat16 result;
  asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(result.bits) : "f"(value));
  return result;
#else
  return fromFloat<BFloat16>(value);
#endif
}

template <>
__device__ inline Half narrow<Half>(float value) {
#if defined(__CUDA_ARCH__)
  Half result;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(result.bits) : "f"(value));
  return result;
#else
  return fromFloat<Half>(value);
#endif
}

template <class T, int N>
__device__ inline void read(const T* from, float (&to)[N]) {
  const auto pack = loadGlobal<Pack<T, N>>(from);
  for (int i = 0; i < N; ++i) to[i] = widen(pack.values[i]);
}

template <class T, int N>
__device__ inline void write(T* to, const float (&from)[N]) {
  Pack<T, N> pack;
  for (int i = 0; i < N; ++i) pack.values[i] = narrow<T>(from[i]);
  storeGlobal(to, pack);
}

/// The sum over the lanes of a warp, in every lane; all lanes must take part.
template <class T>
__device__ inline T warpSum(T value) {
  for (int mask = kWarp / 2; mask > 0; mask /= 2) value += __shfl_xor_sync(0xffffffffu, value, mask);
  return value;
}

}  // namespace slab::kernels::cuda::device
