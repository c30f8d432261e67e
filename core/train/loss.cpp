#include "core/train/loss.h"

#include <torch/torch.h>

namespace slab::train {

at::Tensor labelSmoothedCrossEntropy(const at::Tensor& logits, const at::Tensor& labels, double smoothing) {
  return at::cross_entropy_loss(logits, labels, {}, at::Reduction::Mean, -100, smoothing);
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
