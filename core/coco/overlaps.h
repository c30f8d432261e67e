// How much detections and annotations cover each other: intersection over union of boxes and of masks.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/coco/run_lengths.h"

namespace slab::coco {

/// Intersection over union; with `isCrowd`, which is a property of `truth`, intersection over the detection's own area:
/// what lies wholly in a crowd is wholly covered. 0 where they do not meet.
double overlapOf(const CocoBox& detection, const CocoBox& truth, bool isCrowd);

/// A mask prepared for many comparisons: where its runs of pixels begin and end, its area and its box.
class MaskOutline {
 public:
  /// `mask` is sound; it is not kept.
  explicit MaskOutline(const RunLengths& mask);

  [[nodiscard]] const CocoBox& box() const { return box_; }
  [[nodiscard]] std::uint64_t area() const { return area_; }
  /// Pixels that are in both; their masks must be of one size.
  [[nodiscard]] std::uint64_t intersection(const MaskOutline& other) const;

 private:
  struct Run {
    std::uint32_t begin, end;
  };

  std::vector<Run> runs_;
  std::uint64_t area_ = 0;
  CocoBox box_;
};

/// The same of masks; those whose boxes do not meet are 0 without a look at their pixels.
double overlapOf(const MaskOutline& detection, const MaskOutline& truth, bool isCrowd);

}  // namespace slab::coco
