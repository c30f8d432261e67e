// COCO's files of results: a list of detections.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/coco/coco_set.h"
#include "core/coco/evaluation.h"
#include "core/coco/reading_watch.h"

namespace slab::coco {

struct ResultReading {
  std::vector<Detection> detections;
  /// Results of categories that the set has not. They are passed over, as COCO's own evaluation does with an 80-class
  /// model's results on annotations of a few of the classes.
  std::int64_t otherCategories = 0;
};

/// Reads [{"image_id", "category_id", "bbox" or "segmentation", "score"}, ...] in its order.
///
/// As COCO's loadRes has it, the first result decides for all: with a bbox a detection's area is its box's, also where
/// masks are compared; without one, or with an empty one, it is its mask's, and the box is the mask's box where none is
/// given. Masks are run lengths of the whole image, compressed or not, or polygons.
///
/// Throws Error(Data), with the first faulty result and how many more there are, for results of images that `set` has
/// not, masks of another size, scores that are no numbers, missing boxes or masks, and what is no file of results;
/// where no result at all is of a category of `set`; and where the reading was stopped.
ResultReading readResults(const std::string& path, const CocoSet& set, OverlapOf of, const ReadingWatch& watch = {});

/// The same from memory; `name` stands for the path in messages.
ResultReading parseResults(std::span<const std::byte> json, const std::string& name, const CocoSet& set, OverlapOf of,
                           const ReadingWatch& watch = {});

/// "80 results are of categories that set.json has not, and were passed over", "" where there are none.
std::string passedOverText(const ResultReading& reading, const CocoSet& set);

/// Whether the first result has a segmentation that is not empty, so that masks can be compared; false for an empty
/// list. Reads no further. Throws as readResults does for what is no file of results.
bool resultsHaveMasks(const std::string& path);

/// Writes such a file, whole or not at all: each detection with its box and, where it has one, its mask as compressed
/// run lengths. Numbers read back as the same doubles, so that the file evaluates as the detections do where their area
/// is their box's. Throws WriteError.
void writeResults(const std::string& path, const std::vector<Detection>& detections);

}  // namespace slab::coco
