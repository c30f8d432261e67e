#pragma once

#include <cstdint>

#include "kernels/common/roi_tables.h"
#include "kernels/cuda/device.cuh"

/// Device code of RoIAlign: N channels of one access.
///
/// Forward: tables -> gather (a warp a bin). Backward: tables -> gatherGradient (a block a row of the map: it lists the
/// regions that touch the row, then a warp a pixel adds up what the bins over it got).
namespace slab::kernels::cuda::roi_align {

using device::kWarp;
using device::loadGlobal;
using device::storeGlobal;

constexpr int kTableThreads = 128;
constexpr int kGatherWarps = 4;
constexpr int kGradientWarps = 8;

__device__ inline RoiBin readBin(const RoiBin* from) {
  return {loadGlobal<std::int32_t>(&from->first), loadGlobal<std::int32_t>(&from->count),
          loadGlobal<std::int32_t>(&from->offset)};
}

/// A thread an axis of a region. Grid: 2 rois / kTableThreads.
__global__ void __launch_bounds__(kTableThreads) fillTables(RoiAlignShape shape, const float* rois, RoiTables tables) {
  const std::int64_t task = static_cast<std::int64_t>(blockIdx.x) * kTableThreads + threadIdx.x;
  if (task >= 2 * shape.rois) return;
  const std::int64_t roi = task / 2;
  const bool isRow = task % 2 == 0;
  float numbers[5];
  for (int i = 0; i < 5; ++i) numbers[i] = loadGlobal<float>(rois + roi * 5 + i);
  const RoiAxis axis = roiAxisOf(shape, numbers, isRow ? 0 : 1);
  const std::int64_t bins = isRow ? shape.rows : shape.columns;
  RoiBin* to = (isRow ? tables.rows : tables.columns) + roi * bins;
  float* weights = isRow ? tables.rowWeights + roi * tables.rowRoom : tables.columnWeights + roi * tables.columnRoom;
  std::int32_t offset = 0;
  for (std::int64_t bin = 0; bin < bins; ++bin) {
    RoiBin filled{0, 0, offset};
    for (RoiBinWalk walk(axis, bin); walk.next();) {
      if (filled.count++ == 0) filled.first = static_cast<std::int32_t>(walk.pixel);
      storeGlobal(weights + offset++, walk.weight);
    }
    storeGlobal(to + bin, filled);
  }
}

/// Number of the image of a region, -1 where it is not there.
__device__ inline std::int64_t imageOf(const RoiAlignShape& shape, const float* rois, std::int64_t roi) {
  const auto number = loadGlobal<float>(rois + roi * 5);
  return number >= 0.0f && number < static_cast<float>(shape.images) ? static_cast<std::int64_t>(number) : -1;
}

/// Grid: rois x bins / kGatherWarps.
template <int N>
__global__ void __launch_bounds__(kWarp* kGatherWarps) gather(RoiAlignForward call, RoiTables tables) {
  const RoiAlignShape& shape = call.shape;
  const std::int64_t roi = blockIdx.x, bin = static_cast<std::int64_t>(blockIdx.y) * kGatherWarps + threadIdx.y;
  if (bin >= shape.rows * shape.columns) return;
  const RoiBin y = readBin(tables.rows + roi * shape.rows + bin / shape.columns);
  const RoiBin x = readBin(tables.columns + roi * shape.columns + bin % shape.columns);
  const float* down = tables.rowWeights + roi * tables.rowRoom + y.offset;
  const float* right = tables.columnWeights + roi * tables.columnRoom + x.offset;
  const std::int64_t image = imageOf(shape, call.rois, roi);
  const float* map = call.map + (image < 0 ? 0 : image) * shape.height * shape.width * shape.channels;
  for (std::int64_t c = threadIdx.x * N; c < shape.channels; c += kWarp * N) {
    float sum[N] = {};
    for (std::int32_t i = 0; i < y.count; ++i) {
      const auto rowWeight = loadGlobal<float>(down + i);
      const float* pixel = map + ((y.first + i) * shape.width + x.first) * shape.channels + c;
      for (std::int32_t j = 0; j < x.count; ++j, pixel += shape.channels) {
        const float weight = rowWeight * loadGlobal<float>(right + j);
        float values[N];
        device::read(pixel, values);
        for (int n = 0; n < N; ++n) sum[n] += weight * values[n];
      }
    }
    device::write(call.output + (roi * shape.rows * shape.columns + bin) * shape.channels + c, sum);
  }
}

__device__ inline bool covers(const RoiBin& bin, std::int64_t pixel) {
  return pixel >= bin.first && pixel < bin.first + bin.count;
}

__device__ inline bool touchesRow(const RoiAlignBackward& call, const RoiTables& tables, std::int64_t roi,
                                  std::int64_t image, std::int64_t row) {
  const RoiAlignShape& shape = call.shape;
  if (imageOf(shape, call.rois, roi) != image) return false;
  for (std::int64_t bin = 0; bin < shape.rows; ++bin) {
    if (covers(readBin(tables.rows + roi * shape.rows + bin), row)) return true;
  }
  return false;
}

/// Adds what one region's bins over the pixel (row, column) got in channels c to c + N.
template <int N>
__device__ inline void addRegion(const RoiAlignBackward& call, const RoiTables& tables, std::int64_t roi,
                                 std::int64_t row, std::int64_t column, std::int64_t c, float (&sum)[N]) {
  const RoiAlignShape& shape = call.shape;
  const RoiBin* rows = tables.rows + roi * shape.rows;
  const RoiBin* columns = tables.columns + roi * shape.columns;
  for (std::int64_t i = 0; i < shape.rows; ++i) {
    const RoiBin y = readBin(rows + i);
    if (!covers(y, row)) continue;
    const auto down = loadGlobal<float>(tables.rowWeights + roi * tables.rowRoom + y.offset + (row - y.first));
    for (std::int64_t j = 0; j < shape.columns; ++j) {
      const RoiBin x = readBin(columns + j);
      if (!covers(x, column)) continue;
      const auto right =
          loadGlobal<float>(tables.columnWeights + roi * tables.columnRoom + x.offset + (column - x.first));
      float values[N];
      device::read(call.dOutput + ((roi * shape.rows + i) * shape.columns + j) * shape.channels + c, values);
      for (int n = 0; n < N; ++n) sum[n] += down * right * values[n];
    }
  }
}

/// Grid: height x images. Shared: rois + 1 int32: the list and its length.
template <int N>
__global__ void __launch_bounds__(kWarp* kGradientWarps) gatherGradient(RoiAlignBackward call, RoiTables tables) {
  const RoiAlignShape& shape = call.shape;
  auto* list = reinterpret_cast<std::int32_t*>(device::sharedMemory());
  const std::int64_t row = blockIdx.x, image = blockIdx.y;
  const int thread = static_cast<int>(threadIdx.y) * kWarp + static_cast<int>(threadIdx.x);
  for (std::int64_t roi = thread; roi < shape.rois; roi += kWarp * kGradientWarps) {
    list[roi] = touchesRow(call, tables, roi, image, row) ? 1 : 0;
  }
  __syncthreads();
  // Closed up in the order of the regions.
  if (thread == 0) {
    std::int32_t length = 0;
    for (std::int32_t roi = 0; roi < shape.rois; ++roi) {
      if (list[roi] != 0) list[length++] = roi;
    }
    list[shape.rois] = length;
  }
  __syncthreads();
  const std::int32_t length = list[shape.rois];
  float* to = call.dMap + (image * shape.height + row) * shape.width * shape.channels;
  for (std::int64_t column = threadIdx.y; column < shape.width; column += kGradientWarps) {
    for (std::int64_t c = threadIdx.x * N; c < shape.channels; c += kWarp * N) {
      float sum[N] = {};
      for (std::int32_t i = 0; i < length; ++i) addRegion(call, tables, list[i], row, column, c, sum);
      device::write(to + column * shape.channels + c, sum);
    }
  }
}

}  // namespace slab::kernels::cuda::roi_align
