// From verdicts on detections to precision and recall.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/coco/evaluation.h"
#include "core/coco/matching.h"

namespace slab::coco {

/// What became of one category in all images: verdicts in the order of the images, within one by falling score.
struct CategoryVerdicts {
  std::vector<Verdict> verdicts;
  std::array<std::int64_t, kAreas> objects{};  // that count, by range of areas
};

/// Precision at each of the 101 recalls, summed over the recalls: one value a threshold and range of areas, and the
/// share of objects found, of the best 1, 10 and 100 detections.
struct CategoryCurves {
  std::array<std::array<double, kThresholds>, kAreas> precision{};
  std::array<std::array<double, kThresholds>, kAreas> recall{};
  std::array<std::array<double, kThresholds>, 2> recallOfBest{};  // 1 and 10, all areas
  std::array<std::int64_t, kAreas> objects{};
};

inline constexpr std::size_t kRecalls = 101;

/// Detections of all images together by falling score; ties keep their order, as numpy's merge sort does.
CategoryCurves curvesOf(const CategoryVerdicts& category);

/// The twelve: means over the categories that have something to find, -1 where none has.
std::array<double, 12> statsOf(const std::vector<CategoryCurves>& categories);

/// The mean precision over all recalls, thresholds [first, last) and all areas; -1 without objects.
double averagePrecision(const CategoryCurves& category, std::size_t first, std::size_t last);

}  // namespace slab::coco
