// From a store's envelope to what QCustomPlot draws.
#pragma once

#include <QVector>
#include <vector>

#include "core/store/series_store.h"
#include "widgets/curve_plot/curve_items.h"

namespace slab {

/// x ascending; y is NaN where the line has a gap.
struct PolyLine {
  QVector<double> x, y;
};

PolyLine toPolyLine(const std::vector<CurvePoint>& points, double scale);
/// Several lines, one after the other, with gaps between them; x is not sorted over the whole.
PolyLine toPolyLine(const std::vector<std::vector<CurvePoint>>& lines, double scale);

/// Vertices between two gaps: a line would not show them.
PolyLine isolatedPoints(const std::vector<CurvePoint>& points, double scale);

/// The envelope for a logarithmic x axis: each octave has its share of the columns, so that the left end, which a log
/// axis stretches, is not decimated to a few points.
Envelope logEnvelope(const SeriesStore& store, double x0, double x1, int columns, CurveAxis axis);

/// Marks for non-finite points, first of each kind and run of columns, in words; on a log y axis also for values <= 0.
void addRailMarks(std::vector<RailMark>& marks, const Envelope& envelope, const QString& label, bool log_y,
                  const QColor& colour, const QColor& bad);

}  // namespace slab
