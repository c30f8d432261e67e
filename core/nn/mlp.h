// The feed-forward part of a block: fc1, GELU, fc2. Registered names are the reference's.
#pragma once

#include <torch/nn/module.h>

#include <memory>

#include "core/nn/affine_layers.h"

namespace slab::nn {

/// tokens (..., width) -> (..., width) through `hidden` channels; exact (erf) GELU.
class Mlp : public torch::nn::Module {
 public:
  Mlp(std::int64_t width, std::int64_t hidden);
  at::Tensor forward(const at::Tensor& tokens);

  std::shared_ptr<Linear> fc1;
  std::shared_ptr<Linear> fc2;
};

}  // namespace slab::nn
