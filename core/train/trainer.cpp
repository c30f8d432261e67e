#include "core/train/trainer.h"

#include <torch/torch.h>

#include <cmath>
#include <utility>

#include "core/base/error.h"
#include "core/base/format.h"
#include "core/base/rng.h"
#include "core/device/device.h"
#include "core/models/decay_groups.h"
#include "core/train/loss.h"

namespace slab::train {
namespace {

// Second key of the per-step seeds, so that other uses of train.seed draw other numbers.
constexpr std::uint64_t kStepNoise = 0x57E9;

NamedTensors named(const std::vector<NamedParameter>& parameters) {
  NamedTensors tensors;
  for (const auto& parameter : parameters) tensors.emplace_back(parameter.name, parameter.tensor);
  return tensors;
}

NamedTensors buffersOf(const Backbone& model) {
  NamedTensors tensors;
  for (const auto& item : model.named_buffers()) tensors.emplace_back(item.key(), item.value());
  return tensors;
}

double runningVarSum(const Backbone& model) {
  const at::NoGradGuard noGrad;
  double sum = 0;
  for (const auto& [name, buffer] : buffersOf(model)) {
    if (name.ends_with("running_var")) sum += buffer.sum(at::kDouble).item<double>();
  }
  return sum;
}

bool isDue(std::int64_t completed, std::int64_t every) {
  return every > 0 && completed % every == 0;
}

// How many multiples of `every` lie in (completed, total], the end included.
std::int64_t timesLeft(std::int64_t completed, std::int64_t total, std::int64_t every) {
  if (completed >= total) return 0;
  if (every <= 0) return 1;
  return total / every - completed / every + (total % every == 0 ? 0 : 1);
}

}  // namespace

AdamW makeOptimizer(const Backbone& model, const OptimConfig& config) {
  const DecayGroups groups = decayGroups(model, config.decay);
  return AdamW({{named(groups.decay), config.weightDecay}, {named(groups.noDecay), 0.0}},
               {config.betas.at(0), config.betas.at(1), config.eps});
}

Trainer::Trainer(TrainerParts parts) : parts_(std::move(parts)) {}

void Trainer::startAt(std::int64_t step, std::int64_t position) {
  completed_ = step;
  position_ = position;
}

TrainResult Trainer::run() {
  active_.restart();
  moveTo(RunState::Running);
  parts_.model.train();
  parts_.data.seek(position_);
  while (!isFinished()) {
    watchStore();
    if (!obey()) return {RunState::Stopped, "stopped by the user at step " + formatInteger(completed_)};
    step();
    evaluateIfDue();
    checkpointIfDue();
  }
  moveTo(RunState::Done);
  return {RunState::Done, ""};
}

void Trainer::step() {
  const Stopwatch watch;
  const data::Batch batch = parts_.data.next();
  const double waited = watch.seconds();
  ++position_;

  StepRecord record;
  record.step = completed_;
  record.epoch = parts_.plan.epochOf(completed_);
  record.learningRate = parts_.plan.lr.at(completed_);
  record.lambda = parts_.plan.lambda.at(completed_);
  takeGradients(batch, record);
  applyGradients(record);
  ++completed_;

  meter_.addStep(watch.seconds(), waited, batch.labels.size(0));
  if (record.step % parts_.plan.logEvery == 0) {
    if (parts_.config.train.logNorms) {
      record.paramNorm = l2Norm(parts_.optimizer.parameters());
      record.runningVarSum = runningVarSum(parts_.model);
    }
    record.imagesPerSecond = meter_.imagesPerSecond();
    record.dataWaitSeconds = meter_.dataWaitSeconds();
    meter_.restart();
    parts_.observer.onStep(record);
  }
  reportProgress(record);
}

void Trainer::takeGradients(const data::Batch& batch, StepRecord& record) {
  const auto seed = static_cast<std::uint64_t>(parts_.config.train.seed);
  device::seedAll(hashKeys(seed, static_cast<std::uint64_t>(record.step), kStepNoise));
  parts_.optimizer.zeroGrad();
  parts_.model.setLambda(record.lambda, parts_.plan.lambda.isWarmup(record.step));
  const at::Tensor logits = parts_.model.forward(batch.images.to(parts_.device));
  const at::Tensor loss =
      trainingLoss(logits, batch.labels.to(parts_.device), batch.ownShare, parts_.config.train.labelSmoothing);
  loss.backward();
  const NamedTensors gradients = gradientsOf(parts_.optimizer.parameters());
  record.loss = loss.item<double>();
  record.gradNorm = l2Norm(gradients);
  if (!std::isfinite(record.loss) || !std::isfinite(record.gradNorm)) reportNonFinite(batch, record, gradients);
}

void Trainer::applyGradients(StepRecord& record) {
  const NamedTensors gradients = gradientsOf(parts_.optimizer.parameters());
  clipGradients(gradients, record.gradNorm, parts_.config.train.clip);
  parts_.optimizer.step(record.learningRate);
}

void Trainer::reportNonFinite(const data::Batch& batch, const StepRecord& record, const NamedTensors& gradients) const {
  parts_.observer.onStep(record);
  const std::string at = " at step " + std::to_string(record.step) + " (batch " + std::to_string(position_ - 1) +
                         " of the training, lambda " + formatNumber(record.lambda, 3) + ")";
  if (firstNonFinite({{"images", batch.images}})) {
    throw Error(ErrorKind::Data, "an image of the batch holds a value that is not finite" + at +
                                     "; check the data set with slab data scan");
  }
  const std::string what = std::isfinite(record.loss) ? "the gradient norm" : "the loss";
  std::string where;
  if (const auto weight = firstNonFinite(parts_.optimizer.parameters())) {
    where = "the weight " + *weight;
  } else if (const auto buffer = firstNonFinite(buffersOf(parts_.model))) {
    where = "the statistic " + *buffer;
  } else if (const auto gradient = firstNonFinite(gradients)) {
    where = "the gradient of " + *gradient;
  } else {
    where = "the sum of squared gradients";
  }
  throw Error(ErrorKind::Config, what + " is not finite" + at + "; the first tensor at fault is " + where +
                                     "; lower optim.lr, set train.clip, or give lambda longer to fall, and go on from "
                                     "the last good checkpoint");
}

void Trainer::reportProgress(const StepRecord& record) {
  const auto& plan = parts_.plan;
  const bool evaluates = parts_.validation != nullptr;
  Progress progress;
  progress.step = completed_;
  progress.loss = record.loss;
  progress.learningRate = record.learningRate;
  progress.lambda = record.lambda;
  progress.imagesPerSecond = meter_.recentImagesPerSecond(plan.effectiveBatch);
  progress.activeSeconds = activeSeconds();
  progress.etaSeconds = meter_.etaSeconds(plan.totalSteps - completed_,
                                          evaluates ? timesLeft(completed_, plan.totalSteps, plan.evalEvery) : 0,
                                          timesLeft(completed_, plan.totalSteps, plan.checkpointEvery));
  parts_.observer.onProgress(progress);
}

void Trainer::evaluateIfDue() {
  if (parts_.validation == nullptr) return;
  if (!isFinished() && !isDue(completed_, parts_.plan.evalEvery)) return;
  const Evaluation evaluation = evaluateTransition(parts_.model, *parts_.validation, parts_.device);
  meter_.addEvaluation(evaluation.seconds);
  evaluatedAt_ = completed_;
  lastTop1_ = evaluation.top1;
  parts_.observer.onEvaluation(completed_, evaluation);
}

void Trainer::checkpointIfDue() {
  if (isFinished() || isDue(completed_, parts_.plan.checkpointEvery)) save();
}

}  // namespace slab::train
