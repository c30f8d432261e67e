#include "widgets/forensic_view/forensic_view.h"

#include <QLabel>
#include <QVBoxLayout>
#include <algorithm>

#include "widgets/theme/controls.h"
#include "widgets/theme/theme.h"

namespace slab {

ForensicView::ForensicView(QWidget* parent)
    : QWidget(parent),
      headline_(new QLabel),
      facts_(new QLabel),
      advice_(new QLabel),
      wayBack_(new QLabel),
      samplesTitle_(new QLabel),
      samples_(new QListWidget),
      buttons_(new QHBoxLayout) {
  setTextRole(headline_, TextRole::Heading);
  setTone(headline_, "bad");
  setTextRole(samplesTitle_, TextRole::Strong);
  setTone(wayBack_, "muted");
  for (QLabel* label : {headline_, advice_, wayBack_}) label->setWordWrap(true);
  for (QLabel* label : {headline_, facts_, advice_}) label->setTextInteractionFlags(Qt::TextSelectableByMouse);
  facts_->setTextFormat(Qt::RichText);
  samples_->setAccessibleName(tr("Images of the batch"));
  samples_->setUniformItemSizes(true);
  buttons_->addStretch(1);
  auto* left = new QVBoxLayout;
  for (QWidget* widget : {static_cast<QWidget*>(advice_), static_cast<QWidget*>(facts_)}) left->addWidget(widget);
  left->addStretch(1);
  auto* right = new QVBoxLayout;
  right->addWidget(samplesTitle_);
  right->addWidget(samples_, 1);
  auto* middle = new QHBoxLayout;
  middle->addLayout(left, 1);
  middle->addLayout(right, 1);
  auto* column = new QVBoxLayout(this);
  column->addWidget(headline_);
  column->addLayout(middle, 1);
  column->addWidget(wayBack_);
  column->addLayout(buttons_);
  const auto restyle = [this, left, middle, column] {
    column->setContentsMargins(theme().px(size::kLarge), theme().px(size::kSmall), theme().px(size::kLarge),
                               theme().px(size::kMedium));
    for (QBoxLayout* layout : {static_cast<QBoxLayout*>(left), static_cast<QBoxLayout*>(column)}) {
      layout->setSpacing(theme().px(size::kMedium));
    }
    middle->setSpacing(theme().px(size::kLarge));
    buttons_->setSpacing(theme().px(size::kSmall));
    samples_->setFont(theme().font(TextRole::NumberSmall));
    updateFacts();
  };
  connect(&theme(), &Theme::changed, this, restyle);
  restyle();
}

void ForensicView::setReport(const ForensicReport& report) {
  report_ = report;
  headline_->setText(forensicHeadline(report));
  advice_->setText(forensicAdvice(report));
  samples_->clear();
  for (std::size_t i = 0; i < report.samples.size(); ++i) {
    const auto& sample = report.samples[i];
    auto* item = new QListWidgetItem(QString("%1  %2").arg(sample.index, 8).arg(sample.name), samples_);
    item->setToolTip(sample.name);
    const bool isAtFault = report.cause == "image" && std::find(report.channels.begin(), report.channels.end(),
                                                                static_cast<qint64>(i)) != report.channels.end();
    if (isAtFault) item->setForeground(theme().tokens().bad);
  }
  samplesTitle_->setText(tr("The batch: %1 images").arg(report.samples.size()));
  updateFacts();
}

void ForensicView::updateFacts() {
  QString rows;
  for (const auto& [name, value] : forensicFacts(report_)) {
    rows += QString("<tr><td style='color:%1; padding-right:%2px'>%3</td><td style='font-family:%4'>%5</td></tr>")
                .arg(theme().tokens().muted.name())
                .arg(theme().px(size::kLarge))
                .arg(name.toHtmlEscaped(), theme().font(TextRole::NumberSmall).family(), value.toHtmlEscaped());
  }
  facts_->setText("<table cellspacing='0' cellpadding='2'>" + rows + "</table>");
}

void ForensicView::addButton(QAction* action) {
  QPushButton* button = makeActionButton(action, this);
  setPrimary(button, !hasButton_);
  hasButton_ = true;
  buttons_->insertWidget(buttons_->count() - 1, button);
}

void ForensicView::setWayBack(const QString& words) {
  wayBack_->setText(words);
}

QString ForensicView::headline() const {
  return headline_->text();
}

}  // namespace slab
