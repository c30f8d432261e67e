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

std::optional<RollBack> longerTransition(const RunRow& run, qint64 step) {
  const LambdaSchedule& lambda = run.plan.lambda;
  if (!run.usesLambda || run.plan.totalSteps <= 0) return std::nullopt;
  const qint64 end = std::min<qint64>(run.plan.totalSteps, lambda.warmup + 2 * (lambda.end - lambda.warmup));
  if (end <= lambda.end) return std::nullopt;
  const double share = 100.0 * static_cast<double>(end) / static_cast<double>(run.plan.totalSteps);
  return RollBack{
      step,
      {"prepbn.lambda_end=" + QString::number(end)},
      run.name + "-longer",
      tr("lambda reaches 0 at step %1 (%2 %) instead of %3").arg(end).arg(std::lround(share)).arg(lambda.end)};
}

}  // namespace slab
