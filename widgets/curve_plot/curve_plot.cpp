#include "widgets/curve_plot/curve_plot.h"

#include <QLabel>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "core/base/format.h"
#include "widgets/curve_plot/envelope_lines.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

constexpr int kRefreshMilliseconds = 33;
constexpr double kRawShare = 0.34;  // of the colour, for the raw curve under its average
constexpr double kSupersededShare = 0.25;

void prepare(QCPGraph* graph) {
  graph->setAdaptiveSampling(false);  // the envelope is already two points a column
  graph->setSelectable(QCP::stNone);
  graph->setSelectionDecorator(nullptr);
}

QCPScatterStyle::ScatterShape shapeOf(Marker marker) {
  switch (marker) {
    case Marker::Disc: return QCPScatterStyle::ssDisc;
    case Marker::Square: return QCPScatterStyle::ssSquare;
    case Marker::Diamond: return QCPScatterStyle::ssDiamond;
    case Marker::Triangle: return QCPScatterStyle::ssTriangle;
    case Marker::Cross: return QCPScatterStyle::ssCross;
  }
  return QCPScatterStyle::ssDisc;
}

}  // namespace

CurvePlot::CurvePlot(const QString& title, QWidget* parent)
    : QWidget(parent),
      xLabelText_(tr("step")),
      legend_(new CurveLegend(this)),
      canvas_(new QCustomPlot(this)),
      empty_(new QLabel(canvas_)),
      link_(&ownLink_) {
  auto* column = new QVBoxLayout(this);
  column->setSpacing(0);
  column->addWidget(legend_);
  column->addWidget(canvas_, 1);
  setUpCanvas();
  setTitle(title);
  setFocusPolicy(Qt::StrongFocus);
  canvas_->setFocusProxy(this);
  empty_->setAlignment(Qt::AlignCenter);
  empty_->setWordWrap(true);
  setTone(empty_, "muted");
  refreshTimer_.setSingleShot(true);
  refreshTimer_.setInterval(kRefreshMilliseconds);
  connect(&refreshTimer_, &QTimer::timeout, this, &CurvePlot::refreshNow);
  const auto restyle = [this, column] {
    const int side = theme().px(size::kMedium);
    column->setContentsMargins(side, 0, side, theme().px(size::kTiny));
    applyTheme(theme().tokens());
    refresh();
  };
  connect(&theme(), &Theme::changed, this, restyle);
  restyle();
  setLink(nullptr);
}

CurvePlot::~CurvePlot() = default;

void CurvePlot::setUpCanvas() {
  canvas_->setMinimumSize(80, 60);
  canvas_->setPlottingHints(QCP::phFastPolylines | QCP::phCacheLabels);
  canvas_->setNoAntialiasingOnDrag(true);
  canvas_->installEventFilter(this);
  canvas_->setMouseTracking(true);
  canvas_->setAccessibleName(tr("Curves"));
  canvas_->setInteractions(QCP::iRangeDrag);
  canvas_->axisRect()->setRangeDrag(Qt::Horizontal);
  canvas_->legend->setVisible(false);
  // Phases lie under the grid's layer, the cursor has a paint buffer of its own: moving it repaints nothing else.
  canvas_->addLayer("phases", canvas_->layer("background"), QCustomPlot::limAbove);
  canvas_->addLayer("raw", canvas_->layer("main"), QCustomPlot::limBelow);
  canvas_->addLayer("marks", canvas_->layer("main"), QCustomPlot::limAbove);
  canvas_->addLayer("cursor", canvas_->layer("overlay"), QCustomPlot::limBelow);
  canvas_->layer("cursor")->setMode(QCPLayer::lmBuffered);
  phases_ = new PhaseItem(canvas_, "phases");
  rail_ = new RailItem(canvas_, "marks");
  cursor_ = new CursorItem(canvas_, "cursor");
  cursor_->setX(std::numeric_limits<double>::quiet_NaN());
  const auto corner = [this](double x, Qt::Alignment alignment) {
    auto* text = new QCPItemText(canvas_);
    text->setClipToAxisRect(false);
    text->setSelectable(false);
    text->position->setType(QCPItemPosition::ptViewportRatio);
    text->position->setCoords(x, 1);
    text->setPositionAlignment(alignment | Qt::AlignBottom);
    return text;
  };
  xName_ = corner(1, Qt::AlignRight);
  badge_ = corner(0, Qt::AlignLeft);
  connect(canvas_->xAxis, qOverload<const QCPRange&>(&QCPAxis::rangeChanged), this, [this](const QCPRange& range) {
    if (canvas_->axisRect() != nullptr && QGuiApplication::mouseButtons() != Qt::NoButton && !isDraggingHandle_ &&
        canvas_->underMouse()) {
      link_->setRange(range.lower, range.upper);
    }
  });
}

