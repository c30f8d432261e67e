#include "core/nn/norms/layer_norm.h"

#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

#include "core/ops/norm.h"

namespace slab::nn {

LayerNorm::LayerNorm(std::int64_t channels, double eps)
    : weight(register_parameter("weight", at::ones({channels}))),
      bias(register_parameter("bias", at::zeros({channels}))),
      eps_(eps) {}

at::Tensor LayerNorm::forward(const at::Tensor& tokens) {
  return ops::layerNorm(tokens, weight, bias, eps_);
}

}  // namespace slab::nn
