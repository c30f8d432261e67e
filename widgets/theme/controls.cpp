#include "widgets/theme/controls.h"

#include <QAction>
#include <QHBoxLayout>
#include <QPainter>
#include <QProgressBar>
#include <QStyle>
#include <QVBoxLayout>

#include "widgets/theme/theme.h"

namespace slab {
namespace {

QLabel* quietLabel(QWidget* parent, TextRole role, const QString& tone) {
  auto* label = new QLabel(parent);
  setTextRole(label, role);
  if (!tone.isEmpty()) setTone(label, tone);
  return label;
}

/// Strong where the pixels allow: the sign in front of a chip's words.
constexpr int kSignWidth = 18;

}  // namespace

Chip::Chip(QWidget* parent) : QFrame(parent) {
  setObjectName("chip");
  auto* row = new QHBoxLayout(this);
  label_ = quietLabel(this, TextRole::Body, "muted");
  value_ = quietLabel(this, TextRole::Strong, {});
  rest_ = quietLabel(this, TextRole::Body, "muted");
  for (QLabel* part : {label_, value_, rest_}) row->addWidget(part);
  const auto resize = [this, row] {
    row->setContentsMargins(theme().px(sign_ == Sign::None ? 9 : 9 + kSignWidth), 0, theme().px(9), 0);
    row->setSpacing(theme().px(6));
    setFixedHeight(theme().px(size::kControl));
  };
  resize();
  connect(&theme(), &Theme::changed, this, resize);
}

void Chip::setParts(const QString& label, const QString& value, const QString& rest, bool number) {
  label_->setText(label);
  value_->setText(value);
  rest_->setText(rest);
  label_->setVisible(!label.isEmpty());
  rest_->setVisible(!rest.isEmpty());
  const TextRole role = number ? TextRole::NumberStrong : TextRole::Strong;
  setTextRole(value_, role);
  setAccessibleName(QStringList{label, value, rest}.join(' ').simplified());
  setToolTip(accessibleName());
}

void Chip::setSign(Sign sign, const QColor& colour) {
  sign_ = sign;
  colour_ = colour;
  layout()->setContentsMargins(theme().px(sign == Sign::None ? 9 : 9 + kSignWidth), 0, theme().px(9), 0);
  update();
}

void Chip::setTone(const QString& tone) {
  slab::setTone(value_, tone);
}

void Chip::paintEvent(QPaintEvent* event) {
  QFrame::paintEvent(event);
  if (sign_ == Sign::None) return;
  QPainter p(this);
  p.setRenderHint(QPainter::Antialiasing);
  p.setPen(Qt::NoPen);
  p.setBrush(colour_.isValid() ? colour_ : theme().tokens().accent);
  const double y = height() / 2.0, unit = theme().px(1);
  if (sign_ == Sign::Dot) {
    p.drawEllipse(QPointF(14 * unit, y), 4 * unit, 4 * unit);
  } else {
    p.drawRoundedRect(QRectF(9 * unit, y - 2 * unit, 13 * unit, 4 * unit), 2 * unit, 2 * unit);
  }
}

Segmented::Segmented(const QString& accessibleName, QWidget* parent) : QFrame(parent), group_(new QButtonGroup(this)) {
  setObjectName("segmented");
  setAccessibleName(accessibleName);
  row_ = new QHBoxLayout(this);
  row_->setContentsMargins(1, 1, 1, 1);
  row_->setSpacing(0);
  setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
  group_->setExclusive(true);
  connect(group_, &QButtonGroup::idClicked, this, &Segmented::activated);
  const auto resize = [this] { setFixedHeight(theme().px(size::kControl)); };
  resize();
  connect(&theme(), &Theme::changed, this, resize);
}

void Segmented::setOptions(const QStringList& texts, int current) {
  for (QAbstractButton* button : group_->buttons()) {
    group_->removeButton(button);
    delete button;
  }
  for (int i = 0; i < texts.size(); ++i) {
    auto* button = new QPushButton(texts[i], this);
    button->setCheckable(true);
    button->setProperty("first", i == 0);
    button->setProperty("last", i + 1 == texts.size());
    button->setAccessibleName(accessibleName() + ": " + texts[i]);
    group_->addButton(button, i);
    row_->addWidget(button);
  }
  setCurrent(current);
}

int Segmented::current() const {
  return group_->checkedId();
}

void Segmented::setCurrent(int index) {
  if (QAbstractButton* button = group_->button(index)) button->setChecked(true);
}

void Segmented::setOptionEnabled(int index, bool enabled, const QString& why) {
  if (QAbstractButton* button = group_->button(index)) {
    button->setEnabled(enabled);
    button->setToolTip(why);
  }
}

EmptyState::EmptyState(const QString& heading, const QString& words, QWidget* parent) : QWidget(parent) {
  auto* column = new QVBoxLayout(this);
  heading_ = quietLabel(this, TextRole::Title, {});
  words_ = quietLabel(this, TextRole::Body, "muted");
  buttons_ = new QHBoxLayout;
  for (QLabel* label : {heading_, words_}) {
    label->setAlignment(Qt::AlignCenter);
    label->setWordWrap(true);
  }
  words_->setTextInteractionFlags(Qt::TextBrowserInteraction);
  words_->setFocusPolicy(Qt::NoFocus);
  column->addStretch(2);
  column->addWidget(heading_);
  column->addWidget(words_);
  column->addLayout(buttons_);
  column->addStretch(3);
  buttons_->setAlignment(Qt::AlignCenter);
  const auto resize = [column, this] {
    column->setSpacing(theme().px(size::kSmall));
    column->setContentsMargins(theme().px(size::kLarge), theme().px(size::kSmall), theme().px(size::kLarge),
                               theme().px(size::kSmall));
    buttons_->setSpacing(theme().px(size::kSmall));
    buttons_->setContentsMargins(0, theme().px(size::kSmall), 0, 0);
  };
  resize();
  connect(&theme(), &Theme::changed, this, resize);
  setText(heading, words);
}

void EmptyState::setText(const QString& heading, const QString& words) {
  heading_->setText(heading);
  words_->setText(words);
}

QPushButton* EmptyState::addButton(QAction* action) {
  auto* button = makeActionButton(action, this);
  setPrimary(button, !hasButton_);
  hasButton_ = true;
  buttons_->addWidget(button);
  return button;
}

CardHeader::CardHeader(const QString& title, QWidget* parent) : QWidget(parent) {
  row_ = new QHBoxLayout(this);
  title_ = quietLabel(this, TextRole::Title, {});
  subtitle_ = quietLabel(this, TextRole::Small, "muted");
  subtitle_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
  title_->setText(title);
  row_->addWidget(title_);
  row_->addWidget(subtitle_, 1);
  const auto resize = [this] {
    row_->setContentsMargins(theme().px(size::kMedium), theme().px(4), theme().px(size::kSmall), theme().px(4));
    row_->setSpacing(theme().px(size::kSmall));
    updateGeometry();
  };
  resize();
  connect(&theme(), &Theme::changed, this, resize);
}

void CardHeader::setTitle(const QString& title) {
  title_->setText(title);
}

void CardHeader::setSubtitle(const QString& subtitle) {
  subtitleText_ = subtitle;
  subtitle_->setToolTip(subtitle);
  elide();
}

void CardHeader::setBare() {
  title_->hide();
  subtitle_->hide();
  isBare_ = true;
  updateGeometry();
}

QSize CardHeader::sizeHint() const {
  return {QWidget::sizeHint().width(),
          isBare_ ? theme().px(8) : std::max(theme().px(34), QWidget::sizeHint().height())};
}

void CardHeader::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  elide();
}

