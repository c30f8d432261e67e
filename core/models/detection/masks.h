// Masks between the image and the mask head's small grid.
#pragma once

#include <ATen/core/Tensor.h>

#include "core/models/detection/boxes.h"

namespace slab::masks {

/// masks (N, H, W) uint8 or bool, boxes (P, 4), truth (P) int64 numbers of masks -> (P, side, side) float32 of 0 and 1:
/// the mask cropped to the box, each cell 1 where at least half of it is covered (RoIAlign of the mask, as in mmdet).
at::Tensor cropped(const at::Tensor& masks, const at::Tensor& boxes, const at::Tensor& truth, std::int64_t side);

/// probabilities (n, side, side) of boxes (n, 4) -> (n, height, width) uint8: the small mask stretched over its box by
/// bilinear sampling at the centres of the pixels, 0 outside, 1 from `threshold` on. Boxes and size may be in pixels of
/// another scale than the network's. On the CPU.
at::Tensor pasted(const at::Tensor& probabilities, const at::Tensor& boxes, ImageSize size, double threshold);

}  // namespace slab::masks
