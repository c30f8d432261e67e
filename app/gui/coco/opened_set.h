// A COCO data set and a file of results as the window holds them: read once, then never changed, so that threads share
// them.
#pragma once

#include <QString>
#include <memory>
#include <optional>
#include <vector>

#include "core/coco/coco_set.h"
#include "core/coco/evaluation.h"
#include "core/coco/faults.h"
#include "core/coco/image_matches.h"
#include "core/coco/set_index.h"

namespace slab {

struct OpenedSet {
  explicit OpenedSet(coco::CocoSet given) : set(std::move(given)), index(set) {}

  const coco::CocoSet set;
  const coco::SetIndex index;
  coco::FaultList faults;  // of the annotation file
  QString root;            // folder of the images; "" where it was not found
};
using SharedSet = std::shared_ptr<const OpenedSet>;

/// Matches of boxes or of masks, one an image of the set.
using SharedMatches = std::shared_ptr<const std::vector<coco::ImageMatches>>;

struct OpenedResults {
  SharedSet set;  // that they are of
  QString path;
  std::vector<coco::Detection> detections;
  QString note;  // what was passed over, in one sentence; "" where nothing was
  bool hasMasks = false;
};
using SharedResults = std::shared_ptr<const OpenedResults>;

/// The twelve numbers so far.
struct SetScores {
  std::optional<coco::CocoScores> boxes, masks;
};

}  // namespace slab
