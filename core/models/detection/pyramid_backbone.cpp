#include "core/models/detection/pyramid_backbone.h"

#include "core/base/error.h"
#include "core/nn/norms/rep_bn.h"

namespace slab {

void PyramidBackbone::setLambda(double lambda, bool layerNormOnly) {
  context_->lambda.lambda = lambda;
  context_->lambda.layerNormOnly = layerNormOnly;
}

void PyramidBackbone::train(bool on) {
  torch::nn::Module::train(on);
  if (!freezesStatistics_) return;
  for (const auto& module : modules(/*include_self=*/false)) {
    if (auto* statistics = dynamic_cast<nn::BatchStatistics*>(module.get())) statistics->eval();
  }
}

void PyramidBackbone::to(torch::Dtype dtype, bool nonBlocking) {
  const auto convert = [&](at::Tensor& tensor) {
    if (tensor.is_floating_point()) tensor.set_data(tensor.to(dtype, nonBlocking));
  };
  for (auto& parameter : parameters()) convert(parameter);
  for (auto& buffer : buffers()) convert(buffer);
}

void PyramidBackbone::requireImages(const at::Tensor& images) const {
  if (images.dim() == 4 && images.size(1) == config_.inChannels) return;
  throw Error(ErrorKind::Data,
              config_.name + " takes images of " + std::to_string(config_.inChannels) + " channels, N x C x H x W");
}

}  // namespace slab
