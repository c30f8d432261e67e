// RepBN (SLAB, arXiv 2405.11582, section 3.2): RepBN(x) = BN(x) + alpha x.
#pragma once

#include <memory>

#include "core/nn/context.h"
#include "core/nn/norms/norm.h"

namespace slab::nn {

/// Parameters and running statistics of the BatchNorm inside RepBN; registered as torch's BatchNorm1d:
/// "weight", "bias", "running_mean", "running_var", "num_batches_tracked".
class BatchStatistics : public torch::nn::Module {
 public:
  static constexpr double kMomentum = 0.1;

  explicit BatchStatistics(std::int64_t channels);

  at::Tensor weight;
  at::Tensor bias;
  at::Tensor runningMean;
  at::Tensor runningVar;
  at::Tensor numBatchesTracked;  // int64 scalar, counts training calls

  /// Weight of a batch in RepBN's running statistics; a recalibration sets 1 to read the batch's own.
  double momentum = kMomentum;
  /// Tokens of the last batch that RepBN took statistics of.
  std::int64_t tokens = 0;
};

/// BatchNorm over all tokens of the batch plus a skip scaled by one learnable alpha (1), both from their
/// reference initial values gamma = 1, beta = 0, alpha = 1. In training the batch's statistics are used and
/// the running ones updated with momentum 0.1; in evaluation the norm is one affine map per channel.
/// Registered names: "alpha", "bn".
class RepBn : public Norm {
 public:
  static constexpr double kEps = 1e-5;

  /// `context`: the model's, whose probe sees what comes in; null inside a PRepBN, which tells the probe itself.
  explicit RepBn(std::int64_t channels, ContextPtr context = nullptr);
  at::Tensor forward(const at::Tensor& tokens) override;
  /// scale = gamma / sqrt(var + eps) + alpha, shift = beta - gamma mean / sqrt(var + eps).
  [[nodiscard]] std::optional<ChannelAffine> evalAffine() const override;
  [[nodiscard]] std::int64_t channels() const override { return bn->weight.size(0); }

  at::Tensor alpha;
  std::shared_ptr<BatchStatistics> bn;

 private:
  ContextPtr context_;
};

}  // namespace slab::nn
