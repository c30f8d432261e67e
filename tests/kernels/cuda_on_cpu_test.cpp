#include "tests/support/cuda_on_cpu.h"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>
#include <vector>

#include "kernels/cuda/device.cuh"

namespace slab::cuda_on_cpu {
namespace {

namespace device = kernels::cuda::device;

__global__ void sumBlocks(const float* values, int count, float* sums) {
  auto* shared = reinterpret_cast<float*>(device::sharedMemory());
  const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  const float sum = device::warpSum(static_cast<int>(i) < count ? device::loadGlobal<float>(values + i) : 0.0f);
  if (threadIdx.x % 32 == 0) shared[threadIdx.x / 32] = sum;
  __syncthreads();
  if (threadIdx.x != 0) return;
  float total = 0.0f;
  for (unsigned warp = 0; warp < blockDim.x / 32; ++warp) total += shared[warp];
  device::storeGlobal(sums + blockIdx.x, total);
}

__global__ void halfTheBlockWaits() {
  if (threadIdx.x < 32) __syncthreads();
  device::warpSum(1.0f);
}

__global__ void halfTheWarpShuffles() {
  if (threadIdx.x < 16) device::warpSum(1.0f);
}

__global__ void readsAnotherThreadsSlotTooEarly(float* result) {
  auto* shared = reinterpret_cast<float*>(device::sharedMemory());
  shared[threadIdx.x] = static_cast<float>(threadIdx.x);
  device::storeGlobal(result + threadIdx.x, shared[(threadIdx.x + 17) % blockDim.x]);
}

__global__ void copyStrided(const float* from, float* to, int stride) {
  device::storeGlobal(to + threadIdx.x, device::loadGlobal<float>(from + threadIdx.x * stride));
}

__global__ void countThreads(int* counter) {
  atomicAdd(counter, 1);
}

TEST(CudaOnCpu, ShufflesBarriersAndSharedMemoryWork) {
  std::vector<float> values(1000);
  double expected = 0.0;
  for (std::size_t i = 0; i < values.size(); ++i) expected += values[i] = std::sin(static_cast<float>(i));
  std::vector<float> sums(8, NAN);
  Launcher launch;
  launch(sumBlocks, Dim3(8), Dim3(128), 4 * sizeof(float), values.data(), 1000, sums.data());
  double sum = 0.0;
  for (const float value : sums) sum += value;
  EXPECT_NEAR(sum, expected, 1e-4);
  EXPECT_EQ(launch.traffic().bytesRead, 4000);
  EXPECT_EQ(launch.traffic().bytesWritten, 32);
}

TEST(CudaOnCpu, ReportsABarrierThatNotAllThreadsReach) {
  EXPECT_THROW(Launcher()(halfTheBlockWaits, Dim3(1), Dim3(64), 0), std::runtime_error);
}

TEST(CudaOnCpu, ReportsAShuffleThatNotAllLanesReach) {
  EXPECT_THROW(Launcher()(halfTheWarpShuffles, Dim3(1), Dim3(32), 0), std::runtime_error);
}

TEST(CudaOnCpu, OrderOfThreadsBringsRacesToLight) {
  std::vector<float> first(64), second(64);
  Launcher(1)(readsAnotherThreadsSlotTooEarly, Dim3(1), Dim3(64), 64 * sizeof(float), first.data());
  Launcher(2)(readsAnotherThreadsSlotTooEarly, Dim3(1), Dim3(64), 64 * sizeof(float), second.data());
  bool unwritten = false, differs = false;
  for (std::size_t i = 0; i < 64; ++i) {
    unwritten = unwritten || std::isnan(first[i]);
    differs = differs || std::isnan(first[i]) != std::isnan(second[i]);
  }
  EXPECT_TRUE(unwritten);
  EXPECT_TRUE(differs);
}

TEST(CudaOnCpu, CountsSectorsByWarpAccess) {
  alignas(32) static float from[32 * 8];
  alignas(32) static float to[32];
  Launcher dense, strided;
  dense(copyStrided, Dim3(1), Dim3(32), 0, from, to, 1);
  EXPECT_EQ(dense.traffic().sectors, 8);
  EXPECT_DOUBLE_EQ(dense.traffic().sectorEfficiency(), 1.0);
  strided(copyStrided, Dim3(1), Dim3(32), 0, from, to, 8);
  EXPECT_EQ(strided.traffic().sectors, 32 + 4);
  EXPECT_EQ(strided.traffic().bytesRead, 128);
}

TEST(CudaOnCpu, EveryThreadOfEveryBlockRunsOnce) {
  int counter = 0;
  Launcher()(countThreads, Dim3(3, 2, 2), Dim3(5, 3, 2), 0, &counter);
  EXPECT_EQ(counter, 12 * 30);
}

}  // namespace
}  // namespace slab::cuda_on_cpu
