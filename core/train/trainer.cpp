#include "core/train/trainer.h"

#include <torch/torch.h>

#include <cmath>
#include <utility>

#include "core/base/format.h"

namespace slab::train {
namespace {

NamedTensors named(const std::vector<NamedParameter>& parameters) {
  NamedTensors tensors;
  for (const auto& parameter : parameters) tensors.emplace_back(parameter.name, parameter.tensor);
  return tensors;
}

NamedTensors buffersOf(const torch::nn::Module& model) {
  NamedTensors tensors;
  for (const auto& item : model.named_buffers()) tensors.emplace_back(item.key(), item.value());
  return tensors;
}

double runningVarSum(const torch::nn::Module& model) {
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
  return makeOptimizer(decayGroups(model, config.decay), config);
}

AdamW makeOptimizer(const DecayGroups& groups, const OptimConfig& config) {
  return AdamW({{named(groups.decay), config.weightDecay}, {named(groups.noDecay), 0.0}},
               {config.betas.at(0), config.betas.at(1), config.eps});
}

Trainer::Trainer(TrainerParts parts)
    : parts_(std::move(parts)),
      buffers_(parts_.task.module()),
      normWatch_(parts_.task.module(), parts_.task.context(), parts_.plan.watchEvery, parts_.plan.lambda),
      watch_(parts_.task.module()),
      microBatch_(parts_.config.train.batch) {}

void Trainer::startAt(const StartingPoint& point) {
  completed_ = point.step;
  position_ = point.position;
  if (point.microBatch > 0) microBatch_ = point.microBatch;
  isRecalibrated_ = point.isRecalibrated;
  isEvaluationDue_ = point.isEvaluationDue && parts_.task.hasValidation();
}

TrainResult Trainer::run() {
  active_.restart();
  moveTo(RunState::Running);
  parts_.task.module().train();
  parts_.data.seek(position_);
  watch_.lookNow(completed_);
  if (keepsStart_) save();
  const auto stopped = [this] {
    return TrainResult{RunState::Stopped, "stopped by the user at step " + formatInteger(completed_)};
  };
  while (!isFinished() || isEvaluationDue_) {
    watchStore();
    if (!agree(!isFirst() || obey())) return stopped();
    if (!isEvaluationDue_) step();
    if (!evaluateIfDue()) return stopped();
    checkpointIfDue();
  }
  if (!recalibrate()) return stopped();
  moveTo(RunState::Done);
  return {RunState::Done, ""};
}

void Trainer::step() {
  const Stopwatch watch;
  StepRecord record = newRecord();
  normWatch_.arm(completed_);
  const StepWork work = takeGradients(record);
  normWatch_.report(parts_.observer);
  applyGradients(record);
  ++completed_;
  isRecalibrated_ = false;
  lastRecord_ = record;
  lastSamples_ = work.samples;
  // All processes have the same weights, and of statistics those of process 0 are kept.
  if (isFirst() && !watch_.look(completed_, watch.seconds())) reportBrokenState();

  meter_.addStep(watch.seconds(), work.waited, work.images * ranks());
  if (record.step % parts_.plan.logEvery == 0) {
    finishRecord(record);
    parts_.observer.onStep(record);
  }
  reportProgress(record);
}

StepRecord Trainer::newRecord() const {
  StepRecord record;
  record.step = completed_;
  record.epoch = parts_.plan.epochOf(completed_);
  record.learningRate = parts_.plan.lr.at(completed_);
  record.lambda = parts_.plan.lambda.at(completed_);
  return record;
}

void Trainer::finishRecord(StepRecord& record) {
  if (parts_.config.train.logNorms) {
    record.paramNorm = l2Norm(parts_.optimizer.parameters());
    record.runningVarSum = runningVarSum(parts_.task.module());
  }
  record.imagesPerSecond = meter_.imagesPerSecond();
  record.dataWaitSeconds = meter_.dataWaitSeconds();
  meter_.restart();
}

void Trainer::applyGradients(const StepRecord& record) {
  if (std::isfinite(record.gradNorm)) {
    const NamedTensors gradients = gradientsOf(parts_.optimizer.parameters());
    clipGradients(gradients, record.gradNorm, parts_.config.train.clip);
    parts_.optimizer.step(record.learningRate);
  }
  if (parts_.average != nullptr) parts_.average->update();
}

void Trainer::reportProgress(const StepRecord& record) {
  const auto& plan = parts_.plan;
  const bool evaluates = parts_.task.hasValidation();
  Progress progress;
  progress.step = completed_;
  progress.loss = record.loss;
  progress.learningRate = record.learningRate;
  progress.lambda = record.lambda;
  progress.imagesPerSecond = meter_.recentImagesPerSecond(plan.effectiveBatch);
  progress.activeSeconds = activeSeconds();
  // A batch of the statistics pass is a forward alone: about a third of a step.
  const std::int64_t pass = parts_.config.prepbn.recalibrate / 3;
  progress.etaSeconds = meter_.etaSeconds(plan.totalSteps - completed_ + pass,
                                          evaluates ? timesLeft(completed_, plan.totalSteps, plan.evalEvery) : 0,
                                          timesLeft(completed_, plan.totalSteps, plan.checkpointEvery));
  parts_.observer.onProgress(progress);
}

bool Trainer::evaluateIfDue() {
  if (!parts_.task.hasValidation()) return true;
  if (!isEvaluationDue_ && !isFinished() && !isDue(completed_, parts_.plan.evalEvery)) return true;
  isEvaluationDue_ = true;
  // As the last step has it, which another process took where this one has just resumed.
  nn::LambdaState& lambda = parts_.task.context().lambda;
  lambda.lambda = parts_.plan.lambda.at(completed_ - 1);
  lambda.layerNormOnly = parts_.plan.lambda.isWarmup(completed_ - 1);
  shareStatistics();
  const double pausedBefore = pausedSeconds_;
  const auto evaluation = parts_.task.evaluate(whileEvaluating());
  parts_.observer.onPhase({});
  if (!evaluation) return false;
  isEvaluationDue_ = false;
  meter_.addEvaluation(evaluation->seconds - (pausedSeconds_ - pausedBefore));
  evaluatedAt_ = completed_;
  lastPercent_ = evaluation->percent();
  if (parts_.checkpoints != nullptr) parts_.checkpoints->outdate(completed_);
  parts_.observer.onEvaluation(completed_, *evaluation);
  return true;
}

OnEvaluated Trainer::whileEvaluating() {
  return [this, watch = Stopwatch(), pausedBefore = pausedSeconds_](std::int64_t done, std::int64_t total) {
    // Behind the last images there is nothing left to end.
    if (done < total && !agree(!isFirst() || obey())) return false;
    // Not before the others have done their part of it.
    const double seconds = watch.seconds() - (pausedSeconds_ - pausedBefore);
    const double eta = seconds / static_cast<double>(done) * static_cast<double>(total - done);
    parts_.observer.onPhase({"evaluation", done, total, eta});
    return true;
  };
}

void Trainer::checkpointIfDue() {
  if (!isFinished() && !isDue(completed_, parts_.plan.checkpointEvery)) return;
  requireSameWeights();
  save();
}

}  // namespace slab::train
