#include "core/config/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace slab {
namespace {

double cosineDecay(double base, double minimum, double t, double steps) {
  return minimum + (base - minimum) * (1.0 + std::cos(std::numbers::pi * t / steps)) / 2.0;
}

double timmRate(const LrSchedule& s, std::int64_t t) {
  if (t < s.warmup) {
    return s.warmupStart + (s.base - s.warmupStart) * static_cast<double>(t) / static_cast<double>(s.warmup);
  }
  if (t >= s.steps) return s.minimum;
  return cosineDecay(s.base, s.minimum, static_cast<double>(t), static_cast<double>(s.steps));
}

double stepRate(const LrSchedule& s, std::int64_t k) {
  const auto passed = std::upper_bound(s.milestones.begin(), s.milestones.end(), k) - s.milestones.begin();
  const double rate = s.base * std::pow(s.gamma, static_cast<double>(passed));
  if (k >= s.warmup || s.base <= 0) return rate;
  const double missing = 1.0 - static_cast<double>(k) / static_cast<double>(s.warmup);
  return rate * (1.0 - missing * (1.0 - s.warmupStart / s.base));
}

std::int64_t atLeastOne(std::int64_t steps) {
  return std::max<std::int64_t>(steps, 1);
}

}  // namespace

double LambdaSchedule::at(std::int64_t k) const {
  if (k < warmup) return 1.0;
  if (end <= warmup) return 0.0;
  const double fallen = static_cast<double>(k - warmup) / static_cast<double>(end - warmup);
  return std::max(0.0, 1.0 - fallen);
}

std::int64_t LambdaSchedule::warmBuffer(std::int64_t completed) const {
  return std::max<std::int64_t>(warmup - completed, 0);
}

std::int64_t LambdaSchedule::iterBuffer(std::int64_t completed) const {
  return std::clamp<std::int64_t>(end - completed, 0, end - warmup);
}

double LrSchedule::at(std::int64_t k) const {
  switch (kind) {
    case LrScheduleKind::Constant: return base;
    case LrScheduleKind::WarmupCosine: {
      const double rise = warmup > 0 ? std::min(1.0, static_cast<double>(k + 1) / static_cast<double>(warmup)) : 1.0;
      const std::int64_t falls = atLeastOne(steps);
      return rise * cosineDecay(base, minimum, static_cast<double>(std::min(k, falls)), static_cast<double>(falls));
    }
    case LrScheduleKind::TimmCosine: return timmRate(*this, std::max<std::int64_t>(k - 1, 0));
    case LrScheduleKind::Step: return stepRate(*this, k);
  }
  return base;
}

Plan makePlan(const RunConfig& config, std::int64_t images, std::int64_t ranks) {
  Plan plan;
  plan.images = config.data.limit > 0 ? std::min(images, config.data.limit) : images;
  plan.effectiveBatch = config.train.batch * config.train.accumulate * ranks;
  const bool dropLast = config.data.dropLast || config.data.type == DataType::Tensors;
  plan.stepsPerEpoch =
      dropLast ? plan.images / plan.effectiveBatch : (plan.images + plan.effectiveBatch - 1) / plan.effectiveBatch;
  const std::int64_t scheduled = config.train.steps > 0 ? config.train.steps : config.train.epochs * plan.stepsPerEpoch;
  const auto perEpoch = static_cast<double>(plan.stepsPerEpoch);
  plan.totalSteps = scheduled + config.optim.cooldown.toSteps(perEpoch, static_cast<double>(scheduled));
  const auto total = static_cast<double>(plan.totalSteps);
  const auto inSteps = [&](const Duration& duration) { return duration.toSteps(perEpoch, total); };
  plan.evalEvery = inSteps(config.train.evalEvery);
  plan.checkpointEvery = inSteps(config.train.checkpointEvery);
  plan.logEvery = atLeastOne(inSteps(config.train.logEvery));
  if (config.prepbn.watchEvery.value > 0) plan.watchEvery = atLeastOne(inSteps(config.prepbn.watchEvery));
  if (config.model.norm == NormKind::PrepBn) {
    plan.lambda = {inSteps(config.prepbn.warmup), inSteps(config.prepbn.lambdaEnd)};
  }
  const double scale = config.optim.lrBatch > 0
                           ? static_cast<double>(plan.effectiveBatch) / static_cast<double>(config.optim.lrBatch)
                           : 1.0;
  plan.lr = {config.optim.schedule,      config.optim.lr * scale,      config.optim.warmupLr * scale,
             config.optim.minLr * scale, inSteps(config.optim.warmup), atLeastOne(scheduled)};
  plan.lr.gamma = config.optim.gamma;
  for (const double epoch : config.optim.milestones) plan.lr.milestones.push_back(inSteps(Duration::epochs(epoch)));
  return plan;
}

std::optional<std::int64_t> knownImages(const DataConfig& data) {
  if (data.type != DataType::FashionMnist) return std::nullopt;
  constexpr std::int64_t kTrainingImages = 60000;
  return data.limit > 0 ? std::min(kTrainingImages, data.limit) : kTrainingImages;
}

}  // namespace slab
