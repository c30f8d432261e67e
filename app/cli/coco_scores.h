// COCO's numbers as text and JSON, the same in every command that has them.
#pragma once

#include "core/coco/evaluation.h"
#include "core/config/fields.h"

namespace slab::cli {

/// {"stats": [..12], "per_class": {name: {"id", "ap", "ap50", "objects"}}, "images", "all_images", "complete"}.
Json toJson(const coco::CocoScores& scores);

/// A table of the twelve.
void printStats(const coco::CocoScores& scores);
/// A table of the classes.
void printClasses(const coco::CocoScores& scores);

/// "0.412", "-" where there is nothing to find.
std::string scoreText(double value);

/// "stopped: the numbers are of the first 12 of 50 images by id".
std::string stoppedText(const coco::CocoScores& scores);

}  // namespace slab::cli
