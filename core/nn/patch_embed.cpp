#include "core/nn/patch_embed.h"

#include <ATen/ops/upsample_bilinear2d.h>

#include <cmath>

#include "core/ops/linear.h"

namespace slab::nn {

at::Tensor gatherPatches(const at::Tensor& map, std::int64_t patch) {
  const auto batch = map.size(0), channels = map.size(1);
  const auto rows = map.size(2) / patch, columns = map.size(3) / patch;
  return map.narrow(2, 0, rows * patch)
      .narrow(3, 0, columns * patch)
      .reshape({batch, channels, rows, patch, columns, patch})
      .permute({0, 2, 4, 1, 3, 5})
      .reshape({batch, rows * columns, channels * patch * patch});
}

at::Tensor tokensToMap(const at::Tensor& tokens, std::int64_t rows, std::int64_t columns) {
  return tokens.transpose(1, 2).unflatten(2, {rows, columns});
}

at::Tensor mapToTokens(const at::Tensor& map) {
  return map.flatten(2).transpose(1, 2);
}

at::Tensor stretchedOverGrid(const at::Tensor& tokens, std::int64_t rows, std::int64_t columns) {
  const auto side = static_cast<std::int64_t>(std::llround(std::sqrt(static_cast<double>(tokens.size(1)))));
  if (side == rows && side == columns) return tokens;
  TORCH_CHECK(side * side == tokens.size(1), tokens.size(1), " positions are no square grid");
  return mapToTokens(at::upsample_bilinear2d(tokensToMap(tokens, side, side), {rows, columns},
                                             /*align_corners=*/false));
}

PatchEmbed::PatchEmbed(PatchShape shape, const NormFactory* norms, ContextPtr context)
    : proj(register_module(
          "proj", std::make_shared<Conv2d>(ConvShape{shape.inChannels, shape.width, shape.patch, shape.patch, 0, 1}))),
      context_(std::move(context)) {
  if (norms) norm.emplace(*this, "norm", norms->make(shape.width));
}

at::Tensor PatchEmbed::forward(const at::Tensor& images) {
  const at::Tensor patches = gatherPatches(images, proj->shape().kernel);
  at::Tensor tokens = ops::linear(patches, proj->weight.flatten(1), proj->bias);
  if (!norm) return tokens;
  const StageScope scope(*context_, "norm");
  return norm->forward(tokens);
}

OverlappingPatchEmbed::OverlappingPatchEmbed(ConvShape shape, const NormFactory& norms)
    : proj(register_module("proj", std::make_shared<Conv2d>(shape))),
      norm(*this, "norm", norms.make(shape.out)),
      context_(norms.context) {}

at::Tensor OverlappingPatchEmbed::forward(const at::Tensor& map) {
  const at::Tensor tokens = mapToTokens(proj->forward(map)).contiguous();
  const StageScope scope(*context_, "norm");
  return norm.forward(tokens);
}

}  // namespace slab::nn
