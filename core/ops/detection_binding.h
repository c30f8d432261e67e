// What the CPU and the CUDA registrations of RoIAlign and NMS share:
//   slab::roi_align            differentiable;   slab::roi_align_forward, slab::roi_align_backward   the kernels
//   slab::nms                  over boxes in the kernel's order
// The CPU kernels are registered in this room, the CUDA kernels by the CUDA module, through the functions below.
#pragma once

#include <ATen/core/Tensor.h>

#include "core/ops/kernel_call.h"
#include "core/ops/roi_align.h"
#include "kernels/nms.h"
#include "kernels/roi_align.h"

namespace slab::ops {

/// map (B, C, H, W) float32 of any layout, rois (K, 5) float32 -> (K, C, rows, columns), channels last.
at::Tensor runRoiAlignForward(const at::Tensor& map, const at::Tensor& rois, const RoiAlignGrid& grid,
                              const KernelEntry<kernels::RoiAlignForward>& entry);

/// dOutput (K, C, rows, columns) -> the gradient of a map of `images` x C x `height` x `width`, channels last.
at::Tensor runRoiAlignBackward(const at::Tensor& dOutput, const at::Tensor& rois, std::int64_t images,
                               std::int64_t height, std::int64_t width, const RoiAlignGrid& grid,
                               const KernelEntry<kernels::RoiAlignBackward>& entry);

/// boxes (N, 4) float32 by group and falling score, groupBegin (groups + 1) int64 -> kept (N) bool.
at::Tensor runNms(const at::Tensor& boxes, const at::Tensor& groupBegin, double threshold,
                  const KernelEntry<kernels::Nms>& entry);

}  // namespace slab::ops
