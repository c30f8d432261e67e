// One series as a row of pixels: which value stands in each pixel column. Plain values, no widget.
#pragma once

#include <optional>
#include <vector>

#include "core/store/series_store.h"
#include "widgets/attention_view/colour_map.h"

namespace slab {

/// What the colours span. Values outside take the colour at the end.
struct HeatScale {
  ColourMap map = ColourMap::Viridis;
  double low = 0, high = 1;
  bool isLog = false;  ///< both ends above 0; what is not positive takes the lowest colour
};

/// Position of a finite value in the scale, 0 to 1.
double positionOf(double value, const HeatScale& scale);

/// One entry a pixel column of [x0, x1] in steps. Each point reaches half way to its neighbours, so that a row watched
/// rarely has no holes; the first and last reach as far outward as inward. Where several points share a column, the
/// largest stands there, and one that is not finite (NaN) before all. Nothing where the series has no point.
std::vector<std::optional<double>> heatCells(const SeriesStore& series, double x0, double x1, int columns);

}  // namespace slab
