// Swin's step between stages: four neighbouring tokens become one of twice the width.
#pragma once

#include <torch/nn/module.h>

#include <memory>

#include "core/nn/affine_layers.h"
#include "core/nn/norms/make_norm.h"

namespace slab::nn {

/// tokens (B, H W, C) -> (B, ceil(H/2) ceil(W/2), 2C): the 2 x 2 neighbours concatenated in the order (even row,
/// even column), (odd, even), (even, odd), (odd, odd), a norm over 4C, a linear layer without bias. Registered
/// names are the reference's: "reduction", "norm".
class PatchMerging : public torch::nn::Module {
 public:
  PatchMerging(std::int64_t channels, const NormFactory& norms);
  /// height and width of the incoming grid; an odd one is filled up with zeros in front of the norm.
  at::Tensor forward(const at::Tensor& tokens, std::int64_t height, std::int64_t width);

  std::shared_ptr<Linear> reduction;
  NormSlot norm;

 private:
  ContextPtr context_;
};

}  // namespace slab::nn
