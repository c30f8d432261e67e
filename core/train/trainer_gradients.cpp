// How the trainer takes a step's gradients: micro-batch by micro-batch, in smaller pieces where memory ends.
#include <torch/torch.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/base/format.h"
#include "core/base/log.h"
#include "core/base/rng.h"
#include "core/device/device.h"
#include "core/ops/synchronized_norm.h"
#include "core/train/out_of_memory.h"
#include "core/train/trainer.h"

namespace slab::train {
namespace {

// Third key of the seeds of a step's noise, so that other uses of train.seed draw other numbers.
constexpr std::uint64_t kStepNoise = 0x57E9;

// `share` of each term's value on top of what stands in `sums` under its name.
void addTerms(const std::vector<LossTerm>& terms, double share, std::vector<std::pair<std::string, double>>& sums) {
  if (terms.empty()) return;
  std::vector<at::Tensor> values;
  for (const LossTerm& term : terms) values.push_back(term.value.detach().to(at::kFloat));
  const at::Tensor read = at::stack(values).to(at::kCPU, at::kDouble);  // one wait for the device
  if (sums.empty()) {
    for (const LossTerm& term : terms) sums.emplace_back(term.name, 0.0);
  }
  for (std::size_t i = 0; i < terms.size(); ++i) sums[i].second += share * read.const_data_ptr<double>()[i];
}

}  // namespace

Trainer::StepWork Trainer::takeGradients(StepRecord& record) {
  const std::int64_t first = position_;
  buffers_.keep();
  for (;;) {
    try {
      return tryGradients(record);
    } catch (const std::exception& error) {
      // Statistics that are taken over all processes: the others wait in the same forward.
      if (!isOutOfMemory(error) || synchronizes()) throw;
      halveMicroBatch(error);
    }
    buffers_.restore();
    position_ = first;
    parts_.data.seek(first);
  }
}

Trainer::StepWork Trainer::tryGradients(StepRecord& record) {
  parts_.optimizer.zeroGrad();
  const std::int64_t batches = batchesOfStep();
  std::int64_t images = 0;
  for (std::int64_t i = 0; i < batches; ++i) images += parts_.data.sizeOf(position_ + i);
  StepWork work;
  work.images = images;
  work.first = position_;
  piece_ = 0;
  record.loss = 0;
  record.terms.clear();
  std::optional<ops::SynchronizedStatistics> overRanks;
  if (synchronizes()) overRanks.emplace(*parts_.ranks);
  for (std::int64_t i = 0; i < batches; ++i) {
    const data::Batch batch = nextBatch(work);
    record.loss += addGradients(batch, record, images);
    if (std::isfinite(record.loss) || work.faulty) continue;
    work.faulty = position_ - 1;
    work.faultySamples = batch.indices;
    // Other processes are waited for, which know nothing of it yet.
    if (ranks() == 1) reportNonFinite(work, record);
  }
  overRanks.reset();
  finishGradients(work, record);
  return work;
}

void Trainer::finishGradients(const StepWork& work, StepRecord& record) {
  const NamedTensors gradients = gradientsOf(parts_.optimizer.parameters());
  LossScaler* scaler = parts_.scaler;
  if (scaler != nullptr) scaleAll(gradients, 1.0 / scaler->scale());
  averageOverRanks(record);
  if (!std::isfinite(record.loss)) reportNonFinite(work, record);
  record.gradNorm = l2Norm(gradients);
  const bool isFinite = std::isfinite(record.gradNorm);
  // At a scale of 1 it is not the scale that overflows.
  if (!isFinite && (scaler == nullptr || scaler->scale() <= 1.0)) reportNonFinite(work, record);
  if (scaler != nullptr) scaler->count(!isFinite);
}

std::int64_t Trainer::batchesOfStep() const {
  const std::int64_t perEpoch = parts_.data.batchesPerEpoch();
  return std::min(parts_.config.train.accumulate, perEpoch - position_ % perEpoch);
}

bool Trainer::synchronizes() const {
  return parts_.ranks != nullptr && parts_.config.prepbn.statistics == "synchronized";
}

data::Batch Trainer::nextBatch(StepWork& work) {
  const Stopwatch watch;
  data::Batch batch = parts_.data.next();
  work.waited += watch.seconds();
  work.samples = work.samples.defined() ? at::cat({work.samples, batch.indices}) : batch.indices;
  ++position_;
  return batch;
}

double Trainer::addGradients(const data::Batch& batch, StepRecord& record, std::int64_t imagesOfStep) {
  double sum = 0;
  forEachPiece(batch, record, piece_, [&](const PieceLoss& mean, std::int64_t images) {
    const double share = static_cast<double>(images) / static_cast<double>(imagesOfStep);
    const at::Tensor loss = mean.total * share;
    (parts_.scaler != nullptr ? loss * parts_.scaler->scale() : loss).backward();
    sum += loss.item<double>();
    addTerms(mean.terms, share, record.terms);
  });
  return sum;
}

void Trainer::forEachPiece(const data::Batch& batch, const StepRecord& record, std::uint64_t& piece,
                           const std::function<void(const PieceLoss&, std::int64_t)>& onLoss) {
  const std::int64_t images = batch.size();
  // Numbered so that processes take together what one takes that accumulates their batches.
  const auto rank = static_cast<std::uint64_t>(parts_.ranks == nullptr ? 0 : parts_.ranks->rank());
  const auto processes = static_cast<std::uint64_t>(ranks());
  nn::LambdaState& lambda = parts_.task.context().lambda;
  lambda.lambda = record.lambda;
  lambda.layerNormOnly = parts_.plan.lambda.isWarmup(record.step);
  for (std::int64_t begin = 0; begin < images; begin += microBatch_) {
    const std::int64_t end = std::min(begin + microBatch_, images);
    const std::uint64_t key = hashKeys(static_cast<std::uint64_t>(parts_.config.train.seed),
                                       static_cast<std::uint64_t>(record.step), kStepNoise, rank + processes * piece++);
    device::seedAll(key);
    onLoss(parts_.task.loss(batch, begin, end, key), end - begin);
  }
}

void Trainer::halveMicroBatch(const std::exception& error) {
  if (microBatch_ <= 1) {
    const char* mend = parts_.config.isDetector() ? "take smaller data.sides and data.longest, or a smaller model"
                                                  : "set train.recompute, or take a smaller model.image_size or model";
    throw Error(ErrorKind::Device,
                std::string("memory does not hold the step for a single image (") + error.what() + "); " + mend);
  }
  microBatch_ = (microBatch_ + 1) / 2;
  logWarning("memory ran out at step " + formatInteger(completed_) + ": the step is taken again in pieces of " +
             formatInteger(microBatch_) + " images; the effective batch stays " +
             formatInteger(parts_.plan.effectiveBatch));
  parts_.optimizer.zeroGrad();
  parts_.observer.onMicroBatch(completed_, microBatch_);
}

}  // namespace slab::train
