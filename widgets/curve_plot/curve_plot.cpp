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
    if (canvas_->axisRect() != nullptr && QGuiApplication::mouseButtons() != Qt::NoButton && dragged_ < 0 &&
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

void CurvePlot::setPhases(std::vector<Phase> phases) {
  phases_->setPhases(std::move(phases));
  refresh();
}

void CurvePlot::setHandles(const std::vector<PlotHandle>& handles) {
  while (handles_.size() > handles.size()) {
    canvas_->removeItem(handles_.back());
    handles_.pop_back();
  }
  while (handles_.size() < handles.size()) {
    handles_.push_back(new HandleItem(canvas_, "marks"));
    handles_.back()->setClipToAxisRect(false);
  }
  for (std::size_t i = 0; i < handles.size(); ++i) {
    handles_[i]->set(handles[i].at, handles[i].words, handles[i].isCurrent);
    handles_[i]->setStyle(tokens().series[0], tokens(), theme().font(TextRole::Small));
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
  // A low plot has room for few labels.
  constexpr int kMost = 5;
  const double labels = canvas_->axisRect()->height() / theme().px(26);
  canvas_->yAxis->ticker()->setTickCount(std::clamp(static_cast<int>(labels), 2, kMost));
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

}  // namespace slab
