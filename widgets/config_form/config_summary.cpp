#include "widgets/config_form/config_summary.h"

#include <QVBoxLayout>

#include "core/base/format.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

constexpr double kBytesPerWeight = 4.0;
constexpr double kCheckpointCopies = 3.0;  // weights and AdamW's two moments

QString words(const std::string& text) {
  return QString::fromStdString(text);
}

QString link(const QString& target, const QString& text) {
  return QStringLiteral("<a href='%1' style='color:%2; text-decoration:none'>%3</a>")
      .arg(target, theme().tokens().accent.name(), text.toHtmlEscaped());
}

QString monospaced(const QString& text) {
  return QStringLiteral("<span style='font-family:\"%1\"'>%2</span>")
      .arg(theme().font(TextRole::NumberSmall).family(), text.toHtmlEscaped());
}

QLabel* richLabel(const QString& accessibleName) {
  auto* label = new QLabel;
  label->setTextFormat(Qt::RichText);
  label->setWordWrap(true);
  label->setTextInteractionFlags(Qt::LinksAccessibleByMouse | Qt::LinksAccessibleByKeyboard);
  label->setAccessibleName(accessibleName);
  setMargins(label, 14, 0, 12, 8);
  return label;
}

QLabel* heading(const QString& text) {
  auto* label = new QLabel(text);
  setTextRole(label, TextRole::Title);
  setMargins(label, 12, 8, 0, 4);
  return label;
}

}  // namespace

ConfigSummary::ConfigSummary(ConfigDocument& document, QWidget* parent)
    : QScrollArea(parent),
      document_(document),
      problems_(richLabel(tr("Problems"))),
      changesHeading_(heading(tr("Changed from the preset"))),
      changes_(richLabel(tr("Changes"))),
      costs_(new QGridLayout) {
  setFrameShape(QFrame::NoFrame);
  setWidgetResizable(true);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setFocusPolicy(Qt::NoFocus);
  auto* page = new QWidget;
  auto* column = new QVBoxLayout(page);
  setMargins(column, 0, 0, 0, size::kSmall);
  column->setSpacing(0);
  column->addWidget(problems_);
  column->addWidget(heading(tr("Cost")));
  setMargins(costs_, 0, 0, 0, size::kTiny);
  costs_->setSpacing(0);
  column->addLayout(costs_);
  column->addWidget(changesHeading_);
  column->addWidget(changes_);
  column->addStretch(1);
  setWidget(page);
  // A mend rebuilds the labels: after the click is done.
  connect(problems_, &QLabel::linkActivated, this, &ConfigSummary::follow, Qt::QueuedConnection);
  connect(changes_, &QLabel::linkActivated, this, &ConfigSummary::follow, Qt::QueuedConnection);
  connect(&document_, &ConfigDocument::changed, this, &ConfigSummary::refresh);
  connect(&theme(), &Theme::changed, this, &ConfigSummary::refresh);
  refresh();
}

void ConfigSummary::setSecondsPerStep(std::optional<double> seconds) {
  if (secondsPerStep_ == seconds) return;
  secondsPerStep_ = seconds;
  refresh();
}

void ConfigSummary::follow(const QString& target) {
  if (target.startsWith("key:")) emit keyPicked(target.mid(4));
  if (!target.startsWith("mend:")) return;
  const auto index = static_cast<std::size_t>(target.mid(5).toInt());
  if (index < document_.issues().size() && document_.issues()[index].mend) {
    const Mend mend = *document_.issues()[index].mend;
    document_.apply(mend);
  }
}

QString ConfigSummary::problemWords() const {
  const Tokens& tokens = theme().tokens();
  if (document_.issues().empty()) {
    return QStringLiteral("<p style='color:%1'>%2</p>").arg(tokens.good.name(), tr("Nothing is in the way."));
  }
  QString html;
  for (std::size_t i = 0; i < document_.issues().size(); ++i) {
    const ConfigIssue& issue = document_.issues()[i];
    const QString colour = (issue.isError() ? tokens.bad : tokens.warning).name();
    QString key = words(issue.key).toHtmlEscaped();
    if (!key.isEmpty()) {
      key = QStringLiteral("<a href='key:%1' style='color:%2; text-decoration:none'><b>%1</b></a> ").arg(key, colour);
    }
    html += QStringLiteral("<p style='color:%1'>%2%3.").arg(colour, key, words(issue.message).toHtmlEscaped());
    if (issue.mend) html += "<br>" + link(QStringLiteral("mend:%1").arg(i), words(issue.mend->label));
    html += "</p>";
  }
  return html;
}

QString ConfigSummary::changeWords() const {
  QString html;
  for (const ConfigDifference& change : document_.changes()) {
    const QString key = words(change.key);
    html += QStringLiteral("<p>%1 <span style='color:%2'>%3</span> \u2192 %4</p>")
                .arg(link("key:" + key, key), theme().tokens().muted.name(),
                     monospaced(displayValue(change.values.front())), monospaced(displayValue(change.values.back())));
  }
  return html;
}

void ConfigSummary::addCost(const QString& label, const QString& value) {
  const int row = costs_->rowCount();
  auto* name = new QLabel(label);
  auto* number = new QLabel(value);
  setTextRole(number, TextRole::NumberSmall);
  setMargins(name, 12, 4, 0, 4);
  setMargins(number, 0, 4, 12, 4);
  auto* line = new QFrame;
  line->setFixedHeight(1);
  line->setAutoFillBackground(true);
  line->setBackgroundRole(QPalette::Mid);
  costs_->addWidget(name, row, 0);
  costs_->addWidget(number, row, 1, Qt::AlignRight);
  costs_->addWidget(line, row + 1, 0, 1, 2);
}

void ConfigSummary::refresh() {
  problems_->setText(problemWords());
  while (QLayoutItem* item = costs_->takeAt(0)) {
    if (item->widget()) item->widget()->deleteLater();
    delete item;
  }
  const ModelCost cost = modelCost(document_.config().model);
  if (const auto plan = document_.plan(); plan && plan->stepsPerEpoch > 0) {
    addCost(tr("steps"), words(formatInteger(plan->totalSteps)));
    addCost(tr("steps an epoch"), words(formatInteger(plan->stepsPerEpoch)));
    const auto duration = [&](std::int64_t steps) {
      return secondsPerStep_ ? tr("about %1").arg(words(formatDuration(*secondsPerStep_ * static_cast<double>(steps))))
                             : tr("not measured");
    };
    addCost(tr("one epoch, this machine"), duration(plan->stepsPerEpoch));
    if (secondsPerStep_) addCost(tr("whole run"), duration(plan->totalSteps));
  } else {
    addCost(tr("steps"), tr("size of the data set unknown"));
  }
  const auto weights = static_cast<double>(cost.parameters) * kBytesPerWeight;
  addCost(tr("weights"), words(formatBytes(weights)));
  addCost(tr("a checkpoint, with AdamW"), words(formatBytes(weights * kCheckpointCopies)));
  const QString changes = changeWords();
  changesHeading_->setVisible(!changes.isEmpty());
  changes_->setVisible(!changes.isEmpty());
  changes_->setText(changes);
}

}  // namespace slab
