// What an image holds, ready to be drawn.
#pragma once

#include <stop_token>
#include <vector>

#include "app/gui/coco/opened_set.h"
#include "widgets/object_view/view_object.h"

namespace slab {

/// The annotations of an image, then the detections that count (by falling score), without verdicts. `truths` and
/// `found` say which each is.
struct ImageObjects {
  std::vector<ViewObject> objects;
  std::vector<std::uint32_t> truths;     // places in the set
  std::vector<coco::FoundObject> found;  // of `matches`
  std::vector<QString> faults;           // masks that could not be drawn
};

/// Draws polygons and unpacks run lengths: a few milliseconds a mask, so not on the window's thread. `results` and
/// `matches` may be null. A stop leaves the masks that follow out.
ImageObjects objectsOf(const OpenedSet& set, const OpenedResults* results, const coco::ImageMatches* matches,
                       std::size_t image, const std::stop_token& stop);

/// What is to be shown and how it was judged.
struct ObjectSelection {
  const std::vector<bool>* isShown = nullptr;  // one a class; null: every class
  bool crowds = true;
  double leastScore = 0;
  std::size_t threshold = 0;  // of coco::overlapThresholds
  bool isCompared = false;    // verdicts are wanted
};

/// The objects to draw, with verdicts; `places` gets where each is in `objects.objects`.
std::vector<ViewObject> selected(const OpenedSet& set, const ImageObjects& objects, const ObjectSelection& selection,
                                 std::vector<int>* places = nullptr);

}  // namespace slab
