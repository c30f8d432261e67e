// Classification loss and the counts behind top-1 and top-5.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace slab::train {

/// Mean over the batch of -sum_c t_c log softmax(z)_c with t = (1 - s) onehot(y) + s / K.
/// logits (N, K) float, labels (N) int64 in [0, K) -> scalar, differentiable in the logits.
at::Tensor labelSmoothedCrossEntropy(const at::Tensor& logits, const at::Tensor& labels, double smoothing);

/// How many labels stand among the k highest logits. A class with the same logit counts as higher
/// only when its index is lower, so that a constant output scores no better than chance. Rows with
/// a NaN at the label count as wrong. k at or above the number of classes counts every other row.
std::int64_t countTopK(const at::Tensor& logits, const at::Tensor& labels, std::int64_t k);

}  // namespace slab::train
