// Patch embeddings: patches of an image or a map, projected to tokens.
#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <optional>

#include "core/nn/affine_layers.h"
#include "core/nn/norms/make_norm.h"

namespace slab::nn {

/// map (B, c, H, W) -> (B, H/p W/p, c p p), the values of a patch in the order of a convolution's weight; rows
/// and columns that fill no whole patch are left out, as a convolution of stride p leaves them out.
at::Tensor gatherPatches(const at::Tensor& map, std::int64_t patch);

/// tokens (B, N, C), row-major -> (B, C, rows, columns), a view.
at::Tensor tokensToMap(const at::Tensor& tokens, std::int64_t rows, std::int64_t columns);
/// (B, C, H, W) -> tokens (B, H W, C); a view where the map's channels are innermost.
at::Tensor mapToTokens(const at::Tensor& map);

/// Values of a square grid (1, n n, C) stretched to rows x columns by bilinear interpolation (align_corners false, as
/// PyTorch's default); themselves where that is their grid.
at::Tensor stretchedOverGrid(const at::Tensor& tokens, std::int64_t rows, std::int64_t columns);

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

/// map (B, c, H, W) -> tokens (B, H' W', width), row-major, by a convolution whose patches overlap (PVTv2, Wang et
/// al., 2022), then a norm. Registered names are the reference's: "proj", "norm".
class OverlappingPatchEmbed : public torch::nn::Module {
 public:
  OverlappingPatchEmbed(ConvShape shape, const NormFactory& norms);
  at::Tensor forward(const at::Tensor& map);

  std::shared_ptr<Conv2d> proj;
  NormSlot norm;

 private:
  ContextPtr context_;
};

}  // namespace slab::nn
