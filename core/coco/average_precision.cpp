#include "core/coco/average_precision.h"

#include <algorithm>
#include <limits>
#include <span>

namespace slab::coco {
namespace {

constexpr std::size_t kAllAreas = 0;
constexpr std::array<std::uint8_t, 2> kBest{1, 10};

/// numpy.linspace(0, 1, 101)[i]
double recallLevel(std::size_t i) {
  return i + 1 == kRecalls ? 1.0 : static_cast<double>(i) * (1.0 / (kRecalls - 1));
}

/// Sum of the precision at the 101 recalls. `precision`: at every object found, by falling score; of `objects`.
double sumAtRecalls(std::vector<double>& precision, std::int64_t objects) {
  // The best that any lower score reaches: what is found later counts for all earlier recalls.
  for (std::size_t i = precision.size(); i-- > 1;) precision[i - 1] = std::max(precision[i - 1], precision[i]);
  double sum = 0;
  std::size_t found = 1;
  for (std::size_t level = 0; level < kRecalls; ++level) {
    while (found <= precision.size() &&
           static_cast<double>(found) / static_cast<double>(objects) < recallLevel(level)) {
      ++found;
    }
    if (found > precision.size()) break;
    sum += precision[found - 1];
  }
  return sum;
}

/// One threshold and range of areas of `sorted`.
void addCurve(std::span<const Verdict> sorted, std::size_t area, std::size_t threshold, std::vector<double>& precision,
              CategoryCurves& curves) {
  constexpr double kSpacing = std::numeric_limits<double>::epsilon();  // numpy.spacing(1)
  const auto bit = static_cast<std::uint16_t>(1U << threshold);
  precision.clear();
  std::int64_t wrong = 0;
  std::array<std::int64_t, 2> foundByBest{};
  for (const Verdict& verdict : sorted) {
    if ((verdict.ignored[area] & bit) != 0) continue;
    if ((verdict.matched[area] & bit) == 0) {
      ++wrong;
      continue;
    }
    const auto right = static_cast<double>(precision.size() + 1);
    precision.push_back(right / (static_cast<double>(wrong) + right + kSpacing));
    for (std::size_t i = 0; i < kBest.size(); ++i) foundByBest[i] += verdict.rank < kBest[i] ? 1 : 0;
  }
  const auto objects = static_cast<double>(curves.objects[area]);
  curves.recall[area][threshold] = static_cast<double>(precision.size()) / objects;
  if (area == kAllAreas) {
    for (std::size_t i = 0; i < kBest.size(); ++i) {
      curves.recallOfBest[i][threshold] = static_cast<double>(foundByBest[i]) / objects;
    }
  }
  curves.precision[area][threshold] = sumAtRecalls(precision, curves.objects[area]);
}

/// The mean over the categories with objects of a range and over thresholds [first, last).
template <typename ValuesOf>
double meanOver(const std::vector<CategoryCurves>& categories, std::size_t area, std::size_t first, std::size_t last,
                ValuesOf&& valuesOf) {
  double sum = 0;
  std::size_t count = 0;
  for (const CategoryCurves& category : categories) {
    if (category.objects[area] == 0) continue;
    for (std::size_t t = first; t < last; ++t) sum += valuesOf(category)[t];
    count += last - first;
  }
  return count == 0 ? -1.0 : sum / static_cast<double>(count);
}

}  // namespace

CategoryCurves curvesOf(const CategoryVerdicts& category) {
  CategoryCurves curves;
  curves.objects = category.objects;
  std::vector<Verdict> sorted = category.verdicts;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Verdict& a, const Verdict& b) { return a.score > b.score; });
  std::vector<double> precision;
  for (std::size_t area = 0; area < kAreas; ++area) {
    if (curves.objects[area] == 0) continue;
    for (std::size_t t = 0; t < kThresholds; ++t) addCurve(sorted, area, t, precision, curves);
  }
  return curves;
}

double averagePrecision(const CategoryCurves& category, std::size_t first, std::size_t last) {
  return meanOver({category}, kAllAreas, first, last, [](const auto& c) { return c.precision[kAllAreas]; }) *
         (category.objects[kAllAreas] == 0 ? 1.0 : 1.0 / kRecalls);
}

std::array<double, 12> statsOf(const std::vector<CategoryCurves>& categories) {
  const auto precision = [&](std::size_t area, std::size_t first, std::size_t last) {
    const double mean = meanOver(
        categories, area, first, last, [area](const auto& c) -> const auto& { return c.precision[area]; });
    return mean < 0 ? mean : mean / kRecalls;
  };
  const auto recall = [&](std::size_t area) {
    return meanOver(
        categories, area, 0, kThresholds, [area](const auto& c) -> const auto& { return c.recall[area]; });
  };
  const auto recallOfBest = [&](std::size_t i) {
    return meanOver(
        categories, kAllAreas, 0, kThresholds, [i](const auto& c) -> const auto& { return c.recallOfBest[i]; });
  };
  constexpr std::size_t kHalf = 0, kThreeQuarters = 5;  // thresholds 0.5 and 0.75
  return {precision(0, 0, kThresholds),
          precision(0, kHalf, kHalf + 1),
          precision(0, kThreeQuarters, kThreeQuarters + 1),
          precision(1, 0, kThresholds),
          precision(2, 0, kThresholds),
          precision(3, 0, kThresholds),
          recallOfBest(0),
          recallOfBest(1),
          recall(0),
          recall(1),
          recall(2),
          recall(3)};
}

}  // namespace slab::coco
