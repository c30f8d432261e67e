// A convolution with a norm behind it that makes tokens of a map: CSWin's embedding and its steps between stages.
#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <string>

#include "core/nn/affine_layers.h"
#include "core/nn/norms/make_norm.h"

namespace slab::nn {

/// The state-dict names of the two parts: CSWin's embedding calls them "0" and "2", its merges "conv" and "norm".
struct ConvEmbedNames {
  std::string conv;
  std::string norm;
};

/// map (B, c, H, W) -> tokens (B, H' W', out), row-major, normalised.
class ConvEmbed : public torch::nn::Module {
 public:
  ConvEmbed(const ConvEmbedNames& names, ConvShape shape, const NormFactory& norms);
  at::Tensor forward(const at::Tensor& map);
  /// The same from tokens (B, H W, c) of a grid with `height` rows.
  at::Tensor forwardTokens(const at::Tensor& tokens, std::int64_t height);

  std::shared_ptr<Conv2d> conv;
  NormSlot norm;

 private:
  ContextPtr context_;
};

}  // namespace slab::nn
