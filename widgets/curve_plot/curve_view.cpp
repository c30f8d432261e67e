// The view of a CurvePlot: ranges, cursor, legend values, keyboard and mouse.
#include <QAction>
#include <QKeyEvent>
#include <QMenu>
#include <algorithm>
#include <cmath>
#include <utility>

#include "core/base/format.h"
#include "widgets/curve_plot/curve_export.h"
#include "widgets/curve_plot/curve_plot.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

QString thin(double value) {
  return QString::fromStdString(formatInteger(std::llround(value), true));
}

QString valueText(double value) {
  return QString::fromStdString(formatNumber(value, 4));
}

QString axisName(CurveAxis axis, const QString& step) {
  switch (axis) {
    case CurveAxis::Step: return step;
    case CurveAxis::Wall: return QObject::tr("time since start");
    case CurveAxis::Active: return QObject::tr("training time");
  }
  return step;
}

}  // namespace

void CurvePlot::applyXRange() {
  QCPAxis* x = canvas_->xAxis;
  const bool isTime = link_->axis() != CurveAxis::Step;
  double lower = link_->lower(), upper = link_->upper();
  if (link_->isFollowing()) {
    lower = isTime || !xExtent_ ? 0 : xExtent_->first;
    upper = isTime || !xExtent_ ? 0 : xExtent_->second;
    bool first = isTime || !xExtent_;
    for (const Curve& curve : curves_) {
      const auto range = curve.data ? curve.data->range(link_->axis()) : std::nullopt;
      if (!range) continue;
      lower = first ? range->x0 : std::min(lower, range->x0);
      upper = first ? range->x1 : std::max(upper, range->x1);
      first = false;
    }
    for (const PlannedCurve& planned : planned_) {
      if (!isTime && !planned.points.isEmpty()) upper = std::max(upper, planned.points.last().x());
    }
    if (!(upper > lower)) upper = lower + 1;
    upper += 0.01 * (upper - lower);  // the edge cuts neither the last point nor its marker
  }
  if (logX_) lower = std::max(lower, 1.0);
  x->setScaleType(logX_ ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
  if (logX_) {
    x->setTicker(QSharedPointer<QCPAxisTicker>(new CompactLogTicker));
  } else if (isTime) {
    x->setTicker(QSharedPointer<QCPAxisTicker>(new DurationTicker));
  } else {
    x->setTicker(QSharedPointer<QCPAxisTicker>(new CompactTicker));
  }
  const QSignalBlocker quiet(x);
  x->setRange(lower, upper);
}

std::optional<std::pair<double, double>> CurvePlot::valueExtent() const {
  std::optional<std::pair<double, double>> all;
  const auto take = [&](double low, double high) {
    if (logY_ && !(high > 0)) return;
    if (logY_ && !(low > 0)) low = high / 1e4;
    all = all ? std::pair(std::min(all->first, low), std::max(all->second, high)) : std::pair(low, high);
  };
  const QCPRange x = canvas_->xAxis->range();
  for (const Curve& curve : curves_) {
    if (!curve.data) continue;
    const auto range = curve.data->valueRange(x.lower, x.upper, link_->axis());
    if (range) take(range->first * curve.scale, range->second * curve.scale);
  }
  for (const PlannedCurve& planned : planned_) {
    for (const QPointF& p : planned.points) {
      if (x.contains(p.x())) take(p.y(), p.y());
    }
  }
  return all;
}

void CurvePlot::applyYRange() {
  QCPAxis* y = canvas_->yAxis;
  if (yZoom_) return y->setRange(yZoom_->first, yZoom_->second);
  if (yFixed_ && !logY_) return y->setRange(yFixed_->first, yFixed_->second);
  const auto extent = valueExtent();
  if (!extent) return y->setRange(logY_ ? 0.1 : 0, 1);
  auto [low, high] = *extent;
  if (logY_) return y->setRange(low / 1.15, high * 1.25);
  const double pad = high > low ? 0.06 * (high - low) : std::max(std::abs(high) * 0.1, 1e-12);
  const double room = rail_->marks().empty() ? pad : 0.12 * (high - low) + pad;  // the rail hides no curve
  y->setRange(low - pad, high + room);
}

void CurvePlot::placeLabels() {
  const int line = QFontMetrics(theme().font(TextRole::Small)).height();
  canvas_->axisRect()->setAutoMargins(QCP::msLeft);
  canvas_->axisRect()->setMargins(QMargins(0, theme().px(6), theme().px(8), 2 * line + theme().px(9)));
  canvas_->axisRect()->setMinimumMargins(QMargins(theme().px(28), 0, 0, 0));
  xName_->setText(axisName(link_->axis(), xLabelText_));
  const int space = canvas_->width() - QFontMetrics(xName_->font()).horizontalAdvance(xName_->text()) - theme().px(16);
  badge_->setText(QFontMetrics(badge_->font()).elidedText(badgeText_, Qt::ElideRight, std::max(0, space)));
}

void CurvePlot::updateBadge(std::int64_t points, bool decimated) {
  const QString shown = decimated ? tr("lowest and highest of each pixel") : tr("all drawn");
  badgeText_ = points == 1 ? tr("1 point, drawn") : tr("%1 points, %2").arg(thin(static_cast<double>(points)), shown);
  const bool isAveraged =
      smoothing_ > 0 && std::any_of(curves_.begin(), curves_.end(), [](const Curve& c) { return c.isSmoothed; });
  if (isAveraged) badgeText_ += tr("; line: moving average, weight %1").arg(smoothing_);
  canvas_->setToolTip({});
}

void CurvePlot::updateCursor() {
  cursor_->setX(link_->cursor());
  if (isVisible()) canvas_->layer("cursor")->replot();
}

void CurvePlot::updateLegend() {
  const double at = link_->cursor();
  const bool isAtCursor = std::isfinite(at);
  std::vector<LegendEntry> entries;
  double reached = 0;
  for (std::size_t i = 0; i < curves_.size(); ++i) {
    const Curve& curve = curves_[i];
    if (curve.label.isEmpty()) continue;
    LegendEntry entry{
        curve.label, {}, drawn_[i]->smooth->pen().color(), drawn_[i]->smooth->pen().style(), curve.hasMarkers};
    const SmoothedSeries* average = drawn_[i]->average.get();
    const bool isAveraged = average != nullptr && average->isComplete() && average->curve().size() > 0;
    const SeriesStore* shown = isAveraged ? &average->curve() : curve.data.get();
    const auto range = shown != nullptr ? shown->range(link_->axis()) : std::nullopt;
    if (range) {
      reached = std::max(reached, range->x1);
      const auto sample = shown->nearest(isAtCursor ? at : range->x1, link_->axis());
      const bool isInside = !isAtCursor || (at >= range->x0 && at <= range->x1 * (1 + 1e-9));
      if (sample && isInside) entry.value = valueText(sample->value);
      if (isAtCursor && !isInside) entry.value = QStringLiteral("\u2013");
    }
    entries.push_back(std::move(entry));
  }
  for (std::size_t i = 0; i < planned_.size(); ++i) {
    if (planned_[i].inLegend) {
      entries.push_back(
          {planned_[i].label, {}, plannedGraphs_[i]->pen().color(), plannedGraphs_[i]->pen().style(), false});
    }
  }
  const double lead = isAtCursor ? at : reached;
  const bool isTime = link_->axis() != CurveAxis::Step;
  const QString leadText =
      isTime ? QString::fromStdString(formatDuration(std::max(0.0, lead))) : thin(std::max(0.0, lead));
  legend_->setContent(isTime ? tr("at") : xLabelText_, entries.empty() || curves_.empty() ? QString() : leadText,
                      std::move(entries));
}

void CurvePlot::showAll() {
  yZoom_.reset();
  link_->follow();
  refresh();
}

void CurvePlot::zoomX(double factor, double centre) {
  const QCPRange range = canvas_->xAxis->range();
  if (logX_) {
    const double low = std::log(range.lower), high = std::log(range.upper), middle = std::log(std::max(centre, 1e-9));
    return link_->setRange(std::exp(middle + (low - middle) * factor), std::exp(middle + (high - middle) * factor));
  }
  link_->setRange(centre + (range.lower - centre) * factor, centre + (range.upper - centre) * factor);
}

void CurvePlot::moveCursor(int points) {
  if (curves_.empty() || curves_.front().data == nullptr) return;
  const auto range = curves_.front().data->range(link_->axis());
  if (!range) return;
  const double from = std::isfinite(link_->cursor()) ? link_->cursor() : range->x1;
  const double pixel = canvas_->xAxis->range().size() / std::max(1, canvas_->axisRect()->width());
  // By whole points where they are further apart than a pixel, by pixels where they are denser.
  const auto sample = curves_.front().data->nearest(from + points * std::max(pixel, 1.0), link_->axis());
  if (sample) link_->setCursor(sample->x);
}

void CurvePlot::keyPressEvent(QKeyEvent* event) {
  const QCPRange x = canvas_->xAxis->range(), y = canvas_->yAxis->range();
  const double pan = 0.1 * x.size();
  const bool alt = event->modifiers().testFlag(Qt::AltModifier);
  const int points = event->modifiers().testFlag(Qt::ShiftModifier) ? 10 : 1;
  switch (event->key()) {
    case Qt::Key_Left: alt ? moveCursor(-points) : link_->setRange(x.lower - pan, x.upper - pan); break;
    case Qt::Key_Right: alt ? moveCursor(points) : link_->setRange(x.lower + pan, x.upper + pan); break;
    case Qt::Key_Up: yZoom_ = {y.lower + 0.1 * y.size(), y.upper - 0.1 * y.size()}, refresh(); break;
    case Qt::Key_Down: yZoom_ = {y.lower - 0.1 * y.size(), y.upper + 0.1 * y.size()}, refresh(); break;
    case Qt::Key_Plus:
    case Qt::Key_Equal: zoomX(0.8, std::isfinite(link_->cursor()) ? link_->cursor() : x.center()); break;
    case Qt::Key_Minus: zoomX(1.25, std::isfinite(link_->cursor()) ? link_->cursor() : x.center()); break;
    case Qt::Key_Home: showAll(); break;
    case Qt::Key_L: setLogY(!logY_); break;
    case Qt::Key_X: setLogX(!logX_); break;
    case Qt::Key_S: setSmoothing(smoothing_ > 0 ? 0 : 0.95); break;
    default: QWidget::keyPressEvent(event); return;
  }
  event->accept();
}

bool CurvePlot::eventFilter(QObject* watched, QEvent* event) {
  if (watched != canvas_) return QWidget::eventFilter(watched, event);
  switch (event->type()) {
    case QEvent::MouseMove: onMouseMove(static_cast<QMouseEvent*>(event)); return dragged_ >= 0;
    case QEvent::Leave: link_->setCursor(std::numeric_limits<double>::quiet_NaN()); break;
    case QEvent::MouseButtonDblClick: showAll(); return true;
    case QEvent::MouseButtonPress: {
      const auto* press = static_cast<QMouseEvent*>(event);
      setFocus(Qt::MouseFocusReason);
      if (press->button() == Qt::RightButton) return true;  // the menu comes by contextMenuEvent
      dragged_ = press->button() == Qt::LeftButton ? handleUnder(press->position()) : -1;
      return dragged_ >= 0;
    }
    case QEvent::MouseButtonRelease:
      if (dragged_ < 0) break;
      emit handleReleased(std::exchange(dragged_, -1),
                          canvas_->xAxis->pixelToCoord(static_cast<QMouseEvent*>(event)->position().x()));
      return true;
    case QEvent::Wheel: onWheel(static_cast<QWheelEvent*>(event)); return true;
    default: break;
  }
  return QWidget::eventFilter(watched, event);
}

int CurvePlot::handleUnder(QPointF point) const {
  for (std::size_t i = handles_.size(); i-- > 0;) {
    if (QLineF(handles_[i]->pixel(), point).length() < theme().px(12)) return static_cast<int>(i);
  }
  return -1;
}

void CurvePlot::onMouseMove(QMouseEvent* event) {
  const double x = canvas_->xAxis->pixelToCoord(event->position().x());
  if (dragged_ >= 0) {
    emit handleMoved(dragged_, x);
    return;
  }
  const bool isInside = canvas_->axisRect()->rect().contains(event->position().toPoint());
  link_->setCursor(isInside ? x : std::numeric_limits<double>::quiet_NaN());
  canvas_->setCursor(handleUnder(event->position()) >= 0 ? Qt::SizeHorCursor : Qt::ArrowCursor);
}

void CurvePlot::onWheel(QWheelEvent* event) {
  const double factor = std::pow(0.85, event->angleDelta().y() / 120.0);
  if (event->modifiers().testFlag(Qt::ControlModifier)) {
    const QCPRange y = canvas_->yAxis->range();
    const double at = canvas_->yAxis->pixelToCoord(event->position().y());
    yZoom_ = {at + (y.lower - at) * factor, at + (y.upper - at) * factor};
    refresh();
  } else {
    zoomX(factor, canvas_->xAxis->pixelToCoord(event->position().x()));
  }
}

void CurvePlot::contextMenuEvent(QContextMenuEvent* event) {
  QMenu menu(this);
  const auto toggle = [&](const QString& text, bool on, auto change) {
    QAction* action = menu.addAction(text);
    action->setCheckable(true);
    action->setChecked(on);
    connect(action, &QAction::toggled, this, change);
  };
  toggle(tr("Logarithmic y axis\tL"), logY_, [this](bool on) { setLogY(on); });
  toggle(tr("Logarithmic x axis\tX"), logX_, [this](bool on) { setLogX(on); });
  QMenu* smoothing = menu.addMenu(tr("Smoothing"));
  for (const double weight : {0.0, 0.6, 0.9, 0.95, 0.98, 0.99}) {
    QAction* action = smoothing->addAction(weight > 0 ? tr("Moving average, weight %1").arg(weight) : tr("Off"));
    action->setCheckable(true);
    action->setChecked(weight == smoothing_);
    connect(action, &QAction::triggered, this, [this, weight] { setSmoothing(weight); });
  }
  QMenu* axis = menu.addMenu(tr("x axis"));
  for (const CurveAxis kind : {CurveAxis::Step, CurveAxis::Active, CurveAxis::Wall}) {
    QAction* action = axis->addAction(axisName(kind, tr("step")));
    action->setCheckable(true);
    action->setChecked(kind == link_->axis());
    connect(action, &QAction::triggered, this, [this, kind] { link_->setAxis(kind); });
  }
  menu.addAction(tr("Show everything\tHome"), this, &CurvePlot::showAll);
  menu.addSeparator();
  addExportActions(menu, *this);
  menu.exec(event->globalPos());
}

}  // namespace slab
