#include "widgets/attention_view/token_map.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

namespace slab {
namespace {

// Weak values cover the image less, so that one still sees what the query looks away from.
constexpr double kWeakest = 0.25;

bool visible(const TokenMap& map, int row, int column) {
  return map.window.isNull() || map.window.contains(column, row);
}

QRgb colourOf(double value, const OverlayStyle& style, const ValueScale& scale) {
  const double position = positionOf(value, scale);
  const double strength = style.isSigned() ? std::abs(2.0 * position - 1.0) : position;
  if (!std::isfinite(value) || strength < style.threshold) return qRgba(0, 0, 0, 0);
  const QRgb colour = colourAt(style.effectiveMap(), position);
  return qRgba(qRed(colour), qGreen(colour), qBlue(colour),
               static_cast<int>(std::lround(255.0 * style.opacity * (kWeakest + (1.0 - kWeakest) * strength))));
}

/// Bilinear between token centres, constant beyond the outermost ones.
double sample(const std::vector<float>& values, int rows, int columns, double row, double column) {
  const double r = std::clamp(row, 0.0, rows - 1.0), c = std::clamp(column, 0.0, columns - 1.0);
  const int r0 = std::min(static_cast<int>(r), std::max(rows - 2, 0)), r1 = std::min(r0 + 1, rows - 1);
  const int c0 = std::min(static_cast<int>(c), std::max(columns - 2, 0)), c1 = std::min(c0 + 1, columns - 1);
  const auto at = [&](int y, int x) { return static_cast<double>(values[static_cast<std::size_t>(y * columns + x)]); };
  const double top = at(r0, c0) + (at(r0, c1) - at(r0, c0)) * (c - c0);
  const double bottom = at(r1, c0) + (at(r1, c1) - at(r1, c0)) * (c - c0);
  return top + (bottom - top) * (r - r0);
}

}  // namespace

std::vector<float> shownValues(const TokenMap& map, const OverlayStyle& style) {
  if (!style.showDepthwise || !map.hasDepthwise()) {
    if (style.showWeights) return map.weights;
    // A head without a convolution contributes nothing there, which is a map of zeros.
    return style.showDepthwise ? std::vector<float>(map.weights.size(), 0.0F) : std::vector<float>{};
  }
  if (!style.showWeights) return map.depthwise;
  std::vector<float> sum(map.weights);
  std::transform(sum.begin(), sum.end(), map.depthwise.begin(), sum.begin(), std::plus<>());
  return sum;
}

ValueScale ownScale(const std::vector<float>& values, bool isSigned) {
  double largest = 0.0;
  for (const float value : values) {
    if (std::isfinite(value)) largest = std::max(largest, isSigned ? std::abs(double{value}) : double{value});
  }
  return {isSigned ? -largest : 0.0, largest};
}

ValueScale united(const ValueScale& a, const ValueScale& b) {
  return {std::min(a.low, b.low), std::max(a.high, b.high)};
}

double positionOf(double value, const ValueScale& scale) {
  if (!(scale.high > scale.low)) return scale.low < 0.0 ? 0.5 : 0.0;
  return std::clamp((value - scale.low) / (scale.high - scale.low), 0.0, 1.0);
}

QImage renderOverlay(const TokenMap& map, const OverlayStyle& style, const ValueScale& scale, int pixelsPerToken) {
  const std::vector<float> values = shownValues(map, style);
  if (values.empty() || static_cast<int>(values.size()) != map.tokens()) return {};
  const int step = style.bilinear ? std::max(pixelsPerToken, 1) : 1;
  QImage image(map.columns * step, map.rows * step, QImage::Format_ARGB32);
  for (int y = 0; y < image.height(); ++y) {
    auto* line = reinterpret_cast<QRgb*>(image.scanLine(y));
    for (int x = 0; x < image.width(); ++x) {
      if (!visible(map, y / step, x / step)) {
        line[x] = qRgba(0, 0, 0, 0);
        continue;
      }
      const double value = sample(values, map.rows, map.columns, (y + 0.5) / step - 0.5, (x + 0.5) / step - 0.5);
      line[x] = colourOf(value, style, scale);
    }
  }
  return image;
}

double topShare(const std::vector<float>& weights, int count) {
  std::vector<double> sorted(weights.begin(), weights.end());
  const double total = std::accumulate(sorted.begin(), sorted.end(), 0.0);
  if (!(total > 0.0)) return 0.0;
  const auto top = std::min<std::ptrdiff_t>(count, static_cast<std::ptrdiff_t>(sorted.size()));
  std::partial_sort(sorted.begin(), sorted.begin() + top, sorted.end(), std::greater<>());
  return std::accumulate(sorted.begin(), sorted.begin() + top, 0.0) / total;
}

double entropyOf(const std::vector<float>& weights) {
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  if (!(total > 0.0)) return 0.0;
  double entropy = 0.0;
  for (const float weight : weights) {
    const double p = weight / total;
    if (p > 0.0) entropy -= p * std::log(p);
  }
  return entropy;
}

}  // namespace slab
