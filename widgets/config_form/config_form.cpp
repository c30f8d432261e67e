#include "widgets/config_form/config_form.h"

#include <QVBoxLayout>
#include <algorithm>

#include "widgets/theme/theme.h"

namespace slab {
namespace {

// What most experiments change; the rest unfolds with "all keys".
constexpr std::array kUsual{
    "model.norm",      "model.attention", "model.image_size",  "model.window",      "model.depths", "model.heads",
    "model.embed_dim", "model.drop_path", "prepbn.warmup",     "prepbn.lambda_end", "data.type",    "data.root",
    "data.augment",    "train.epochs",    "train.batch",       "train.precision",   "train.seed",   "optim.lr",
    "optim.schedule",  "optim.warmup",    "optim.weight_decay"};

bool isUsual(const QString& key) {
  return std::any_of(kUsual.begin(), kUsual.end(), [&](const char* usual) { return key == QLatin1String(usual); });
}

}  // namespace

ConfigForm::ConfigForm(ConfigDocument& document, QWidget* parent) : QScrollArea(parent), document_(document) {
  setFrameShape(QFrame::NoFrame);
  setWidgetResizable(true);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setFocusPolicy(Qt::NoFocus);
  auto* page = new QWidget;
  column_ = new QVBoxLayout(page);
  setMargins(column_, 0, 0, 0, size::kSmall);
  column_->setSpacing(0);
  unreadable_ = new QLabel;
  unreadable_->setWordWrap(true);
  unreadable_->setContentsMargins(14, 8, 14, 8);
  setTone(unreadable_, "bad");
  unreadable_->hide();
  column_->addWidget(unreadable_);
  for (const FieldInfo& field : fields()) {
    const bool isNew = std::none_of(sections_.begin(), sections_.end(),
                                    [&](const Section& section) { return section.group == field.group; });
    if (isNew) addSection(field.group, field.title);
    auto& section = *std::find_if(sections_.begin(), sections_.end(),
                                  [&](const Section& candidate) { return candidate.group == field.group; });
    auto* row = new FieldRow(field);
    connectRow(row);
    // The norm comes right after family and size: it is what this program is about.
    section.rows->insertWidget(field.key == "model.norm" ? 2 : section.rows->count(), row);
    section.fields.push_back(row);
  }
  column_->addStretch(1);
  setWidget(page);
  connect(&document_, &ConfigDocument::changed, this, &ConfigForm::refresh);
  connect(&theme(), &Theme::changed, this, &ConfigForm::refresh);
  refresh();
}

void ConfigForm::addSection(const std::string& group, const std::string& title) {
  Section section;
  section.group = group;
  section.box = new QWidget;
  section.rows = new QVBoxLayout(section.box);
  setMargins(section.rows, 0, 0, 0, size::kSmall);
  section.rows->setSpacing(0);
  auto* heading = new QLabel(QString::fromStdString(title));
  setTextRole(heading, TextRole::Title);
  setMargins(heading, 12, 8, 0, 4);
  section.rows->addWidget(heading);
  if (group == "model") {
    heading->hide();  // the card's header says it
    backbone_ = new BackbonePicker(document_);
    section.rows->addWidget(backbone_);
  } else {
    auto* line = new QFrame;
    line->setFixedHeight(1);
    line->setAutoFillBackground(true);
    line->setBackgroundRole(QPalette::Mid);
    column_->addWidget(line);
  }
  column_->addWidget(section.box);
  sections_.push_back(section);
}

void ConfigForm::connectRow(FieldRow* row) {
  connect(row, &FieldRow::edited, &document_, &ConfigDocument::set);
  connect(row, &FieldRow::resetWanted, &document_, &ConfigDocument::reset);
  connect(row, &FieldRow::mendWanted, &document_, &ConfigDocument::apply, Qt::QueuedConnection);
}

std::vector<ConfigIssue> ConfigForm::issuesOf(const QString& key) const {
  std::vector<ConfigIssue> found;
  for (const ConfigIssue& issue : document_.issues()) {
    if (QString::fromStdString(issue.key) == key) found.push_back(issue);
  }
  return found;
}

void ConfigForm::refresh() {
  const auto plan = document_.plan();
  backbone_->refresh();
  unreadable_->setVisible(!document_.isReadable());
  if (!document_.isReadable() && !document_.issues().empty()) {
    unreadable_->setText(tr("The text cannot be read: %1. Mend it in the text view.")
                             .arg(QString::fromStdString(document_.issues().front().message)));
  }
  for (Section& section : sections_) {
    section.box->setEnabled(document_.isReadable());
    bool isAnyShown = section.group == "model";
    for (FieldRow* row : section.fields) {
      const std::string key = row->key().toStdString();
      const FieldInfo* field = findField(key);
      const auto issues = issuesOf(row->key());
      const bool isChanged = document_.isChanged(row->key());
      const Json value = document_.given(row->key()).value_or(getField(document_.config(), key));
      row->refresh(value, isChanged, issues, fieldHint(*field, document_.config(), plan));
      const bool isShown = showAll_ || isUsual(row->key()) || isChanged || !issues.empty();
      row->setVisible(isShown);
      isAnyShown = isAnyShown || isShown;
    }
    refreshUnknown(section);
    section.box->setVisible(isAnyShown || !section.unknown.empty());
  }
}

void ConfigForm::refreshUnknown(Section& section) {
  QStringList wanted;
  for (const QString& key : document_.unknownKeys()) {
    const std::string group = key.contains('.') ? key.section('.', 0, 0).toStdString() : std::string();
    if (group == section.group) wanted << key;
  }
  for (FieldRow* row : section.unknown) row->deleteLater();
  section.unknown.clear();
  for (const QString& key : wanted) {
    auto* row = new FieldRow(key);
    connectRow(row);
    row->refresh(document_.given(key).value_or(Json()), false, issuesOf(key), {});
    section.rows->addWidget(row);
    section.unknown.push_back(row);
  }
}

void ConfigForm::setShowAll(bool all) {
  showAll_ = all;
  refresh();
}

FieldRow* ConfigForm::row(const QString& key) const {
  for (const Section& section : sections_) {
    for (const auto* rows : {&section.fields, &section.unknown}) {
      for (FieldRow* row : *rows) {
        if (row->key() == key) return row;
      }
    }
  }
  return nullptr;
}

void ConfigForm::focusKey(const QString& key) {
  FieldRow* found = row(key);
  if (!found) return;
  found->show();
  ensureWidgetVisible(found);
  found->control()->setFocus(Qt::OtherFocusReason);
}

}  // namespace slab
