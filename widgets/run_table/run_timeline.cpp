#include "widgets/run_table/run_timeline.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>
#include <cmath>

#include "widgets/theme/theme.h"

namespace slab {
namespace {

constexpr std::size_t kEtaSamples = 60;

/// Epochs or steps between labels, 1, 2 or 5 times a power of ten, so that about ten fit.
double labelEvery(double total) {
  const double least = total / 10.5, power = std::pow(10.0, std::floor(std::log10(least)));
  for (const double digit : {1.0, 2.0, 5.0}) {
    if (digit * power >= least) return digit * power;
  }
  return 10 * power;
}

}  // namespace

void EtaEstimator::add(double step, double seconds) {
  if (!samples_.empty() && step <= samples_.back().first) {
    if (step < samples_.back().first) samples_.clear();  // a resume went back
    return;
  }
  samples_.emplace_back(step, seconds);
  if (samples_.size() > kEtaSamples) samples_.pop_front();
}

EtaEstimator::Range EtaEstimator::left(double steps_to_go) const {
  if (samples_.size() < 4) return {};
  std::vector<double> perStep;
  for (std::size_t i = 1; i < samples_.size(); ++i) {
    perStep.push_back((samples_[i].second - samples_[i - 1].second) / (samples_[i].first - samples_[i - 1].first));
  }
  std::sort(perStep.begin(), perStep.end());
  const auto at = [&](double share) {
    return perStep[static_cast<std::size_t>(share * static_cast<double>(perStep.size() - 1))];
  };
  return {at(0.25) * steps_to_go, at(0.75) * steps_to_go, true};
}

RunTimeline::RunTimeline(QWidget* parent) : QWidget(parent) {
  setFocusPolicy(Qt::TabFocus);
  setAccessibleName(tr("Timeline of the run"));
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  connect(&theme(), &Theme::changed, this, [this] { updateGeometry(), update(); });
}

QSize RunTimeline::sizeHint() const {
  return {theme().px(400), theme().px(66)};
}

QSize RunTimeline::minimumSizeHint() const {
  return {theme().px(120), theme().px(66)};
}

void RunTimeline::setProgress(double step, double steps, double epochs, const QColor& colour) {
  step_ = step, steps_ = steps, epochs_ = epochs, colour_ = colour;
  setAccessibleDescription(words_);
  update();
}

void RunTimeline::setCheckpoints(std::vector<TimelineMark> marks) {
  marks_ = std::move(marks);
  chosen_ = std::min(chosen_, static_cast<int>(marks_.size()) - 1);
  update();
}

double RunTimeline::pixelOf(double step) const {
  const double side = theme().px(14);
  return side + (width() - 2 * side) * (steps_ > 0 ? std::clamp(step / steps_, 0.0, 1.0) : 0.0);
}

int RunTimeline::markAt(const QPointF& at) const {
  if (at.y() > theme().px(36)) return -1;
  for (int i = 0; i < static_cast<int>(marks_.size()); ++i) {
    if (std::abs(pixelOf(marks_[static_cast<std::size_t>(i)].step) - at.x()) <= theme().px(7)) return i;
  }
  return -1;
}

void RunTimeline::paintEvent(QPaintEvent*) {
  const Tokens& t = theme().tokens();
  QPainter p(this);
  p.setRenderHint(QPainter::Antialiasing);
  const double left = pixelOf(0), right = pixelOf(steps_), top = theme().px(30), thick = theme().px(8);
  p.setPen(Qt::NoPen);
  p.setBrush(t.grid);
  p.drawRoundedRect(QRectF(left, top, width() - 2 * left, thick), thick / 2, thick / 2);
  if (steps_ > 0 && step_ > 0) {
    p.setBrush(colour_.isValid() ? colour_ : t.accent);
    p.drawRoundedRect(QRectF(left, top, std::max(thick, pixelOf(step_) - left), thick), thick / 2, thick / 2);
  }
  for (int i = 0; i < static_cast<int>(marks_.size()); ++i) {
    const double x = pixelOf(marks_[static_cast<std::size_t>(i)].step), y = theme().px(22), r = theme().px(5);
    p.setPen(i == chosen_ && hasFocus() ? QPen(t.text, 2) : QPen(Qt::NoPen));
    p.setBrush(t.series[2]);
    p.drawPolygon(QPolygonF{{x, y - r}, {x + r, y}, {x, y + r}, {x - r, y}});
  }
  p.setFont(theme().font(TextRole::Small));
  p.setPen(t.text);
  p.drawText(QRectF(left, 0, right > left ? right - left : width() - 2 * left, theme().px(15)),
             Qt::AlignRight | Qt::AlignVCenter, words_);
  if (steps_ <= 0) return;
  p.setPen(t.muted);
  const double total = epochs_ > 0 ? epochs_ : steps_, every = labelEvery(total);
  for (int i = 0; i * every <= total + 1e-9; ++i) {
    const double x = pixelOf(i * every / total * steps_), box = theme().px(80);
    p.fillRect(QRectF(x, top + thick + theme().px(3), 1, theme().px(4)), t.faint);
    const bool isFirst = i == 0, isLast = (i + 1) * every > total + 1e-9;
    const QRectF place(isFirst ? x : isLast ? x - box : x - box / 2, top + thick + theme().px(8), box, theme().px(16));
    p.drawText(place,
               (isFirst  ? Qt::AlignLeft
                : isLast ? Qt::AlignRight
                         : Qt::AlignHCenter) |
                   Qt::AlignVCenter,
               (epochs_ > 0 ? tr("epoch %1") : tr("step %1")).arg(i * every, 0, 'g', 10));
  }
}

void RunTimeline::mousePressEvent(QMouseEvent* event) {
  const int mark = markAt(event->position());
  if (mark < 0) return;
  chosen_ = mark;
  update();
  emit checkpointChosen(marks_[static_cast<std::size_t>(mark)].path, event->globalPosition().toPoint());
}

void RunTimeline::keyPressEvent(QKeyEvent* event) {
  const int count = static_cast<int>(marks_.size());
  if (count == 0) return QWidget::keyPressEvent(event);
  switch (event->key()) {
    case Qt::Key_Left: chosen_ = std::max(0, chosen_ - 1); break;
    case Qt::Key_Right: chosen_ = std::min(count - 1, chosen_ + 1); break;
    case Qt::Key_Return:
    case Qt::Key_Enter:
      if (chosen_ >= 0) {
        const TimelineMark& mark = marks_[static_cast<std::size_t>(chosen_)];
        emit checkpointChosen(mark.path, mapToGlobal(QPoint(static_cast<int>(pixelOf(mark.step)), theme().px(24))));
      }
      break;
    default: return QWidget::keyPressEvent(event);
  }
  update();
}

bool RunTimeline::event(QEvent* event) {
  if (event->type() == QEvent::ToolTip) {
    auto* help = static_cast<QHelpEvent*>(event);
    const int mark = markAt(help->pos());
    QToolTip::showText(help->globalPos(), mark < 0 ? QString() : marks_[static_cast<std::size_t>(mark)].words, this);
    return true;
  }
  return QWidget::event(event);
}

}  // namespace slab
