// One query's attention on a grid of tokens, and how it becomes an overlay. Plain values, no widget.
#pragma once

#include <QImage>
#include <QPoint>
#include <QRect>
#include <optional>
#include <vector>

#include "widgets/attention_view/colour_map.h"

namespace slab {

/// The row of one query token of one head. `weights` is the softmax or linear attention row;
/// `depthwise` the signed contribution of the convolution on V (empty where the head has none). Both are
/// row-major, rows x columns. `window` is the part of the grid the query can see (null: all of it).
struct TokenMap {
  int rows = 0;
  int columns = 0;
  std::vector<float> weights;
  std::vector<float> depthwise;
  QPoint query{0, 0};  ///< x = column, y = row
  QRect window;

  [[nodiscard]] bool empty() const { return weights.empty(); }
  [[nodiscard]] bool hasDepthwise() const { return !depthwise.empty(); }
  [[nodiscard]] int tokens() const { return rows * columns; }
};

/// Value interval that the colours span.
struct ValueScale {
  double low = 0.0;
  double high = 0.0;
  bool operator==(const ValueScale&) const = default;
};

/// View state: changing any of it repaints and never asks the worker.
struct OverlayStyle {
  ColourMap map = ColourMap::Magma;
  double opacity = 0.75;   ///< of the strongest values; weak ones cover less
  double threshold = 0.0;  ///< fraction of the scale below which a token stays uncovered
  bool bilinear = false;
  bool showWeights = true;
  bool showDepthwise = false;
  bool queryMarker = true;
  bool windowBorders = false;

  /// The depthwise part is signed, and so is its sum with the weights.
  [[nodiscard]] bool isSigned() const { return showDepthwise; }
  [[nodiscard]] ColourMap effectiveMap() const { return isSigned() ? ColourMap::BlueWhiteRed : map; }
};

/// What the style shows of the map: weights, depthwise part or their sum; empty when neither.
std::vector<float> shownValues(const TokenMap& map, const OverlayStyle& style);

/// [0, max] for magnitudes, [-m, m] for signed values; ignores the non-finite.
ValueScale ownScale(const std::vector<float>& values, bool isSigned);

/// The smallest scale that holds both.
ValueScale united(const ValueScale& a, const ValueScale& b);

/// Position of a value in the scale, 0 to 1 (0.5 for an empty scale when signed, else 0).
double positionOf(double value, const ValueScale& scale);

/// The coloured grid with per-pixel alpha: one pixel a token, or, bilinear, `pixelsPerToken` with the
/// values (not the colours) interpolated between token centres.
QImage renderOverlay(const TokenMap& map, const OverlayStyle& style, const ValueScale& scale, int pixelsPerToken = 8);

/// Sum of the `count` largest weights over the sum of all.
double topShare(const std::vector<float>& weights, int count);

/// Shannon entropy in nat of the weights normalised to sum 1; 0 for an all-zero row.
double entropyOf(const std::vector<float>& weights);

}  // namespace slab
