#include "core/nn/conv_embed.h"

namespace slab::nn {

ConvEmbed::ConvEmbed(const ConvEmbedNames& names, ConvShape shape, const NormFactory& norms)
    : conv(register_module(names.conv, std::make_shared<Conv2d>(shape))),
      norm(*this, names.norm, norms.make(shape.out)),
      context_(norms.context) {}

at::Tensor ConvEmbed::forward(const at::Tensor& map) {
  const at::Tensor result = conv->forward(map);
  // Channels last, as norms and linear layers want tokens; a view where the convolution keeps them so.
  const at::Tensor tokens =
      result.permute({0, 2, 3, 1}).reshape({result.size(0), result.size(2) * result.size(3), result.size(1)});
  const StageScope scope(*context_, "norm");
  return norm.forward(tokens.contiguous());
}

at::Tensor ConvEmbed::forwardTokens(const at::Tensor& tokens, std::int64_t height) {
  const auto batch = tokens.size(0), width = tokens.size(1) / height, channels = tokens.size(2);
  return forward(tokens.view({batch, height, width, channels}).permute({0, 3, 1, 2}));
}

}  // namespace slab::nn
