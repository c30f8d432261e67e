#pragma once

#include <cstdint>

#include "kernels/cuda/device.cuh"
#include "kernels/nms.h"

/// Device code of NMS: a block takes a group through, a tile of boxes at a time. The tile is decided by one thread from
/// the tile's table of overlaps, then all threads suppress what comes behind it.
namespace slab::kernels::cuda::nms_groups {

using device::loadGlobal;
using device::storeGlobal;

constexpr int kThreads = 256;
constexpr int kTile = 64;  // one bit each

using Box = device::Pack<float, 4>;

/// What a block shares.
struct Shared {
  Box tile[kTile];
  std::uint64_t overlaps[kTile];  ///< bit j: box j > i of the tile overlaps box i
  std::uint64_t kept;             ///< bit i: box i of the tile is kept
};

__device__ inline float overlap(const Box& a, const Box& b) {
  const float areaA = (a.values[2] - a.values[0]) * (a.values[3] - a.values[1]);
  const float areaB = (b.values[2] - b.values[0]) * (b.values[3] - b.values[1]);
  const float width = fminf(a.values[2], b.values[2]) - fmaxf(a.values[0], b.values[0]);
  const float height = fminf(a.values[3], b.values[3]) - fmaxf(a.values[1], b.values[1]);
  const float shared = fmaxf(width, 0.0f) * fmaxf(height, 0.0f);
  return shared / (areaA + areaB - shared);
}

/// Which boxes of the tile are kept, given which of them earlier tiles left over.
__device__ inline std::uint64_t decideTile(const Shared& shared, const std::uint8_t* left, int count) {
  std::uint64_t removed = 0, kept = 0;
  for (int i = 0; i < count; ++i) {
    const std::uint64_t bit = std::uint64_t{1} << i;
    if ((removed & bit) != 0 || loadGlobal<std::uint8_t>(left + i) == 0) continue;
    kept |= bit;
    removed |= shared.overlaps[i];
  }
  return kept;
}

__device__ inline bool isSuppressed(const Shared& shared, const Box& box, int count, float threshold) {
  for (int i = 0; i < count; ++i) {
    if ((shared.kept >> i & 1) != 0 && overlap(shared.tile[i], box) > threshold) return true;
  }
  return false;
}

/// Grid: groups. Shared: one Shared.
__global__ void __launch_bounds__(kThreads) suppress(Nms call) {
  auto& shared = *reinterpret_cast<Shared*>(device::sharedMemory());
  const int t = static_cast<int>(threadIdx.x);
  const auto begin = loadGlobal<std::int64_t>(call.groupBegin + blockIdx.x);
  const auto end = loadGlobal<std::int64_t>(call.groupBegin + blockIdx.x + 1);
  for (std::int64_t i = begin + t; i < end; i += kThreads) storeGlobal(call.keep + i, std::uint8_t{1});
  for (std::int64_t first = begin; first < end; first += kTile) {
    const int count = end - first < kTile ? static_cast<int>(end - first) : kTile;
    if (t < count) shared.tile[t] = loadGlobal<Box>(call.box + 4 * (first + t));
    __syncthreads();
    if (t < count) {
      std::uint64_t row = 0;
      for (int j = t + 1; j < count; ++j) {
        if (overlap(shared.tile[t], shared.tile[j]) > call.threshold) row |= std::uint64_t{1} << j;
      }
      shared.overlaps[t] = row;
    }
    __syncthreads();
    if (t == 0) shared.kept = decideTile(shared, call.keep + first, count);
    __syncthreads();
    if (t < count) storeGlobal(call.keep + first + t, static_cast<std::uint8_t>(shared.kept >> t & 1));
    for (std::int64_t i = first + kTile + t; i < end; i += kThreads) {
      if (loadGlobal<std::uint8_t>(call.keep + i) == 0) continue;
      if (isSuppressed(shared, loadGlobal<Box>(call.box + 4 * i), count, call.threshold)) {
        storeGlobal(call.keep + i, std::uint8_t{0});
      }
    }
    __syncthreads();
  }
}

}  // namespace slab::kernels::cuda::nms_groups
