#include "app/gui/dialogs/sweep_dialog.h"

#include <QCompleter>
#include <QHBoxLayout>
#include <algorithm>
#include <filesystem>

#include "core/base/error.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

constexpr qsizetype kNamesShown = 3;
constexpr std::size_t kCheckedAtOnce = 200;  // a tenth of a second

QStringList sweepableKeys() {
  QStringList keys;
  for (const FieldInfo& field : fields()) keys += QString::fromStdString(field.key);
  return keys;
}

}  // namespace

SweepDialog::SweepDialog(std::string text, std::string name, int processes, QWidget* parent)
    : QDialog(parent),
      text_(std::move(text)),
      name_(std::move(name)),
      processes_(processes),
      kind_(new Segmented(tr("Kind of search"))),
      keys_(new QVBoxLayout),
      randomRow_(new QWidget),
      count_(new QSpinBox),
      seed_(new QSpinBox),
      hint_(new QLabel),
      summary_(new QLabel),
      problem_(new QLabel),
      accept_(new QPushButton) {
  setWindowTitle(tr("Queue a sweep of %1").arg(QString::fromStdString(name_)));
  kind_->setOptions({tr("grid"), tr("random")});
  connect(kind_, &Segmented::activated, this, &SweepDialog::update);
  makeRandomRow();
  auto* more = new QPushButton(tr("Add a key"));
  auto* cancel = new QPushButton(tr("Cancel"));
  setPrimary(accept_);
  accept_->setDefault(true);
  connect(more, &QPushButton::clicked, this, [this] { addKey({}, {}); });
  connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
  connect(accept_, &QPushButton::clicked, this, &SweepDialog::acceptChecked);
  for (QLabel* label : {hint_, summary_, problem_}) {
    label->setWordWrap(true);
    setTextRole(label, TextRole::Small);
  }
  setTone(hint_, "muted");
  setTone(problem_, "bad");
  auto* top = new QHBoxLayout;
  top->addWidget(kind_);
  top->addStretch(1);
  top->addWidget(more);
  auto* buttons = new QHBoxLayout;
  buttons->addStretch(1);
  buttons->addWidget(cancel);
  buttons->addWidget(accept_);
  auto* column = new QVBoxLayout(this);
  column->addLayout(top);
  column->addWidget(hint_);
  column->addLayout(keys_);
  column->addWidget(randomRow_);
  column->addWidget(summary_);
  column->addWidget(problem_);
  column->addStretch(1);
  column->addLayout(buttons);
  setMargins(column, size::kLarge, size::kLarge, size::kLarge, size::kLarge);
  column->setSpacing(theme().px(size::kMedium));
  resize(theme().px(620), theme().px(360));
  addKey("optim.lr", {});
}

