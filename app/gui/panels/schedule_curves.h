// Lambda and the learning rate of a run over its steps, as planned and as they were.
#pragma once

#include <optional>
#include <string>

#include "app/gui/run_data.h"
#include "widgets/curve_plot/curve_plot.h"
#include "widgets/run_table/run_row.h"
#include "widgets/theme/controls.h"

namespace slab {

/// A series of a run as a curve in the run's colour, solid, without smoothing; nothing where the run has none.
std::optional<Curve> curveOf(const RunRow& row, const RunData* data, const std::string& series, const QString& label);

/// Planned lines dashed, from the trainer's own schedule (core/config/schedule.h); what was used solid; the rate as a
/// share of its planned peak. `row` null: an empty plot.
void showSchedule(CurvePlot& plot, CardHeader& header, const RunRow* row, const RunData* data);

}  // namespace slab
