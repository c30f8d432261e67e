// Patch embedding: non-overlapping patches, projected to tokens.
#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <optional>

#include "core/nn/affine_layers.h"
#include "core/nn/norms/make_norm.h"

namespace slab::nn {

struct PatchShape {
  std::int64_t patch = 4;
  std::int64_t inChannels = 3;
  std::int64_t width = 96;
};

/// images (B, channels, H, W) -> tokens (B, H/p W/p, width), row-major, by a p x p convolution of stride p,
/// then a norm where a factory is given. The convolution is computed as a linear layer over gathered
/// patches, so its tokens come out channels last. Registered names are the reference's: "proj", "norm".
class PatchEmbed : public torch::nn::Module {
 public:
  PatchEmbed(PatchShape shape, const NormFactory* norms, ContextPtr context);
  at::Tensor forward(const at::Tensor& images);

  std::shared_ptr<Conv2d> proj;
  std::optional<NormSlot> norm;

 private:
  ContextPtr context_;
};

}  // namespace slab::nn
