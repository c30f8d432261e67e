#include "widgets/schedule_editor/schedule_stop.h"

#include <QPainter>
#include <QSignalBlocker>
#include <QWheelEvent>
#include <cmath>

#include "widgets/theme/theme.h"

namespace slab {

ScheduleStop::ScheduleStop(const QString& name, QWidget* parent) : QAbstractSlider(parent) {
  setAccessibleName(name);
  setFocusPolicy(Qt::StrongFocus);
  setOrientation(Qt::Horizontal);
  setRange(0, 100);
  setSingleStep(1);
  setPageStep(10);
  setToolTip(tr("Left and right move it by 1 % of the run, page up and down by 10 %"));
  connect(this, &QAbstractSlider::valueChanged, this, &ScheduleStop::moved);
  connect(&theme(), &Theme::changed, this, [this] {
    updateGeometry();
    update();
  });
}

void ScheduleStop::setPlace(double percent, const QString& words) {
  const QSignalBlocker quiet(this);
  setValue(static_cast<int>(std::lround(percent)));
  words_ = words;
  setAccessibleDescription(words);
  updateGeometry();
  update();
}

QSize ScheduleStop::sizeHint() const {
  const int name = QFontMetrics(theme().font(TextRole::Small)).horizontalAdvance(accessibleName());
  const int place = QFontMetrics(theme().font(TextRole::NumberSmall)).horizontalAdvance(words_);
  return {name + place + theme().px(3 * size::kSmall), theme().px(size::kControl - 4)};
}

void ScheduleStop::paintEvent(QPaintEvent*) {
  const Tokens& t = theme().tokens();
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(QPen(hasFocus() ? t.accent : t.line, 1));
  painter.setBrush(hasFocus() ? t.accentBackground : t.field);
  const double radius = theme().px(size::kControlRadius);
  painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), radius, radius);
  QRect inner = rect().adjusted(theme().px(size::kSmall), 0, -theme().px(size::kSmall), 0);
  painter.setFont(theme().font(TextRole::Small));
  painter.setPen(t.muted);
  painter.drawText(inner, Qt::AlignVCenter | Qt::AlignLeft, accessibleName());
  inner.setLeft(inner.left() + painter.fontMetrics().horizontalAdvance(accessibleName()) + theme().px(size::kSmall));
  painter.setFont(theme().font(TextRole::NumberSmall));
  painter.setPen(isEnabled() ? t.text : t.faint);
  painter.drawText(inner, Qt::AlignVCenter | Qt::AlignLeft, words_);
}

void ScheduleStop::focusInEvent(QFocusEvent* event) {
  QAbstractSlider::focusInEvent(event);
  emit focusChanged();
  update();
}

void ScheduleStop::focusOutEvent(QFocusEvent* event) {
  QAbstractSlider::focusOutEvent(event);
  emit focusChanged();
  update();
}

void ScheduleStop::wheelEvent(QWheelEvent* event) {
  if (hasFocus()) return QAbstractSlider::wheelEvent(event);
  event->ignore();
}

void ScheduleStop::mousePressEvent(QMouseEvent*) {
  setFocus(Qt::MouseFocusReason);
}

}  // namespace slab
