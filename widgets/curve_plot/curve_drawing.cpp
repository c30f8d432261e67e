#include <QCoreApplication>
#include <QThreadPool>
#include <algorithm>

#include "widgets/curve_plot/curve_plot.h"
#include "widgets/curve_plot/envelope_lines.h"

namespace slab {
namespace {

// Fewer new points than this are averaged at once, in microseconds; more go to another thread, a slice at a time.
constexpr std::size_t kPointsInline = 4'096;
constexpr std::int64_t kSlicePoints = 250'000;

void prepare(QCPGraph* graph) {
  graph->setAdaptiveSampling(false);  // the envelope is already two points a column
  graph->setSelectable(QCP::stNone);
  graph->setSelectionDecorator(nullptr);
}

}  // namespace

void CurvePlot::rebuildGraphs() {
  for (const auto& drawn : drawn_) {
    for (QCPGraph* graph : {drawn->superseded, drawn->raw, drawn->smooth, drawn->dots}) canvas_->removeGraph(graph);
  }
  drawn_.clear();
  for (const Curve& curve : curves_) {
    auto drawn = std::make_unique<Drawn>();
    for (QCPGraph** graph : {&drawn->superseded, &drawn->raw, &drawn->smooth, &drawn->dots}) {
      *graph = canvas_->addGraph();
      prepare(*graph);
    }
    drawn->dots->setLineStyle(QCPGraph::lsNone);
    // Every raw curve lies under every average.
    for (QCPGraph* graph : {drawn->superseded, drawn->raw}) graph->setLayer("raw");
    if (curve.isSmoothed && smoothing_ > 0) drawn->average = std::make_shared<SmoothedSeries>(smoothing_);
    drawn_.push_back(std::move(drawn));
  }
}

void CurvePlot::setPlanned(std::vector<PlannedCurve> planned) {
  planned_ = std::move(planned);
  while (plannedGraphs_.size() > planned_.size()) {
    canvas_->removeGraph(plannedGraphs_.back());
    plannedGraphs_.pop_back();
  }
  while (plannedGraphs_.size() < planned_.size()) {
    plannedGraphs_.push_back(canvas_->addGraph());
    prepare(plannedGraphs_.back());
  }
  applyTheme(tokens());
  refresh();
}

void CurvePlot::drawCurve(Drawn& drawn, int columns, std::vector<RailMark>& marks) {
  const auto index = static_cast<std::size_t>(
      std::find_if(drawn_.begin(), drawn_.end(), [&](const auto& d) { return d.get() == &drawn; }) - drawn_.begin());
  const Curve& curve = curves_[index];
  if (curve.data == nullptr) return;
  const QCPRange range = canvas_->xAxis->range();
  const Envelope raw = logX_ ? logEnvelope(*curve.data, range.lower, range.upper, columns, link_->axis())
                             : curve.data->envelope(range.lower, range.upper, columns, link_->axis());
  const bool isAveraged = drawn.average != nullptr;
  const PolyLine rawLine = toPolyLine(raw.points, curve.scale);
  (isAveraged ? drawn.raw : drawn.smooth)->setData(rawLine.x, rawLine.y, true);
  (isAveraged ? drawn.smooth : drawn.raw)->data()->clear();
  if (isAveraged) {
    advanceAverage(drawn, *curve.data);
    drawAverage(drawn, curve, columns);
  }
  const PolyLine dots = curve.hasMarkers ? rawLine : isolatedPoints(raw.points, curve.scale);
  drawn.dots->setData(dots.x, dots.y, true);
  const PolyLine superseded = toPolyLine(raw.superseded, curve.scale);
  drawn.superseded->setData(superseded.x, superseded.y, false);
  addRailMarks(marks, raw, curve.label, logY_, drawn.smooth->pen().color(), tokens().bad);
  if (index == 0) updateBadge(raw.pointsInRange, raw.isDecimated);
}

void CurvePlot::drawAverage(Drawn& drawn, const Curve& curve, int columns) {
  const QCPRange range = canvas_->xAxis->range();
  const auto guard = drawn.average->lock();
  const SeriesStore& average = drawn.average->curve();
  const Envelope envelope = logX_ ? logEnvelope(average, range.lower, range.upper, columns, link_->axis())
                                  : average.envelope(range.lower, range.upper, columns, link_->axis());
  const PolyLine line = toPolyLine(envelope.points, curve.scale);
  drawn.smooth->setData(line.x, line.y, true);
}

/// Each slice that is done asks for a repaint, which sends the next one.
void CurvePlot::advanceAverage(Drawn& drawn, const SeriesStore& data) {
  const std::shared_ptr<SmoothedSeries> average = drawn.average;
  if (average->isBusy) return;
  auto slice = average->next(data, kSlicePoints);
  if (!slice) return;
  if (slice->steps.size() <= kPointsInline) {
    average->take(*slice);
    return;
  }
  average->isBusy = true;
  QThreadPool::globalInstance()->start([average, slice = std::move(*slice), plot = QPointer<CurvePlot>(this)] {
    average->take(slice);
    average->isBusy = false;
    QMetaObject::invokeMethod(QCoreApplication::instance(), [plot] {
      if (plot) plot->refresh();
    });
  });
}

/// An export shows the whole average.
void CurvePlot::finishAverages() {
  QThreadPool::globalInstance()->waitForDone();
  for (std::size_t i = 0; i < drawn_.size(); ++i) {
    if (drawn_[i]->average != nullptr && curves_[i].data != nullptr) drawn_[i]->average->update(*curves_[i].data);
  }
}

void CurvePlot::drawPlanned() {
  for (std::size_t i = 0; i < planned_.size(); ++i) {
    QVector<double> x, y;
    for (const QPointF& p : planned_[i].points) {
      x.push_back(p.x());
      y.push_back(p.y());
    }
    plannedGraphs_[i]->setData(x, y, true);
  }
}

}  // namespace slab
