// What a detector is trained on.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "core/config/detector_config.h"
#include "core/models/detection/boxes.h"

namespace slab {

/// The objects of one image, in pixels of the image as the network sees it (scaled, flipped); crowds are left out.
/// N may be 0, with tensors of that size.
struct GroundTruth {
  at::Tensor boxes;   ///< (N, 4) float32: x1, y1, x2, y2 with sides above 0
  at::Tensor labels;  ///< (N) int64: 0 to classes - 1
  at::Tensor masks;   ///< (N, H, W) uint8 or bool, not 0 on the object; as large as the image or filled up
};

/// Throws Error(Data) naming the first image whose ground truth is not as described, or a number of images that
/// disagrees with the batch (B, C, H, W).
void requireTruths(const at::Tensor& images, const std::vector<ImageSize>& sizes,
                   const std::vector<GroundTruth>& truths, const DetectorConfig& config);
/// The same for sizes alone: each within the batch's height and width.
void requireSizes(const at::Tensor& images, const std::vector<ImageSize>& sizes);

}  // namespace slab
