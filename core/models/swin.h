// Swin Transformer (Liu et al., 2021) with softmax windows, simplified linear or focused linear attention.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/config/arch/swin.h"
#include "core/models/backbone.h"
#include "core/nn/attention/windows.h"
#include "core/nn/drop_path.h"
#include "core/nn/mlp.h"
#include "core/nn/norms/make_norm.h"
#include "core/nn/patch_embed.h"
#include "core/nn/patch_merging.h"

namespace slab {

/// What a block needs to know beyond its stage's geometry.
struct SwinBlockShape {
  SwinStage stage;
  std::int64_t stageIndex = 0;
  std::int64_t block = 0;
  double mlpRatio = 4.0;
  double dropPath = 0.0;
  bool qkvBias = true;

  [[nodiscard]] const SwinBlockGeometry& geometry() const { return stage.blocks[static_cast<std::size_t>(block)]; }
  [[nodiscard]] std::string prefix() const {
    return "layers." + std::to_string(stageIndex) + ".blocks." + std::to_string(block) + ".";
  }
};

/// x += DropPath(windows(attn(norm1(x)))), x += DropPath(mlp(norm2(x))). Registered names: "attn_mask"
/// (shifted softmax blocks), "norm1", "attn", "norm2", "mlp".
class SwinBlock : public torch::nn::Module {
 public:
  SwinBlock(const SwinBlockShape& shape, const nn::NormFactory& norms);
  at::Tensor forward(const at::Tensor& tokens);

  at::Tensor attnMask;
  nn::NormSlot norm1;
  std::shared_ptr<nn::JointAttention> attn;
  nn::NormSlot norm2;
  std::shared_ptr<nn::Mlp> mlp;

 private:
  nn::WindowLayout layout_;
  nn::ResidualDropPath residual_;
  nn::ContextPtr context_;
};

/// One stage: blocks on one grid, then a merging step except after the last. Registered names: "blocks",
/// "downsample".
class SwinLayer : public torch::nn::Module {
 public:
  /// `blockShape` holds what the stage's blocks share; dropPaths one rate a block.
  SwinLayer(SwinBlockShape blockShape, const std::vector<double>& dropPaths, bool merges, const nn::NormFactory& norms);
  at::Tensor forward(const at::Tensor& tokens);

  std::vector<std::shared_ptr<SwinBlock>> blocks;
  std::shared_ptr<nn::PatchMerging> downsample;  // nullptr in the last stage

 private:
  std::int64_t grid_;
  nn::ContextPtr context_;
};

/// Registered names: "patch_embed", "layers", "norm", "head". Throws Error(Config), with the nearest image
/// sizes that fit, where grids and windows do not divide.
class Swin : public Backbone {
 public:
  explicit Swin(const ModelConfig& config);
  at::Tensor forwardFeatures(const at::Tensor& images) override;
  std::vector<FoldSite> foldSites() override;
  std::vector<nn::Attention*> attentionLayers() override;

 private:
  std::shared_ptr<nn::PatchEmbed> patchEmbed_;
  std::vector<std::shared_ptr<SwinLayer>> layers_;
  std::optional<nn::NormSlot> norm_;
};

}  // namespace slab
