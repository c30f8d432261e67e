#include <cmath>

#include "core/base/format.h"
#include "widgets/config_form/config_form.h"

namespace slab {
namespace {

QString tr(const char* text) {
  return ConfigForm::tr(text);
}

QString number(double value, int digits = 3) {
  return QString::fromStdString(formatNumber(value, digits));
}

QString integer(std::int64_t value) {
  return QString::fromStdString(formatInteger(value));
}

/// The two units in which the duration was not written.
QString otherUnits(const Duration& duration, const Plan& plan) {
  if (plan.totalSteps <= 0 || plan.stepsPerEpoch <= 0) return {};
  const std::int64_t steps =
      duration.toSteps(static_cast<double>(plan.stepsPerEpoch), static_cast<double>(plan.totalSteps));
  const QString inSteps = tr("step %1").arg(integer(steps));
  const QString inEpochs = tr("epoch %1").arg(number(plan.epochOf(steps)));
  const QString inPercent =
      tr("%1 %").arg(number(100.0 * static_cast<double>(steps) / static_cast<double>(plan.totalSteps)));
  const QString dot = QStringLiteral(" \u00B7 ");
  switch (duration.unit) {
    case Duration::Unit::Steps: return steps == 0 ? QString() : inEpochs + dot + inPercent;
    case Duration::Unit::Epochs: return inSteps + dot + inPercent;
    case Duration::Unit::Percent: break;
  }
  return inSteps + dot + inEpochs;
}

QString rateHint(const RunConfig& config) {
  if (config.optim.lrBatch <= 0) return {};
  const auto batch = static_cast<double>(config.train.batch * config.train.accumulate);
  const double rate = config.optim.lr * batch / static_cast<double>(config.optim.lrBatch);
  return tr("\u00D7 %1 / %2 = %3").arg(number(batch, 7), integer(config.optim.lrBatch), number(rate));
}

}  // namespace

QString fieldHint(const FieldInfo& field, const RunConfig& config, const std::optional<Plan>& plan) {
  const std::string& key = field.key;
  if (field.type == FieldType::Duration) {
    const Json value = getField(config, key);
    const auto duration = Duration::parse(value.is_string() ? value.get<std::string>() : value.dump());
    return duration && plan ? otherUnits(*duration, *plan) : QString();
  }
  if (key == "optim.lr") return rateHint(config);
  if (key == "train.batch" && config.train.accumulate > 1) {
    return tr("effective %1").arg(integer(config.train.batch * config.train.accumulate));
  }
  if (key == "train.epochs" && config.train.steps > 0) return tr("train.steps overrides");
  if (key == "train.epochs" && plan) return tr("%1 steps").arg(integer(plan->totalSteps));
  if (key == "model.attention") return tr("L linear, S softmax, F focused");
  if (key == "data.root" && plan) return tr("%1 images").arg(integer(plan->images));
  if (key == "data.limit" && config.data.limit == 0) return tr("0 = all");
  if (key == "train.clip" && config.train.clip == 0.0) return tr("0 = off");
  if (key == "ema.decay" && config.ema.decay == 0.0) return tr("0 = off");
  return QString::fromStdString(field.unit);
}

}  // namespace slab
