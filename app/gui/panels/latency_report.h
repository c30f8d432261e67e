// Workspace Latency: what is asked of the worker, and its answer as rows of the table.
#pragma once

#include <vector>

#include "core/wire/messages.h"
#include "widgets/latency_chart/latency_row.h"
#include "widgets/run_table/run_row.h"

namespace slab {

/// What is compared: LayerNorm, PRepBN, PRepBN folded, SLAB, SLAB folded of one architecture. SLAB takes the run's own
/// weights where they are of that kind, else random ones; a row's time does not depend on the values. A detector is
/// compared with its folded form; nothing before its first checkpoint.
std::vector<BenchEntry> architectureEntries(const RunRow* run);

/// Report and colours as rows of the table, times per batch; differences are paired ratios to the first row.
std::vector<LatencyRow> rowsOf(const BenchReport& report);

/// The series of the row-th model.
int latencyColour(std::size_t row);

}  // namespace slab
