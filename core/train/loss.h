// Classification loss and the counts behind top-1 and top-5.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace slab::train {

/// Mean over the batch of -sum_c t_c log softmax(z)_c with t = (1 - s) onehot(y) + s / K.
/// logits (N, K) float, labels (N) int64 in [0, K) -> scalar, differentiable in the logits.
at::Tensor labelSmoothedCrossEntropy(const at::Tensor& logits, const at::Tensor& labels, double smoothing);

/// Mean over the batch of -sum_c t_c log softmax(z)_c. logits and targets (N, K) float -> scalar.
at::Tensor softTargetCrossEntropy(const at::Tensor& logits, const at::Tensor& targets);

/// Targets of a mixed batch: t = o s(y) + (1 - o) s(y of the reversed batch), o the own share and s the
/// smoothed one-hot with 1 - smoothing + smoothing / K at the label and smoothing / K elsewhere.
/// labels (N) int64 -> (N, K) float32 on the labels' device.
at::Tensor mixedTargets(const at::Tensor& labels, std::int64_t classes, double ownShare, double smoothing);

/// What a batch is to learn: its labels (N) int64, or soft targets (N, K) where it is mixed (own share
/// below 1). Row i belongs to image i, so a part of the rows serves a part of the batch.
at::Tensor trainingTargets(const at::Tensor& labels, std::int64_t classes, double ownShare, double smoothing);

/// The training's loss, float32 whatever the logits are: smoothed labels or soft targets, as
/// `trainingTargets` made them; the two agree at a share of 1.
at::Tensor trainingLoss(const at::Tensor& logits, const at::Tensor& targets, double smoothing);

/// How many labels stand among the k highest logits. A class with the same logit counts as higher
/// only when its index is lower, so that a constant output scores no better than chance. Rows with
/// a NaN at the label count as wrong. k at or above the number of classes counts every other row.
std::int64_t countTopK(const at::Tensor& logits, const at::Tensor& labels, std::int64_t k);

}  // namespace slab::train
