#include "app/gui/panels/sweep_results.h"

#include <QVBoxLayout>

#include "app/gui/project_queue.h"
#include "app/gui/session.h"
#include "widgets/theme/theme.h"

namespace slab {

SweepResults::SweepResults(Session& session, QWidget* parent)
    : QWidget(parent), session_(session), picker_(new QComboBox(this)), view_(new SweepView(this)) {
  picker_->setAccessibleName(tr("Sweep"));
  auto* column = new QVBoxLayout(this);
  column->addWidget(picker_, 0, Qt::AlignLeft);
  column->addWidget(view_, 1);
  setMargins(column, size::kMedium, 0, 0, 0);
  connect(picker_, &QComboBox::activated, this, &SweepResults::refresh);
  connect(view_, &SweepView::activated, this, &SweepResults::activated);
}

void SweepResults::fillPicker() {
  const auto& sweeps = session_.queue().sweeps();
  const bool isSame = picker_->count() == static_cast<int>(sweeps.size()) &&
                      (sweeps.empty() || picker_->itemData(0).toLongLong() == sweeps.front().id);
  if (isSame) return;
  picker_->clear();
  for (const SweepRecord& sweep : sweeps) {
    const QString words = tr("sweep %1: %2").arg(sweep.id).arg(QString::fromStdString(sweep.name));
    picker_->addItem(words, QVariant::fromValue<qint64>(sweep.id));
  }
}

std::vector<SweepTrial> SweepResults::trialsOf(std::int64_t sweep, QStringList& keys) const {
  std::vector<SweepTrial> trials;
  for (const QueueJob& job : session_.queue().jobs()) {
    const Json settings = Json::parse(job.settings, nullptr, false);
    if (job.sweep != sweep || !settings.is_object()) continue;
    SweepTrial trial;
    trial.job = job.id;
    trial.name = QString::fromStdString(job.name);
    trial.state = job.state;
    if (keys.isEmpty()) {
      for (const auto& [key, value] : settings.items()) keys += QString::fromStdString(key);
    }
    for (const QString& key : keys) trial.values.push_back(settings.value(key.toStdString(), Json()));
    const QString path = session_.projectPath() + "/runs/" + QString::fromStdString(job.run);
    if (const RunRow* run = job.run.empty() ? nullptr : session_.run(path)) {
      trial.best = run->bestTop1;
      trial.seconds = run->activeSeconds;
    }
    trials.push_back(std::move(trial));
  }
  return trials;
}

QString SweepResults::scoreOf(std::int64_t sweep) const {
  for (const QueueJob& job : session_.queue().jobs()) {
    const RunConfig* config = job.sweep == sweep ? session_.queue().config(job.id) : nullptr;
    if (config != nullptr) return scoreNameOf(config->isDetector());
  }
  return scoreNameOf(false);
}

void SweepResults::refresh() {
  fillPicker();
  QStringList keys;
  const qint64 sweep = picker_->currentData().toLongLong();
  std::vector<SweepTrial> trials = trialsOf(sweep, keys);
  view_->setTrials(keys, std::move(trials), scoreOf(sweep));
}

}  // namespace slab
