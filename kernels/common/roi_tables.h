#pragma once

#include "kernels/common/roi_axis.h"
#include "kernels/common/workspace.h"
#include "kernels/roi_align.h"

namespace slab::kernels {

/// The workspace of RoIAlign, on the CPU and on CUDA: bins and weights of both axes of every region.
struct RoiTables {
  RoiTables(const RoiAlignShape& shape, void* base)
      : rowRoom(roiWeightRoom(shape.height, shape.rows)), columnRoom(roiWeightRoom(shape.width, shape.columns)) {
    Workspace workspace(base);
    rows = workspace.take<RoiBin>(shape.rois * shape.rows);
    columns = workspace.take<RoiBin>(shape.rois * shape.columns);
    rowWeights = workspace.take<float>(shape.rois * rowRoom);
    columnWeights = workspace.take<float>(shape.rois * columnRoom);
    bytes = workspace.used();
  }

  RoiBin* rows;       ///< (rois, rows)
  RoiBin* columns;    ///< (rois, columns)
  float* rowWeights;  ///< (rois, rowRoom)
  float* columnWeights;
  std::int64_t rowRoom, columnRoom;
  std::size_t bytes;
};

/// The rows (0) or columns (1) of the region with these five numbers. One of an image that is not there has no samples.
[[nodiscard]] constexpr RoiAxis roiAxisOf(const RoiAlignShape& shape, const float (&numbers)[5], int axis) {
  const bool isThere = numbers[0] >= 0.0f && numbers[0] < static_cast<float>(shape.images);
  RoiAxis result = axis == 0
                       ? roiAxis(numbers[2], numbers[4], shape.scale, shape.rows, shape.height, shape.samplingRatio)
                       : roiAxis(numbers[1], numbers[3], shape.scale, shape.columns, shape.width, shape.samplingRatio);
  if (!isThere) result.samples = 0;
  return result;
}

}  // namespace slab::kernels
