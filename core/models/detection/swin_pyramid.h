// Swin as the backbone of a detector: images of any size in, one map a stage out.
#pragma once

#include <memory>
#include <vector>

#include "core/config/arch/detection.h"
#include "core/models/backbone.h"
#include "core/models/detection/pyramid_backbone.h"
#include "core/nn/attention/attention.h"
#include "core/nn/drop_path.h"
#include "core/nn/mlp.h"
#include "core/nn/norms/make_norm.h"
#include "core/nn/patch_embed.h"
#include "core/nn/patch_merging.h"

namespace slab {

/// A Swin block on a map of any size. Behind norm1 the map is filled up with zeros, right and below, to whole windows,
/// and what was filled up is cut off again. A zero token's q, k and v are the qkv layer's bias, so the layer runs on
/// the tokens that are there and its output is filled up with that value: the same numbers with less work, and what
/// makes norm1 fold exactly (nn::Linear::outputOfPadding). Odd blocks are shifted by half a window; linear attention
/// ignores the mask, as in the reference. Registered names: "norm1", "attn", "norm2", "mlp".
class PyramidBlock : public torch::nn::Module {
 public:
  PyramidBlock(std::shared_ptr<nn::JointAttention> attention, std::int64_t hidden, double dropPath,
               const nn::NormFactory& norms);
  at::Tensor forward(const at::Tensor& tokens, Grid grid);

  nn::NormSlot norm1;
  std::shared_ptr<nn::JointAttention> attn;
  nn::NormSlot norm2;
  std::shared_ptr<nn::Mlp> mlp;

 private:
  at::Tensor attend(const at::Tensor& normed, Grid grid);
  // That of the map at hand, kept until one of another size, type or device comes; undefined where none is needed.
  const at::Tensor& shiftMask(const at::TensorOptions& options);

  nn::ResidualDropPath residual_;
  at::Tensor mask_;
  Grid masked_;  // the map it is for
};

/// images (B, 3, H, W), already normalised -> maps (B, C 2^i, ceil(H / 4) / 2^i, ceil(W / 4) / 2^i, halves rounded up),
/// each behind a LayerNorm of its own ("norm0" to "norm3"), which never folds. The other registered names and their
/// order are the reference's state dict of its detection backbone (mmdet's Swin, without "backbone."); files of it have
/// no counter `warm`. An image is filled up with zeros to whole patches, a map to whole windows and to even sides.
class SwinPyramid : public PyramidBackbone {
 public:
  explicit SwinPyramid(const ModelConfig& config);
  std::vector<at::Tensor> forward(const at::Tensor& images) override;
  std::vector<nn::Attention*> attentionLayers() override;

  /// The norms of the outputs have no layer to go to.
  std::vector<FoldSite> foldSites() override;

 private:
  struct Stage {
    std::vector<std::shared_ptr<PyramidBlock>> blocks;
    std::shared_ptr<nn::PatchMerging> downsample;  // nullptr in the last stage
  };
  Stage makeStage(std::size_t index, std::int64_t firstBlock, const nn::NormFactory& norms);

  std::shared_ptr<nn::PatchEmbed> patchEmbed_;
  std::vector<Stage> stages_;
  std::vector<std::unique_ptr<nn::NormSlot>> outputNorms_;
};

}  // namespace slab
