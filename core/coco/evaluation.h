// COCO's twelve numbers, by the rules of its COCOeval (github.com/cocodataset/cocoapi, PythonAPI/pycocotools).
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/coco/coco_set.h"

namespace slab::coco {

enum class OverlapOf { Boxes, Masks };

/// One of the twelve, in COCO's order.
struct ScoreName {
  std::string_view metric;   // "AP" or "AR"
  std::string_view overlap;  // "0.50:0.95", "0.50", "0.75"
  std::string_view area;     // "all", "small" (below 32 x 32 pixels), "medium", "large" (from 96 x 96 on)
  int detections;            // the best so many of each image and category
};
inline constexpr std::array<ScoreName, 12> kScoreNames{{{"AP", "0.50:0.95", "all", 100},
                                                        {"AP", "0.50", "all", 100},
                                                        {"AP", "0.75", "all", 100},
                                                        {"AP", "0.50:0.95", "small", 100},
                                                        {"AP", "0.50:0.95", "medium", 100},
                                                        {"AP", "0.50:0.95", "large", 100},
                                                        {"AR", "0.50:0.95", "all", 1},
                                                        {"AR", "0.50:0.95", "all", 10},
                                                        {"AR", "0.50:0.95", "all", 100},
                                                        {"AR", "0.50:0.95", "small", 100},
                                                        {"AR", "0.50:0.95", "medium", 100},
                                                        {"AR", "0.50:0.95", "large", 100}}};

/// -1: there is nothing to find of this class.
struct ClassScore {
  std::int64_t category = 0;  // id
  std::string name;
  double ap = -1, ap50 = -1;
  std::int64_t objects = 0;  // annotations, crowds not counted
};

struct CocoScores {
  /// In [0, 1], or -1 where there is nothing to find (no object of that size, say).
  std::array<double, 12> stats{};
  std::vector<ClassScore> classes;  // by id
  /// How many of the set's images were evaluated, the first by id; fewer than all after a stop.
  std::int64_t images = 0, allImages = 0;
  [[nodiscard]] bool isComplete() const { return images == allImages; }
};

struct EvaluationOptions {
  OverlapOf of = OverlapOf::Boxes;
  /// Threads that match; 0: one a core. The numbers do not depend on it.
  int threads = 0;
  /// A stop leaves the numbers of the images that were done.
  std::stop_token stop;
  /// Called from the calling thread, after every few images.
  std::function<void(std::int64_t done, std::int64_t total)> onProgress;
};

/// Ten thresholds from 0.5 to 0.95, 101 recalls, best 1, 10 and 100 detections of each image and category, crowds and
/// objects outside of the range of areas ignored, ties in the order of image id and then of `detections`.
///
/// As in COCOeval an annotation with id 0 is never found: there 0 means that nothing was matched. Detections of images
/// or categories that the set has not are passed over. Throws Error(Data) for masks that are missing or of another size
/// than their image.
CocoScores evaluate(const CocoSet& set, const std::vector<Detection>& detections, const EvaluationOptions& options);

}  // namespace slab::coco
