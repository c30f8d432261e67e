// RoIAlign as an operator of LibTorch's dispatcher (slab::roi_align): kernels/roi_align.h says what it computes.
#pragma once

#include <ATen/core/Tensor.h>

namespace slab::ops {

/// Bins of a region, map pixels an image pixel, and samples a side of a bin (0: as many as cover it).
struct RoiAlignGrid {
  std::int64_t rows = 7;
  std::int64_t columns = 7;
  double scale = 1.0;
  std::int64_t samplingRatio = 0;
};

/// map (B, C, H, W) and rois (K, 5) of (image, x1, y1, x2, y2) in image pixels -> (K, C, rows, columns), differentiable
/// in the map. The kernel wants the map channels last and copies one that is not; its output lies channels last.
///
/// float32 on CPU and CUDA is the kernel's; shorter types pass through it; float64 and `ops.backend=reference` take
/// a composite of ATen operations, one region at a time. Inside an Autocast scope the result is float32.
/// Throws slab::Error(Internal) for shapes that make no sense, Error(Config) where ops.backend=kernel has no kernel.
at::Tensor roiAlign(const at::Tensor& map, const at::Tensor& rois, const RoiAlignGrid& grid);

}  // namespace slab::ops
