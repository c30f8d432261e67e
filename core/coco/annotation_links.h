// What the records of a set say of each other.
#pragma once

#include <cstdint>
#include <unordered_set>

#include "core/coco/coco_set.h"
#include "core/coco/faults.h"
#include "core/coco/reading_watch.h"

namespace slab::coco {

/// Records that were left out for a fault of their own.
struct RefusedIds {
  std::unordered_set<std::int64_t> images, categories;
  /// One had no id of its own: anything may have referred to it.
  bool anyImage = false, anyCategory = false;
};

/// Removes annotations whose image or category is not there or whose mask does not fit their image, with a fault each
/// (without one where that image or category is among the refused), and notes boxes that reach out of their image,
/// areas of nothing and ids of 0. A stop of `watch` is its Error(Data), after which the set is good for nothing.
void checkLinks(CocoSet& set, const RefusedIds& refused, FaultList& faults, const ReadingWatch& watch = {});

}  // namespace slab::coco
