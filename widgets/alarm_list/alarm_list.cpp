#include "widgets/alarm_list/alarm_list.h"

#include <QVBoxLayout>

#include "core/base/format.h"
#include "widgets/theme/theme.h"

namespace slab {

AlarmList::AlarmList(QWidget* parent) : QScrollArea(parent), label_(new QLabel) {
  setFrameShape(QFrame::NoFrame);
  setWidgetResizable(true);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setFocusPolicy(Qt::NoFocus);
  label_->setTextFormat(Qt::RichText);
  label_->setWordWrap(true);
  label_->setAlignment(Qt::AlignTop | Qt::AlignLeft);
  label_->setTextInteractionFlags(Qt::LinksAccessibleByMouse | Qt::LinksAccessibleByKeyboard);
  label_->setAccessibleName(tr("Alarms"));
  setMargins(label_, size::kMedium, 0, size::kMedium, size::kSmall);
  setWidget(label_);
  // Whoever follows the link may replace the label's text: after the click is done.
  connect(label_, &QLabel::linkActivated, this, &AlarmList::placeChosen, Qt::QueuedConnection);
  connect(&theme(), &Theme::changed, this, &AlarmList::refresh);
}

void AlarmList::setAlarms(std::vector<AlarmEntry> alarms) {
  alarms_ = std::move(alarms);
  refresh();
}

void AlarmList::setEmptyText(const QString& words, const QString& tone) {
  empty_ = words;
  tone_ = tone;
  refresh();
}

void AlarmList::refresh() {
  const Tokens& t = theme().tokens();
  setTone(label_, alarms_.empty() ? tone_ : QString());
  if (alarms_.empty()) return label_->setText(empty_.toHtmlEscaped());
  QString html;
  for (auto alarm = alarms_.rbegin(); alarm != alarms_.rend(); ++alarm) {
    html += QStringLiteral(
                "<p style='margin-top:0; margin-bottom:8px'><span style='color:%1'>\u25B2 %2</span> "
                "<a href='%3' style='color:%4; text-decoration:none'>%3</a><br>%5</p>")
                .arg(t.bad.name(), tr("step %1").arg(QString::fromStdString(formatInteger(alarm->step, true))),
                     alarm->place.toHtmlEscaped(), t.accent.name(), alarm->words.toHtmlEscaped());
  }
  label_->setText(html);
}

}  // namespace slab
