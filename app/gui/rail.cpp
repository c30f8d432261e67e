#include "app/gui/rail.h"

#include <QEvent>
#include <QPainter>
#include <QVBoxLayout>

#include "widgets/theme/theme.h"

namespace slab {

RailButton::RailButton(Glyph glyph, const QString& text, QWidget* parent) : QAbstractButton(parent), glyph_(glyph) {
  setText(text);
  setAccessibleName(text);
  setCheckable(true);
  setFocusPolicy(Qt::TabFocus);
  setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
}

QSize RailButton::sizeHint() const {
  return {theme().px(size::kRail), theme().px(62)};
}

bool RailButton::event(QEvent* event) {
  if (event->type() == QEvent::HoverEnter || event->type() == QEvent::HoverLeave) update();
  return QAbstractButton::event(event);
}

void RailButton::paintEvent(QPaintEvent*) {
  const Tokens& t = theme().tokens();
  QPainter p(this);
  if (isChecked()) {
    p.fillRect(rect(), t.accentBackground);
    p.fillRect(QRect(0, 0, theme().px(3), height()), t.accent);
  } else if (underMouse()) {
    p.fillRect(rect(), mix(t.panel, t.accentBackground, 0.5));
  }
  const QColor colour = isChecked() ? t.accent : t.muted;
  const double side = theme().px(20);
  drawGlyph(p, glyph_, QRectF((width() - side) / 2.0, theme().px(11), side, side), colour);
  QFont font = theme().font(TextRole::Small);
  font.setPixelSize(theme().px(11));
  if (isChecked()) font.setWeight(QFont::DemiBold);
  p.setFont(font);
  p.setPen(colour);
  p.drawText(QRect(0, theme().px(34), width(), theme().px(20)), Qt::AlignCenter, text());
  if (hasFocus()) {
    p.setPen(QPen(t.accent, 2));
    p.drawRect(rect().adjusted(2, 2, -2, -2));
  }
}

Rail::Rail(QWidget* parent) : QWidget(parent) {
  auto* column = new QVBoxLayout(this);
  column->setSpacing(0);
  column->setAlignment(Qt::AlignTop);
  connect(&group_, &QButtonGroup::idClicked, this, &Rail::chosen);
  const auto resize = [this, column] {
    column->setContentsMargins(0, theme().px(6), 1, 0);
    setFixedWidth(theme().px(size::kRail));
    for (QAbstractButton* button : group_.buttons()) button->updateGeometry();
    update();
  };
  resize();
  connect(&theme(), &Theme::changed, this, resize);
}

void Rail::addButton(Glyph glyph, const QString& text, const QString& tool_tip) {
  auto* button = new RailButton(glyph, text, this);
  button->setToolTip(tool_tip);
  group_.addButton(button, static_cast<int>(group_.buttons().size()));
  layout()->addWidget(button);
}

void Rail::setCurrent(int index) {
  if (QAbstractButton* button = group_.button(index)) button->setChecked(true);
}

void Rail::paintEvent(QPaintEvent*) {
  const Tokens& t = theme().tokens();
  QPainter p(this);
  p.fillRect(rect(), t.panel);
  p.fillRect(QRect(width() - 1, 0, 1, height()), t.line);
}

}  // namespace slab
