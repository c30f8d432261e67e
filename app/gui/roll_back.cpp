#include "app/gui/roll_back.h"

#include <QCoreApplication>
#include <QFileInfo>
#include <algorithm>
#include <cmath>

#include "core/base/format.h"

namespace slab {
namespace {

QString tr(const char* text) {
  return QCoreApplication::translate("RollBack", text);
}

QString number(double value) {
  return QString::fromStdString(formatNumber(value, 4));
}

// Where lambda reaches 0 if it falls over twice as many steps.
qint64 longerEnd(const Plan& plan) {
  return std::min<qint64>(plan.totalSteps, plan.lambda.warmup + 2 * (plan.lambda.end - plan.lambda.warmup));
}

}  // namespace

std::optional<qint64> lastGoodStep(const RunRow& run, const std::vector<CheckpointRecord>& checkpoints, qint64 step) {
  std::optional<qint64> last;
  for (const CheckpointRecord& checkpoint : checkpoints) {
    const bool isThere = QFileInfo::exists(run.path + '/' + QString::fromStdString(checkpoint.path));
    if (checkpoint.good && isThere && checkpoint.step <= step)
      last = std::max<qint64>(last.value_or(0), checkpoint.step);
  }
  return last;
}

std::optional<RollBack> halfRate(const RunRow& run, qint64 step) {
  bool isNumber = false;
  const double rate = run.config.value("optim.lr").toDouble(&isNumber);
  if (!isNumber || rate <= 0) return std::nullopt;
  const double half = rate / 2;
  return RollBack{step,
                  {"optim.lr=" + QString::number(half, 'g', 12)},
                  run.name + "-half-lr",
                  tr("learning rate %1 instead of %2").arg(number(half), number(rate))};
}

QString whyNoLongerTransition(const RunRow& run, qint64 step) {
  if (!run.usesLambda) return tr("The model has no transition: its norm is not PRepBN");
  if (run.plan.totalSteps <= 0) return tr("The steps of the run are not known");
  const qint64 end = longerEnd(run.plan);
  if (end <= run.plan.lambda.end) return tr("Lambda already falls until the end of the run");
  if (end > step) return {};
  return tr("Twice as long a transition would be over at step %1, before the last good checkpoint (step %2): "
            "branch from an earlier one")
      .arg(end)
      .arg(step);
}

std::optional<RollBack> longerTransition(const RunRow& run, qint64 step) {
  if (!whyNoLongerTransition(run, step).isEmpty()) return std::nullopt;
  const qint64 end = longerEnd(run.plan);
  const double share = 100.0 * static_cast<double>(end) / static_cast<double>(run.plan.totalSteps);
  return RollBack{
      step,
      {"prepbn.lambda_end=" + QString::number(end)},
      run.name + "-longer",
      tr("lambda reaches 0 at step %1 (%2 %) instead of %3").arg(end).arg(std::lround(share)).arg(run.plan.lambda.end)};
}

}  // namespace slab