void CardHeader::elide() {
  subtitle_->setText(
      subtitle_->fontMetrics().elidedText(subtitleText_, Qt::ElideRight, std::max(0, subtitle_->width())));
}

QString CardHeader::title() const {
  return title_->text();
}

void CardHeader::addWidget(QWidget* widget) {
  row_->addWidget(widget);
}

QPushButton* CardHeader::addButton(QAction* action) {
  QPushButton* button = makeActionButton(action, this);
  button->setProperty("small", true);
  row_->addWidget(button);
  return button;
}

QPushButton* makeActionButton(QAction* action, QWidget* parent) {
  auto* button = new QPushButton(parent);
  const auto follow = [button, action] {
    button->setText(action->iconText());
    const QString name = action->text().remove('&');
    const QString keys = action->shortcut().toString(QKeySequence::NativeText);
    button->setAccessibleName(name);
    button->setToolTip(keys.isEmpty() ? name : name + "  " + keys);
    button->setEnabled(action->isEnabled());
    button->setVisible(action->isVisible());
    button->setCheckable(action->isCheckable());
    button->setChecked(action->isChecked());
  };
  follow();
  QObject::connect(action, &QAction::changed, button, follow);
  QObject::connect(action, &QAction::toggled, button, &QPushButton::setChecked);
  QObject::connect(button, &QPushButton::clicked, action, &QAction::trigger);
  return button;
}

void setProgressLine(QProgressBar& bar, const QString& accessibleName) {
  bar.setTextVisible(false);
  bar.setAccessibleName(accessibleName);
  bar.setFixedHeight(theme().px(4));
}

}  // namespace slab
