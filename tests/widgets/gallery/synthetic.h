// Synthetic data for the gallery and the widget tests: drawn or computed, never a measurement.
#pragma once

#include <QImage>

#include "widgets/attention_view/layer_grid.h"
#include "widgets/attention_view/token_map.h"
#include "widgets/latency_chart/latency_row.h"

namespace slab::gallery {

/// A still life of two shapes on a textured ground.
QImage scene(int side);

/// A soft blob around (row, column) with a signed depthwise ring at the query.
TokenMap blobMap(int rows, int columns, double row, double column, QPoint query);

/// A window of side `window` that holds the query; zero elsewhere.
TokenMap windowMap(int rows, int columns, int window, QPoint query);

std::vector<LayerEntry> swinLayers();
std::vector<LatencyRow> latencyRows();

}  // namespace slab::gallery
