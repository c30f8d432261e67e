#include "core/models/detection/ground_truth.h"

#include <ATen/ATen.h>

#include <string>

#include "core/base/error.h"

namespace slab {
namespace {

// "" where the ground truth is sound.
std::string problemOf(const GroundTruth& truth, const at::Tensor& images, ImageSize size, std::int64_t classes) {
  const auto& [boxes, labels, masks] = truth;
  if (!boxes.defined() || boxes.dim() != 2 || boxes.size(1) != 4) return "boxes are not (N, 4)";
  const auto count = boxes.size(0);
  if (!labels.defined() || labels.dim() != 1 || labels.size(0) != count) return "labels are not one a box";
  if (!masks.defined() || masks.dim() != 3 || masks.size(0) != count) return "masks are not (N, H, W), one a box";
  if (count == 0) return "";
  if (masks.size(1) < size.height || masks.size(2) < size.width || masks.size(1) > images.size(2) ||
      masks.size(2) > images.size(3)) {
    return "masks are smaller than the image or larger than the batch";
  }
  if (!(boxes.slice(1, 2) > boxes.slice(1, 0, 2)).all().item<bool>()) return "a box has no area";
  if (labels.min().item<std::int64_t>() < 0 || labels.max().item<std::int64_t>() >= classes) {
    return "a label is outside 0 to " + std::to_string(classes - 1);
  }
  return "";
}

}  // namespace

void requireSizes(const at::Tensor& images, const std::vector<ImageSize>& sizes) {
  bool sound = images.dim() == 4 && static_cast<std::int64_t>(sizes.size()) == images.size(0);
  for (const auto& size : sizes) {
    sound = sound && size.height > 0 && size.width > 0 && size.height <= images.size(2) && size.width <= images.size(3);
  }
  if (!sound) throw Error(ErrorKind::Data, "A detector's batch needs the size of every image, none above the batch's");
}

void requireTruths(const at::Tensor& images, const std::vector<ImageSize>& sizes,
                   const std::vector<GroundTruth>& truths, const DetectorConfig& config) {
  requireSizes(images, sizes);
  if (truths.size() != sizes.size()) {
    throw Error(ErrorKind::Data, "A batch of " + std::to_string(sizes.size()) +
                                     " images came with the ground truth of " + std::to_string(truths.size()));
  }
  for (std::size_t i = 0; i < truths.size(); ++i) {
    const std::string problem = problemOf(truths[i], images, sizes[i], config.classes);
    if (problem.empty()) continue;
    throw Error(ErrorKind::Data, "Ground truth of image " + std::to_string(i) + " of the batch: " + problem);
  }
}

}  // namespace slab
