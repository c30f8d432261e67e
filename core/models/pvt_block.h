// What PVT and PVTv2 share: the block, and stages registered under flat names ("block1", ...) in the model.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/config/arch/pvt.h"
#include "core/models/backbone.h"
#include "core/nn/attention/spatial_reduction.h"
#include "core/nn/drop_path.h"
#include "core/nn/mlp.h"
#include "core/nn/norms/make_norm.h"
#include "core/nn/patch_embed.h"

namespace slab {

/// What a block needs to know beyond its stage's geometry.
struct PvtBlockShape {
  Family family = Family::Pvt;
  PvtStage stage;
  std::int64_t stageIndex = 0;
  std::int64_t block = 0;
  double dropPath = 0.0;
  bool qkvBias = true;

  [[nodiscard]] std::string prefix() const {
    return "block" + std::to_string(stageIndex + 1) + "." + std::to_string(block) + ".";
  }
};

/// x += DropPath(attn(norm1(x))), x += DropPath(mlp(norm2(x))). PVTv2 has a depthwise convolution in the MLP and,
/// as the reference passes its attention no norm, a LayerNorm behind the reducing convolution whatever the
/// model's norm is. Registered names: "norm1", "attn", "norm2", "mlp".
class PvtBlock : public torch::nn::Module {
 public:
  PvtBlock(const PvtBlockShape& shape, const nn::NormFactory& norms);
  at::Tensor forward(const at::Tensor& tokens);
  /// Appends the block's sites; `prefix` as in PvtBlockShape.
  void addFoldSites(std::vector<FoldSite>& sites, const std::string& prefix);

  nn::NormSlot norm1;
  std::shared_ptr<nn::SpatialReductionAttention> attn;
  nn::NormSlot norm2;
  std::shared_ptr<nn::Mlp> mlp;

 private:
  nn::ResidualDropPath residual_;
  nn::ContextPtr context_;
};

using PvtBlocks = std::vector<std::shared_ptr<PvtBlock>>;

/// Throws Error(Config) where the configuration makes no PVT or PVTv2, with the sizes that fit.
void checkPvtConfig(const ModelConfig& config);

/// The blocks of stage `index`, registered in `model` as "block<index + 1>".
PvtBlocks registerPvtBlocks(torch::nn::Module& model, const ModelConfig& config, std::size_t index,
                            const nn::NormFactory& norms);

/// What a stage of PVT holds: patches, position embedding, blocks.
struct PvtLayers {
  at::Tensor posEmbed;
  std::shared_ptr<nn::PatchEmbed> patchEmbed;
  PvtBlocks blocks;
  PvtStage shape;
};

/// PVT's stages, registered in `model` as "pos_embed1" ..., "patch_embed1", "block1", ...
std::vector<PvtLayers> registerPvtLayers(torch::nn::Module& model, const ModelConfig& config,
                                         const nn::NormFactory& norms, const nn::ContextPtr& context);

/// The sites of those stages.
std::vector<FoldSite> pvtFoldSites(const std::vector<PvtLayers>& stages);

/// Runs a stage's blocks in the timer's scope "block<index + 1>".
at::Tensor forwardPvtBlocks(const PvtBlocks& blocks, std::size_t index, at::Tensor tokens,
                            const nn::ContextPtr& context);

}  // namespace slab
