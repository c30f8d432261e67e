#include "core/nn/patch_embed.h"

#include "core/ops/linear.h"

namespace slab::nn {
namespace {

// (B, c, H, W) -> (B, H/p W/p, c p p), channels of a patch in the order of a convolution's weight.
at::Tensor gatherPatches(const at::Tensor& images, std::int64_t patch) {
  const auto batch = images.size(0), channels = images.size(1);
  const auto rows = images.size(2) / patch, columns = images.size(3) / patch;
  return images.reshape({batch, channels, rows, patch, columns, patch})
      .permute({0, 2, 4, 1, 3, 5})
      .reshape({batch, rows * columns, channels * patch * patch});
}

}  // namespace

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

}  // namespace slab::nn
