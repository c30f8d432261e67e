#include "widgets/sweep_view/parallel_coordinates.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <algorithm>
#include <cmath>

#include "widgets/theme/theme.h"

namespace slab {
namespace {

QString percent(double value) {
  return QString::number(value, 'f', 1) + " %";
}

double distanceToSegment(const QPointF& p, const QPointF& a, const QPointF& b) {
  const QPointF along = b - a;
  const double length = QPointF::dotProduct(along, along);
  const double t = length > 0 ? std::clamp(QPointF::dotProduct(p - a, along) / length, 0.0, 1.0) : 0;
  const QPointF away = p - (a + t * along);
  return std::hypot(away.x(), away.y());
}

}  // namespace

ParallelCoordinates::ParallelCoordinates(QWidget* parent) : QWidget(parent) {
  setFocusPolicy(Qt::StrongFocus);
  setAccessibleName(tr("Trials as lines over their keys"));
  connect(&theme(), &Theme::changed, this, qOverload<>(&QWidget::update));
}

void ParallelCoordinates::setTrials(const QStringList& keys, const std::vector<SweepTrial>& trials,
                                    const QString& score) {
  keys_ = keys;
  score_ = score;
  trials_ = trials;
  std::stable_sort(trials_.begin(), trials_.end(), [](const SweepTrial& a, const SweepTrial& b) {
    return (std::isfinite(a.best) ? a.best : -1) < (std::isfinite(b.best) ? b.best : -1);
  });
  scales_.clear();
  for (std::size_t k = 0; k < static_cast<std::size_t>(keys.size()); ++k) {
    std::vector<Json> values;
    for (const SweepTrial& trial : trials_) values.push_back(trial.values.at(k));
    scales_.emplace_back(values);
  }
  low_ = 100;
  high_ = 0;
  for (const SweepTrial& trial : trials_) {
    if (!std::isfinite(trial.best)) continue;
    low_ = std::min(low_, trial.best);
    high_ = std::max(high_, trial.best);
  }
  setAccessibleDescription(words());
  update();
}

void ParallelCoordinates::setChosen(qint64 job) {
  chosen_ = job;
  update();
}

QString ParallelCoordinates::words() const {
  QStringList lines;
  for (auto trial = trials_.rbegin(); trial != trials_.rend(); ++trial) {
    lines += trial->name + ": " + (std::isfinite(trial->best) ? percent(trial->best) : tr("no figure yet"));
  }
  return lines.join("; ");
}

QSize ParallelCoordinates::minimumSizeHint() const {
  return {theme().px(260), theme().px(140)};
}

QRectF ParallelCoordinates::plot() const {
  return QRectF(rect()).adjusted(theme().px(70), theme().px(34), -theme().px(70), -theme().px(14));
}

double ParallelCoordinates::axisX(std::size_t axis) const {
  const QRectF area = plot();
  return scales_.empty() ? area.right()
                         : area.left() + area.width() * static_cast<double>(axis) / static_cast<double>(scales_.size());
}

double ParallelCoordinates::scorePlace(double score) const {
  return high_ > low_ ? (score - low_) / (high_ - low_) : 0.5;
}

QPolygonF ParallelCoordinates::lineOf(const SweepTrial& trial) const {
  const QRectF area = plot();
  QPolygonF line;
  for (std::size_t k = 0; k < scales_.size(); ++k) {
    line << QPointF(axisX(k), area.bottom() - area.height() * scales_[k].place(trial.values[k]));
  }
  if (std::isfinite(trial.best)) {
    line << QPointF(axisX(scales_.size()), area.bottom() - area.height() * scorePlace(trial.best));
  }
  return line;
}

void ParallelCoordinates::paintEvent(QPaintEvent*) {
  QPainter p(this);
  p.setRenderHint(QPainter::Antialiasing);
  for (const SweepTrial& trial : trials_) {
    if (trial.job != chosen_) paintTrial(p, trial);
  }
  for (const SweepTrial& trial : trials_) {
    if (trial.job == chosen_) paintTrial(p, trial);
  }
  paintAxes(p);
}

void ParallelCoordinates::paintTrial(QPainter& p, const SweepTrial& trial) const {
  const Tokens& t = theme().tokens();
  const bool hasFigure = std::isfinite(trial.best);
  const double strength = hasFigure ? 0.25 + 0.75 * scorePlace(trial.best) : 1;
  const QColor colour = hasFigure ? mix(t.panel, t.accent, strength) : t.faint;
  QPen pen(trial.job == chosen_ ? t.text : colour, theme().px(trial.job == chosen_ ? 3 : 1.5));
  pen.setStyle(hasFigure ? Qt::SolidLine : Qt::DashLine);
  p.setPen(pen);
  const QPolygonF line = lineOf(trial);
  line.size() == 1 ? p.drawPoint(line.first()) : p.drawPolyline(line);
}

void ParallelCoordinates::paintAxes(QPainter& p) const {
  for (std::size_t k = 0; k < scales_.size(); ++k) {
    const bool isLog = scales_[k].kind() == SweepAxisScale::Kind::Log;
    const QString key = keys_[static_cast<qsizetype>(k)];
    paintAxis(p, axisX(k), isLog ? tr("%1, log").arg(key) : key, scales_[k].ticks(), false);
  }
  std::vector<SweepAxisScale::Tick> ticks;
  if (high_ >= low_) ticks.push_back({scorePlace(high_), percent(high_)});
  if (high_ > low_) ticks.push_back({0, percent(low_)});
  paintAxis(p, axisX(scales_.size()), tr("best %1").arg(score_), ticks, true);
}

void ParallelCoordinates::paintAxis(QPainter& p, double x, const QString& title,
                                    const std::vector<SweepAxisScale::Tick>& ticks, bool isLast) const {
  const Tokens& t = theme().tokens();
  const QRectF area = plot();
  p.setPen(QPen(t.muted, 1));
  p.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()));
  p.setFont(theme().font(TextRole::Small));
  p.setPen(t.text);
  const QSizeF cell(theme().px(150), theme().px(18));
  const QRectF above(QPointF(std::clamp(x - cell.width() / 2, 0.0, width() - cell.width()), theme().px(8)), cell);
  p.drawText(above, Qt::AlignCenter,
             p.fontMetrics().elidedText(title, Qt::ElideMiddle, static_cast<int>(cell.width())));
  p.setFont(theme().font(TextRole::NumberSmall));
  for (const auto& tick : ticks) {
    const double y = area.bottom() - area.height() * tick.place;
    p.setPen(t.muted);
    p.drawLine(QPointF(x - theme().px(3), y), QPointF(x + theme().px(3), y));
    const double side = isLast ? x + theme().px(7) : x - theme().px(7) - cell.width();
    const QRectF place(QPointF(side, y - cell.height() / 2), cell);
    p.drawText(place, Qt::AlignVCenter | (isLast ? Qt::AlignLeft : Qt::AlignRight), tick.text);
  }
}

