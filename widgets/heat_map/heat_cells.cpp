#include "widgets/heat_map/heat_cells.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace slab {
namespace {

struct Cell {
  double column = 0;  // of the point, fractional
  double value = 0;
};

std::vector<Cell> cellsOf(const SeriesStore& series, double x0, double x1, int columns) {
  const Envelope envelope = series.envelope(x0, x1, columns);
  const double scale = columns / (x1 - x0);
  std::vector<Cell> cells;
  cells.reserve(envelope.points.size() + envelope.nonFinite.size());
  for (const CurvePoint& point : envelope.points) cells.push_back({(point.x - x0) * scale, point.y});
  for (const NonFiniteMark& mark : envelope.nonFinite) {
    cells.push_back({(mark.x - x0) * scale, std::numeric_limits<double>::quiet_NaN()});
  }
  std::stable_sort(cells.begin(), cells.end(), [](const Cell& a, const Cell& b) { return a.column < b.column; });
  return cells;
}

bool isWorse(double value, const std::optional<double>& than) {
  if (!than || std::isnan(value)) return true;
  return !std::isnan(*than) && value > *than;
}

}  // namespace

double positionOf(double value, const HeatScale& scale) {
  if (scale.isLog && !(value > 0)) return 0;
  const auto along = [&](double v) { return scale.isLog ? std::log(v) : v; };
  const double span = along(scale.high) - along(scale.low);
  return span > 0 ? std::clamp((along(value) - along(scale.low)) / span, 0.0, 1.0) : 0;
}

std::vector<std::optional<double>> heatCells(const SeriesStore& series, double x0, double x1, int columns) {
  std::vector<std::optional<double>> row(static_cast<std::size_t>(std::max(columns, 0)));
  if (columns < 1 || !(x1 > x0)) return row;
  const std::vector<Cell> cells = cellsOf(series, x0, x1, columns);
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const double at = cells[i].column;
    const bool isFirst = i == 0, isLast = i + 1 == cells.size();
    const double before = isFirst ? std::numeric_limits<double>::quiet_NaN() : (at - cells[i - 1].column) / 2;
    const double after = isLast ? std::numeric_limits<double>::quiet_NaN() : (cells[i + 1].column - at) / 2;
    // A point alone is one column wide.
    const double left = at - (isFirst ? (isLast ? 0 : after) : before);
    const double right = at + (isLast ? (isFirst ? 1 : before) : after);
    const int from = std::max(0, static_cast<int>(std::floor(left)));
    const int to =
        std::min(columns, std::max(static_cast<int>(std::floor(right)), static_cast<int>(std::floor(at)) + 1));
    for (int column = from; column < to; ++column) {
      auto& cell = row[static_cast<std::size_t>(column)];
      if (isWorse(cells[i].value, cell)) cell = cells[i].value;
    }
  }
  return row;
}

}  // namespace slab
