#include "core/coco/overlap_table.h"

#include <string>

#include "core/base/error.h"
#include "core/coco/overlaps.h"

namespace slab::coco {
namespace {

void addMaskOverlaps(const CocoSet& set, const CocoImage& image, std::span<const std::uint32_t> truths,
                     const std::vector<Detection>& detections, std::span<const std::uint32_t> found,
                     std::vector<double>& values) {
  std::vector<MaskOutline> outlines;
  for (const std::uint32_t truth : truths) outlines.emplace_back(maskOf(set.annotations[truth], image));
  for (const std::uint32_t one : found) {
    const RunLengths& mask = detections[one].mask;
    if (mask.height != static_cast<std::uint32_t>(image.height) ||
        mask.width != static_cast<std::uint32_t>(image.width)) {
      throw Error(ErrorKind::Data, "a detection in image " + std::to_string(image.id) + " has a mask of " +
                                       std::to_string(mask.height) + " x " + std::to_string(mask.width) +
                                       ", the image is " + std::to_string(image.height) + " x " +
                                       std::to_string(image.width) + ": give masks of the whole image");
    }
    const MaskOutline outline(mask);
    for (std::size_t g = 0; g < truths.size(); ++g) {
      values.push_back(overlapOf(outline, outlines[g], set.annotations[truths[g]].isCrowd));
    }
  }
}

}  // namespace

std::vector<double> overlapTable(const CocoSet& set, const CocoImage& image, std::span<const std::uint32_t> truths,
                                 const std::vector<Detection>& detections, std::span<const std::uint32_t> found,
                                 OverlapOf of) {
  std::vector<double> values;
  if (truths.empty() || found.empty()) return values;
  values.reserve(truths.size() * found.size());
  if (of == OverlapOf::Masks) {
    addMaskOverlaps(set, image, truths, detections, found, values);
    return values;
  }
  for (const std::uint32_t one : found) {
    for (const std::uint32_t truth : truths) {
      values.push_back(overlapOf(detections[one].box, set.annotations[truth].box, set.annotations[truth].isCrowd));
    }
  }
  return values;
}

void requireMasks(const CocoSet& set) {
  for (const CocoAnnotation& annotation : set.annotations) {
    if (!std::holds_alternative<std::monostate>(annotation.shape)) continue;
    throw Error(ErrorKind::Data, set.path + ": annotation " + std::to_string(annotation.id) +
                                     " has no segmentation; compare boxes (--type bbox), or add its mask");
  }
}

}  // namespace slab::coco