void CurvePlot::setLink(CurveLink* link) {
  if (link_ != nullptr) link_->disconnect(this);
  link_ = link != nullptr ? link : &ownLink_;
  connect(link_, &CurveLink::rangeChanged, this, &CurvePlot::refresh);
  connect(link_, &CurveLink::cursorChanged, this, [this] {
    updateCursor();
    updateLegend();
  });
  refresh();
}

void CurvePlot::setTitle(const QString& title, const QString& unit) {
  title_ = title;
  unit_ = unit;
  setAccessibleName(title.isEmpty() ? tr("Plot") : title);
}

void CurvePlot::setCurves(std::vector<Curve> curves) {
  const bool sameShape = curves.size() == curves_.size() &&
                         std::equal(curves.begin(), curves.end(), curves_.begin(), [](auto& a, auto& b) {
                           return a.id == b.id && a.data == b.data && a.isSmoothed == b.isSmoothed;
                         });
  curves_ = std::move(curves);
  if (!sameShape) rebuildGraphs();
  applyTheme(tokens());
  refresh();
}

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
    if (curve.isSmoothed && smoothing_ > 0) drawn->average = std::make_unique<SmoothedSeries>(smoothing_);
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

void CurvePlot::setPhases(std::vector<Phase> phases) {
  phases_->setPhases(std::move(phases));
  refresh();
}

void CurvePlot::setHandle(std::optional<QPointF> at, const QString& words) {
  handleAt_ = at;
  if (!at) {
    if (handle_ != nullptr) canvas_->removeItem(handle_);
    handle_ = nullptr;
  } else {
    if (handle_ == nullptr) handle_ = new HandleItem(canvas_, "marks");
    handle_->setClipToAxisRect(false);
    handle_->set(at->x(), at->y(), words);
    handle_->setStyle(tokens().series[0], tokens(), theme().font(TextRole::Small));
  }
  refresh();
}

void CurvePlot::setYRange(double lower, double upper) {
  yFixed_ = {lower, upper};
  refresh();
}

void CurvePlot::setXExtent(double lower, double upper) {
  xExtent_ = upper > lower ? std::optional(std::pair(lower, upper)) : std::nullopt;
  refresh();
}

void CurvePlot::setEmptyText(const QString& words) {
  empty_->setText(words);
  refresh();
}

void CurvePlot::setLogY(bool on) {
  logY_ = on;
  yZoom_.reset();
  canvas_->yAxis->setScaleType(on ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
  canvas_->yAxis->setTicker(on ? QSharedPointer<QCPAxisTicker>(new CompactLogTicker)
                               : QSharedPointer<QCPAxisTicker>(new CompactTicker));
  refresh();
  emit viewChanged();
}

void CurvePlot::setLogX(bool on) {
  logX_ = on;
  refresh();
  emit viewChanged();
}

void CurvePlot::setSmoothing(double weight) {
  smoothing_ = std::clamp(weight, 0.0, 0.9999);
  rebuildGraphs();
  applyTheme(tokens());
  refresh();
  emit viewChanged();
}

void CurvePlot::refresh() {
  isDirty_ = true;
  if (isVisible() && !refreshTimer_.isActive()) refreshTimer_.start();
}

void CurvePlot::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  if (isDirty_) refreshTimer_.start();
}

void CurvePlot::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  refresh();
}

const std::vector<RailMark>& CurvePlot::railMarks() const {
  return rail_->marks();
}

void CurvePlot::refreshNow() {
  isDirty_ = false;
  applyXRange();
  const int columns = std::max(1, canvas_->axisRect()->width());
  std::vector<RailMark> marks;
  for (const auto& drawn : drawn_) drawCurve(*drawn, columns, marks);
  drawPlanned();
  std::sort(marks.begin(), marks.end(), [](const RailMark& a, const RailMark& b) { return a.x < b.x; });
  rail_->setMarks(std::move(marks));
  applyYRange();
  placeLabels();
  updateLegend();
  cursor_->setX(link_->cursor());
  const bool hasData =
      std::any_of(curves_.begin(), curves_.end(), [](const Curve& c) { return c.data && c.data->size(); });
  empty_->setVisible(!hasData && planned_.empty() && !empty_->text().isEmpty());
  empty_->setGeometry(canvas_->axisRect()->rect());
  canvas_->yAxis->setTickLabels(hasData || !planned_.empty());  // a scale without values would be invented
  canvas_->replot(QCustomPlot::rpQueuedReplot);
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
    drawn.average->update(*curve.data);
    const Envelope average = logX_
                                 ? logEnvelope(drawn.average->curve(), range.lower, range.upper, columns, link_->axis())
                                 : drawn.average->curve().envelope(range.lower, range.upper, columns, link_->axis());
    const PolyLine line = toPolyLine(average.points, curve.scale);
    drawn.smooth->setData(line.x, line.y, true);
  }
  const PolyLine dots = curve.hasMarkers ? rawLine : isolatedPoints(raw.points, curve.scale);
  drawn.dots->setData(dots.x, dots.y, true);
  const PolyLine superseded = toPolyLine(raw.superseded, curve.scale);
  drawn.superseded->setData(superseded.x, superseded.y, false);
  addRailMarks(marks, raw, curve.label, logY_, drawn.smooth->pen().color(), tokens().bad);
  if (index == 0) updateBadge(raw.pointsInRange, raw.isDecimated);
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

