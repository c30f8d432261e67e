#include "core/nn/norms/rep_bn.h"

#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

#include "core/nn/norms/norm_probe.h"
#include "core/ops/norm.h"

namespace slab::nn {

BatchStatistics::BatchStatistics(std::int64_t channels)
    : weight(register_parameter("weight", at::ones({channels}))),
      bias(register_parameter("bias", at::zeros({channels}))),
      runningMean(register_buffer("running_mean", at::zeros({channels}))),
      runningVar(register_buffer("running_var", at::ones({channels}))),
      numBatchesTracked(register_buffer("num_batches_tracked", at::zeros({}, at::kLong))) {}

RepBn::RepBn(std::int64_t channels, ContextPtr context)
    : alpha(register_parameter("alpha", at::ones({1}))),
      bn(register_module("bn", std::make_shared<BatchStatistics>(channels))),
      context_(std::move(context)) {}

// The reference puts single BatchNorms into train mode to re-estimate their statistics, so the mode of
// `bn` decides, not this module's.
at::Tensor RepBn::forward(const at::Tensor& tokens) {
  if (!bn->is_training()) {
    return ops::repBnEval(tokens, bn->weight, bn->bias, alpha, bn->runningMean, bn->runningVar, kEps);
  }
  if (context_ && context_->normProbe) context_->normProbe->observe(*this, tokens);
  bn->numBatchesTracked.add_(1);
  bn->tokens = tokens.numel() / std::max<std::int64_t>(tokens.size(-1), 1);
  return ops::repBnTrain(tokens, bn->weight, bn->bias, alpha, bn->runningMean, bn->runningVar, bn->momentum, kEps);
}

std::optional<ChannelAffine> RepBn::evalAffine() const {
  const auto wide = [](const at::Tensor& t) { return t.detach().to(at::kCPU, at::kDouble); };
  const at::Tensor gain = wide(bn->weight) / (wide(bn->runningVar) + kEps).sqrt();
  return ChannelAffine{gain + wide(alpha), wide(bn->bias) - gain * wide(bn->runningMean)};
}

}  // namespace slab::nn
