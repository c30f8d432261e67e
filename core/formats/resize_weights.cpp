#include "core/formats/resize_weights.h"

#include <algorithm>
#include <cmath>

namespace slab {
namespace {

double radiusOf(ResizeFilter filter) {
  return filter == ResizeFilter::Bilinear ? 1.0 : 2.0;
}

double valueOf(ResizeFilter filter, double x) {
  x = std::abs(x);
  if (filter == ResizeFilter::Bilinear) return x < 1.0 ? 1.0 - x : 0.0;
  constexpr double a = -0.5;
  const double inner = ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0, outer = (((x - 5.0) * x + 8.0) * x - 4.0) * a;
  return x < 1.0 ? inner : x < 2.0 ? outer : 0.0;
}

/// The weights of one target in integers.
void quantise(const std::vector<double>& exact, double sum, int count, std::int32_t* out) {
  for (int k = 0; k < count; ++k) {
    const double scaled = exact[static_cast<std::size_t>(k)] / sum * (1 << kWeightBits);
    out[k] = static_cast<std::int32_t>(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
  }
}

}  // namespace

ResizeWeights makeResizeWeights(double from, double to, int sources, int targets, ResizeFilter filter) {
  const double scale = (to - from) / targets;
  const double widening = std::max(scale, 1.0), narrowing = 1.0 / widening;
  const double support = radiusOf(filter) * widening;
  ResizeWeights weights;
  weights.stride = static_cast<std::size_t>(std::ceil(support)) * 2 + 1;
  weights.first.resize(static_cast<std::size_t>(targets));
  weights.count.resize(static_cast<std::size_t>(targets));
  weights.values.resize(static_cast<std::size_t>(targets) * weights.stride);
  std::vector<double> exact(weights.stride);
  for (int i = 0; i < targets; ++i) {
    const double centre = from + (i + 0.5) * scale;
    const int first = std::max(static_cast<int>(centre - support + 0.5), 0);
    const int end = std::min(static_cast<int>(centre + support + 0.5), sources);
    double sum = 0;
    for (int k = 0; k < end - first; ++k) {
      exact[static_cast<std::size_t>(k)] = valueOf(filter, (k + first - centre + 0.5) * narrowing);
      sum += exact[static_cast<std::size_t>(k)];
    }
    const auto target = static_cast<std::size_t>(i);
    weights.first[target] = first;
    weights.count[target] = end - first;
    quantise(exact, sum, end - first, &weights.values[target * weights.stride]);
  }
  return weights;
}

void mirror(ResizeWeights& weights) {
  std::reverse(weights.first.begin(), weights.first.end());
  std::reverse(weights.count.begin(), weights.count.end());
  const std::size_t targets = weights.first.size();
  for (std::size_t i = 0; i < targets / 2; ++i) {
    const auto row = weights.values.begin() + static_cast<std::ptrdiff_t>(i * weights.stride);
    const auto opposite = weights.values.begin() + static_cast<std::ptrdiff_t>((targets - 1 - i) * weights.stride);
    std::swap_ranges(row, row + static_cast<std::ptrdiff_t>(weights.stride), opposite);
  }
}

}  // namespace slab
