#include "core/train/classification_task.h"

#include "core/ops/autocast.h"
#include "core/train/loss.h"

namespace slab::train {

std::optional<at::ScalarType> reducedType(Precision precision) {
  switch (precision) {
    case Precision::Bf16: return at::kBFloat16;
    case Precision::Fp16: return at::kHalf;
    case Precision::Fp32: break;
  }
  return std::nullopt;
}

PieceLoss ClassificationTask::loss(const data::Batch& batch, std::int64_t begin, std::int64_t end,
                                   std::uint64_t /*key*/) {
  const double smoothing = config_.train.labelSmoothing;
  const auto logits = [&] {
    const ops::Autocast autocast(device_.type(), reducedType(config_.train.precision));
    return model_.forward(batch.images.slice(0, begin, end).to(device_));
  }();
  // Of the whole batch: a mixed image's partner may lie in another piece.
  const at::Tensor targets = trainingTargets(batch.labels, model_.config().classes, batch.ownShare, smoothing);
  return {trainingLoss(logits, targets.slice(0, begin, end).to(device_), smoothing), {}};
}

std::optional<Evaluation> ClassificationTask::evaluate(const OnEvaluated& goesOn) {
  return evaluateTransition(model_, *validation_, device_, goesOn, average_, ranks_);
}

std::optional<Score> ClassificationTask::scoreOfRepBn(const OnEvaluated& goesOn) {
  if (validation_ == nullptr) return std::nullopt;
  return train::evaluate(model_, *validation_, device_, goesOn, ranks_);
}

}  // namespace slab::train
