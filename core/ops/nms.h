// Non-maximum suppression (kernels/nms.h says what it computes; slab::nms in LibTorch's dispatcher).
#pragma once

#include <ATen/core/Tensor.h>

namespace slab::ops {

/// boxes (N, 4) of x1, y1, x2, y2, scores (N) and groups (N, int64; undefined: one group) -> the numbers (int64) of the
/// boxes that are kept, by falling score. Boxes of different groups do not suppress each other. Among equal scores the
/// box that stands first comes first. Computed in float32 on the boxes' device; nothing is differentiable.
/// Throws slab::Error(Internal) where the shapes disagree.
at::Tensor nms(const at::Tensor& boxes, const at::Tensor& scores, const at::Tensor& groups, double threshold);

}  // namespace slab::ops