void ParallelCoordinates::chooseByUser(qint64 job) {
  setChosen(job);
  emit jobChosen(job);
}

void ParallelCoordinates::mousePressEvent(QMouseEvent* event) {
  const SweepTrial* nearest = nullptr;
  double best = theme().px(14);
  for (const SweepTrial& trial : trials_) {
    const QPolygonF line = lineOf(trial);
    for (qsizetype i = 1; i < line.size(); ++i) {
      const double distance = distanceToSegment(event->position(), line[i - 1], line[i]);
      if (distance > best) continue;
      best = distance;
      nearest = &trial;
    }
  }
  if (nearest != nullptr) chooseByUser(nearest->job);
}

void ParallelCoordinates::keyPressEvent(QKeyEvent* event) {
  if ((event->key() != Qt::Key_Up && event->key() != Qt::Key_Down) || trials_.empty()) {
    return QWidget::keyPressEvent(event);
  }
  const auto count = static_cast<qsizetype>(trials_.size());
  const auto now = std::find_if(trials_.begin(), trials_.end(), [&](const SweepTrial& t) { return t.job == chosen_; });
  const qsizetype at = now == trials_.end() ? count : now - trials_.begin();
  const qsizetype next = now == trials_.end() ? count - 1 : at + (event->key() == Qt::Key_Up ? 1 : -1);
  chooseByUser(trials_[static_cast<std::size_t>(std::clamp<qsizetype>(next, 0, count - 1))].job);
}

}  // namespace slab
