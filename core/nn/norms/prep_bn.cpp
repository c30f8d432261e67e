#include "core/nn/norms/prep_bn.h"

#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include "core/nn/norms/norm_probe.h"
#include "core/ops/norm.h"

namespace slab::nn {

PrepBn::PrepBn(std::int64_t channels, double layerNormEps, ContextPtr context)
    : warm(register_buffer("warm", at::zeros({}, at::kLong))),
      iter(register_buffer("iter", at::full({}, kReferenceSteps, at::kLong))),
      totalStep(register_buffer("total_step", at::full({}, kReferenceSteps, at::kLong))),
      norm1(register_module("norm1", std::make_shared<LayerNorm>(channels, layerNormEps))),
      norm2(register_module("norm2", std::make_shared<RepBn>(channels))),
      context_(std::move(context)) {}

at::Tensor PrepBn::forward(const at::Tensor& tokens) {
  if (!is_training()) return forwardEval(tokens);
  if (context_->normProbe) context_->normProbe->observe(*this, tokens);
  if (context_->lambda.layerNormOnly) return norm1->forward(tokens);
  const BatchStatistics& bn = *norm2->bn;
  // Frozen statistics (detection) leave nothing to fuse.
  if (!bn.is_training()) return mixture(tokens);
  norm2->bn->numBatchesTracked.add_(1);
  return ops::prepBnTrain(tokens, norm1->weight, norm1->bias, norm1->eps(), bn.weight, bn.bias, norm2->alpha,
                          bn.runningMean, bn.runningVar, bn.momentum, RepBn::kEps, context_->lambda.lambda);
}

at::Tensor PrepBn::forwardEval(const at::Tensor& tokens) {
  switch (context_->lambda.evalBranch) {
    case EvalBranch::LayerNorm: return norm1->forward(tokens);
    case EvalBranch::Mixture: return context_->lambda.layerNormOnly ? norm1->forward(tokens) : mixture(tokens);
    case EvalBranch::RepBn: break;
  }
  return norm2->forward(tokens);
}

at::Tensor PrepBn::mixture(const at::Tensor& tokens) {
  const double lambda = context_->lambda.lambda;
  return lambda * norm1->forward(tokens) + (1.0 - lambda) * norm2->forward(tokens);
}

}  // namespace slab::nn
