#include "app/gui/notice_bar.h"

#include <QAccessible>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>

#include "widgets/theme/theme.h"

namespace slab {
namespace {

constexpr int kLeaveMilliseconds = 7000;

}  // namespace

NoticeBar::NoticeBar(QWidget* parent)
    : QWidget(parent),
      words_(new QLabel(this)),
      mend_(new QPushButton(this)),
      dismiss_(new QPushButton(tr("Dismiss"), this)) {
  words_->setWordWrap(true);
  words_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  for (QPushButton* button : {mend_, dismiss_}) {
    button->setProperty("flat", true);
    button->setProperty("small", true);
  }
  dismiss_->setAccessibleName(tr("Dismiss this message"));
  auto* row = new QHBoxLayout(this);
  row->addWidget(words_, 1);
  row->addWidget(mend_);
  row->addWidget(dismiss_);
  const auto resize = [row] { row->setContentsMargins(theme().px(14), theme().px(5), theme().px(14), theme().px(5)); };
  resize();
  connect(&theme(), &Theme::changed, this, resize);
  leave_.setSingleShot(true);
  leave_.setInterval(kLeaveMilliseconds);
  connect(&leave_, &QTimer::timeout, this, &QWidget::hide);
  connect(dismiss_, &QPushButton::clicked, this, &QWidget::hide);
  connect(mend_, &QPushButton::clicked, this, [this] {
    hide();
    if (action_) action_();
  });
  hide();
}

QString NoticeBar::words() const {
  return isHidden() ? QString() : words_->text();
}

void NoticeBar::show(const Notice& notice) {
  tone_ = notice.tone;
  action_ = notice.mend;
  words_->setText(notice.words);
  setTone(words_, notice.tone);
  mend_->setText(notice.mendText);
  mend_->setAccessibleName(notice.mendText);
  mend_->setVisible(!notice.mendText.isEmpty());
  const bool stays = notice.tone == "bad" || notice.tone == "warning" || notice.mend;
  if (stays) {
    leave_.stop();
  } else {
    leave_.start();
  }
  setAccessibleName(notice.words);
  QWidget::show();
  QAccessibleEvent event(this, QAccessible::Alert);
  QAccessible::updateAccessibility(&event);
  update();
}

void NoticeBar::paintEvent(QPaintEvent*) {
  const Tokens& t = theme().tokens();
  const QColor sign = tone_ == "bad" ? t.bad : tone_ == "warning" ? t.warning : tone_ == "good" ? t.good : t.accent;
  QPainter p(this);
  p.fillRect(rect(), mix(t.panel, sign, 0.08));
  p.fillRect(QRect(0, 0, theme().px(3), height()), sign);
  p.fillRect(QRect(0, height() - 1, width(), 1), t.line);
}

}  // namespace slab
