// Image by image: which detection found which object, for people to look at.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <stop_token>
#include <vector>

#include "core/coco/evaluation.h"
#include "core/coco/matching.h"
#include "core/coco/set_index.h"

namespace slab::coco {

/// A detection that counts: among the best 100 of its image and class.
struct FoundObject {
  std::uint32_t detection = 0;  // its place in the list
  std::uint32_t category = 0;   // its class's place in the set
  double score = 0;
  /// The annotation it takes at each threshold, as a place in the set; -1: none.
  std::array<std::int32_t, kThresholds> truth{};
};

/// By falling score. Detections of a higher score take their objects first, so that what is said of them stays true
/// when those of lower scores are left out.
struct ImageMatches {
  std::vector<FoundObject> found;
  bool isDone = false;  // false: the matching was stopped before
};

struct MatchOptions {
  OverlapOf of = OverlapOf::Boxes;
  std::stop_token stop;
  /// From the calling thread, after every few images.
  std::function<void(std::int64_t done, std::int64_t total)> onProgress;
};

/// One for each image of the set, by COCO's rules of matching (matching.h) among objects of all sizes. Detections of
/// images or classes that the set has not are passed over. Throws Error(Data) as evaluate does.
std::vector<ImageMatches> matchImages(const CocoSet& set, const SetIndex& index,
                                      const std::vector<Detection>& detections, const MatchOptions& options);

enum class FoundAs {
  Right,   // it takes an object
  Wrong,   // it takes none
  Ignored  // it lies in a crowd: neither right nor wrong
};

FoundAs foundAs(const CocoSet& set, const FoundObject& found, std::size_t threshold);

struct ImageCounts {
  int objects = 0;  // crowds not counted
  int right = 0, wrong = 0, missed = 0;
  [[nodiscard]] int errors() const { return wrong + missed; }
};

/// Of image `image` with detections of at least `leastScore` alone. `isShown`: classes that are looked at, one value a
/// category of the set; empty for all.
ImageCounts countsOf(const CocoSet& set, const SetIndex& index, std::size_t image, const ImageMatches& matches,
                     std::size_t threshold, double leastScore, const std::vector<bool>& isShown = {});

}  // namespace slab::coco
