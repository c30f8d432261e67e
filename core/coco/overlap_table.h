// Every detection of a class in an image against every annotation of that class.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/coco/coco_set.h"
#include "core/coco/evaluation.h"

namespace slab::coco {

/// How much they cover each other (overlaps.h), found x truths values row by row; empty where one of them is. `truths`
/// and `found` are places in `set.annotations` and in `detections`, all of `image`. Throws Error(Data) for a detection
/// whose mask has another size than the image.
std::vector<double> overlapTable(const CocoSet& set, const CocoImage& image, std::span<const std::uint32_t> truths,
                                 const std::vector<Detection>& detections, std::span<const std::uint32_t> found,
                                 OverlapOf of);

/// Throws Error(Data) for the first annotation that is of a box alone.
void requireMasks(const CocoSet& set);

}  // namespace slab::coco