void CurvePlot::applyTheme(const Tokens& tokens) {
  styled_ = tokens;
  canvas_->setBackground(tokens.panel);
  for (QCPAxis* axis : {canvas_->xAxis, canvas_->yAxis}) {
    axis->setBasePen(QPen(tokens.line, 1));
    axis->setTickPen(QPen(Qt::NoPen));
    axis->setSubTickPen(QPen(Qt::NoPen));
    axis->setTickLabelColor(tokens.muted);
    axis->setTickLabelFont(theme().font(TextRole::Small));
    axis->setTickLabelPadding(theme().px(5));
    axis->grid()->setPen(QPen(tokens.grid, 1));
    axis->grid()->setZeroLinePen(QPen(tokens.grid, 1));
    axis->grid()->setSubGridVisible(false);
  }
  canvas_->yAxis->setBasePen(QPen(Qt::NoPen));
  if (!logY_) canvas_->yAxis->setTicker(QSharedPointer<QCPAxisTicker>(new CompactTicker));
  for (std::size_t i = 0; i < drawn_.size(); ++i) {
    const SeriesStyle style = seriesStyle(tokens, curves_[i].series);
    const QColor colour = curves_[i].colour.isValid() ? curves_[i].colour : style.colour;
    const Qt::PenStyle dash = curves_[i].dash == Qt::NoPen ? style.dash : curves_[i].dash;
    drawn_[i]->raw->setPen(QPen(mix(tokens.panel, colour, kRawShare), 1));
    drawn_[i]->superseded->setPen(QPen(mix(tokens.panel, colour, kSupersededShare), 1));
    drawn_[i]->smooth->setPen(QPen(colour, theme().px(2), dash));
    const double side = curves_[i].hasMarkers ? theme().px(6) : theme().px(4);
    const auto shape = curves_[i].hasMarkers ? shapeOf(style.marker) : QCPScatterStyle::ssDisc;
    drawn_[i]->dots->setPen(QPen(colour, 1));
    drawn_[i]->dots->setScatterStyle(QCPScatterStyle(shape, colour, colour, side));
  }
  for (std::size_t i = 0; i < planned_.size(); ++i) {
    const QColor colour =
        planned_[i].colour.isValid() ? planned_[i].colour : seriesStyle(tokens, planned_[i].series).colour;
    plannedGraphs_[i]->setPen(
        QPen(colour, planned_[i].isSolid ? theme().px(2) : 1.0, planned_[i].isSolid ? Qt::SolidLine : Qt::DashLine));
  }
  phases_->setTokens(tokens);
  cursor_->setColour(tokens.muted);
  rail_->setFont(theme().font(TextRole::Small));
  if (handle_ != nullptr) handle_->setStyle(tokens.series[0], tokens, theme().font(TextRole::Small));
  for (QCPItemText* text : {xName_, badge_}) {
    text->setFont(theme().font(TextRole::Small));
    text->setColor(tokens.muted);
  }
}

void CurvePlot::paintFigure(QCPPainter& painter, const QSize& size, const Tokens& colours) {
  const Tokens before = styled_;
  const QSize canvasSize = canvas_->size();
  const int side = theme().px(size::kMedium), titleHeight = theme().px(26);
  const int width = size.width() - 2 * side;
  applyTheme(colours);
  refreshNow();
  painter.fillRect(QRect(QPoint(0, 0), size), colours.panel);
  painter.setFont(theme().font(TextRole::Title));
  painter.setPen(colours.text);
  painter.drawText(QRect(side, 0, width, titleHeight), Qt::AlignVCenter | Qt::AlignLeft,
                   unit_.isEmpty() ? title_ : title_ + " (" + unit_ + ")");
  painter.save();
  painter.translate(side, titleHeight);
  const int legendHeight = legend_->paintInto(painter, width, colours);
  painter.translate(0, legendHeight + theme().px(size::kTiny));
  canvas_->toPainter(&painter, width, size.height() - titleHeight - legendHeight - theme().px(size::kMedium));
  painter.restore();
  applyTheme(before);
  canvas_->setViewport(QRect(QPoint(0, 0), canvasSize));
  refreshNow();
}

}  // namespace slab
