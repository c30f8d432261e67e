#include "core/train/loss.h"

#include <torch/torch.h>

namespace slab::train {

at::Tensor labelSmoothedCrossEntropy(const at::Tensor& logits, const at::Tensor& labels, double smoothing) {
  return at::cross_entropy_loss(logits, labels, {}, at::Reduction::Mean, -100, smoothing);
}

at::Tensor softTargetCrossEntropy(const at::Tensor& logits, const at::Tensor& targets) {
  return -(targets * logits.log_softmax(1, at::kFloat)).sum(1).mean();
}

at::Tensor mixedTargets(const at::Tensor& labels, std::int64_t classes, double ownShare, double smoothing) {
  const double off = smoothing / static_cast<double>(classes);
  const at::Tensor targets = at::full({labels.size(0), classes}, off, labels.options().dtype(at::kFloat));
  const at::Tensor column = labels.unsqueeze(1);
  targets.scatter_add_(1, column, at::full_like(column, (1.0 - smoothing) * ownShare, at::kFloat));
  targets.scatter_add_(1, column.flip(0), at::full_like(column, (1.0 - smoothing) * (1.0 - ownShare), at::kFloat));
  return targets;
}

at::Tensor trainingTargets(const at::Tensor& labels, std::int64_t classes, double ownShare, double smoothing) {
  return ownShare == 1.0 ? labels : mixedTargets(labels, classes, ownShare, smoothing);
}

at::Tensor trainingLoss(const at::Tensor& logits, const at::Tensor& targets, double smoothing) {
  const at::Tensor wide = logits.to(at::kFloat);
  const bool areLabels = targets.dim() == 1;
  return areLabels ? labelSmoothedCrossEntropy(wide, targets, smoothing) : softTargetCrossEntropy(wide, targets);
}

std::int64_t countTopK(const at::Tensor& logits, const at::Tensor& labels, std::int64_t k) {
  const at::Tensor column = labels.unsqueeze(1);
  const at::Tensor own = logits.gather(1, column);
  const at::Tensor indices = at::arange(logits.size(1), labels.options()).unsqueeze(0);
  const at::Tensor ahead = (logits > own).logical_or((logits == own).logical_and(indices < column));
  const at::Tensor right = (ahead.sum(1) < k).logical_and(own.squeeze(1).isnan().logical_not());
  return right.sum().item<std::int64_t>();
}

}  // namespace slab::train