void SweepDialog::makeRandomRow() {
  count_->setRange(1, static_cast<int>(kMaxTrials));
  count_->setValue(16);
  count_->setAccessibleName(tr("Number of trials"));
  seed_->setRange(0, 999'999);
  seed_->setAccessibleName(tr("Seed"));
  auto* row = new QHBoxLayout(randomRow_);
  row->setContentsMargins(0, 0, 0, 0);
  row->addWidget(new QLabel(tr("trials")));
  row->addWidget(count_);
  row->addWidget(new QLabel(tr("seed")));
  row->addWidget(seed_);
  row->addStretch(1);
  for (QSpinBox* box : {count_, seed_}) connect(box, &QSpinBox::valueChanged, this, &SweepDialog::update);
}

void SweepDialog::addKey(const QString& key, const QString& values) {
  // An empty row is filled before another is added.
  if (!rows_.empty() && rows_.back().values->text().isEmpty() && !key.isEmpty()) removeKey(rows_.back().box);
  Row row{new QWidget, new QComboBox, new QLineEdit(values)};
  row.key->setEditable(true);
  row.key->addItems(sweepableKeys());
  row.key->completer()->setFilterMode(Qt::MatchContains);
  row.key->completer()->setCompletionMode(QCompleter::PopupCompletion);
  row.key->setCurrentText(key);
  row.key->setMinimumWidth(theme().px(220));
  row.key->setAccessibleName(tr("Key"));
  row.values->setAccessibleName(tr("Values"));
  auto* remove = new QPushButton(tr("remove"));
  remove->setProperty("small", true);
  auto* line = new QHBoxLayout(row.box);
  line->setContentsMargins(0, 0, 0, 0);
  line->addWidget(row.key);
  line->addWidget(row.values, 1);
  line->addWidget(remove);
  keys_->addWidget(row.box);
  connect(row.key, &QComboBox::currentTextChanged, this, &SweepDialog::update);
  connect(row.values, &QLineEdit::textChanged, this, &SweepDialog::update);
  connect(remove, &QPushButton::clicked, this, [this, box = row.box] { removeKey(box); });
  rows_.push_back(row);
  update();
}

void SweepDialog::removeKey(QWidget* box) {
  std::erase_if(rows_, [box](const Row& row) { return row.box == box; });
  box->deleteLater();
  box->hide();
  update();
}

void SweepDialog::setRandom(bool random) {
  kind_->setCurrent(random ? 1 : 0);
  update();
}

std::vector<std::string> SweepDialog::assignments() const {
  std::vector<std::string> texts;
  for (const Row& row : rows_) {
    QStringList values;
    for (const QString& value : row.values->text().split(',')) values += value.trimmed();
    if (!row.values->text().trimmed().isEmpty()) {
      texts.push_back((row.key->currentText().trimmed() + '=' + values.join(',')).toStdString());
    }
  }
  return texts;
}

/// Plans the first trials and shows what is wrong with them.
void SweepDialog::check(std::size_t trials) {
  auto first = search_.settings;
  first.resize(std::min(first.size(), trials));
  trials_ = planSweep(name_, {.preset = "", .text = text_, .fileName = "", .overrides = {}}, first, processes_);
  showProblem(QString::fromStdString(toText(sweepErrors(trials_))).trimmed());
}

void SweepDialog::showProblem(const QString& problem) {
  problem_->setText(problem);
  problem_->setVisible(!problem.isEmpty());
}

void SweepDialog::update() {
  search_ = {};
  try {
    search_ = isRandom() ? randomSearch(assignments(), static_cast<std::size_t>(count_->value()),
                                        static_cast<std::uint64_t>(seed_->value()))
                         : gridSearch(assignments());
    check(kCheckedAtOnce);
  } catch (const Error& error) {
    trials_.clear();
    showProblem(QString::fromUtf8(error.what()));
  }
  const auto count = static_cast<qsizetype>(trialCount());
  QStringList names;
  for (const Trial& trial : trials_) {
    if (names.size() < kNamesShown) names += QString::fromStdString(trial.name);
  }
  hint_->setText(isRandom()
                     ? tr("Ranges like log:1e-4:1e-2 or lin:40%:90%, or a choice: LL, SS")
                     : tr("Values separated by commas, like 1e-3, 2e-3 or 60%, 80%; every combination is a trial"));
  QString words = names.join(", ");
  if (count > names.size()) words += tr(" and %1 more").arg(count - names.size());
  summary_->setText(count == 0 ? tr("Give a key some values to see its trials.") : words);
  randomRow_->setVisible(isRandom());
  accept_->setText(count == 1 ? tr("Add 1 trial to the queue") : tr("Add %1 trials to the queue").arg(count));
  accept_->setEnabled(count > 0 && problem().isEmpty());
}

void SweepDialog::acceptChecked() {
  check(trialCount());
  if (problem().isEmpty()) accept();
}

std::vector<NewJob> SweepDialog::jobs() const {
  std::vector<NewJob> jobs;
  for (const Trial& trial : trials_) {
    jobs.push_back({trial.name, takeSnapshot(trial.config, std::filesystem::current_path()),
                    toJson(trial.settings).dump(), "", processes_});
  }
  return jobs;
}

}  // namespace slab
