// CSWin Transformer (Dong et al., 2022) with softmax, simplified linear or focused linear attention a stage.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/config/arch/cswin.h"
#include "core/models/backbone.h"
#include "core/nn/attention/lepe_attention.h"
#include "core/nn/attention/windows.h"
#include "core/nn/conv_embed.h"
#include "core/nn/drop_path.h"
#include "core/nn/mlp.h"
#include "core/nn/norms/make_norm.h"

namespace slab {

/// x += DropPath(proj(branches(qkv(norm1(x))))), x += DropPath(mlp(norm2(x))). With two branches the first half of
/// the channels, in q, k and v alike, attends in vertical stripes and the second half in horizontal ones.
/// Registered names are the reference's: "qkv", "norm1", "proj", "attns", "mlp", "norm2".
class CswinBlock : public torch::nn::Module {
 public:
  using Branches = std::vector<std::shared_ptr<nn::LepeAttention>>;

  /// `stageIndex` and `block` count from 0; the prefix of the block's keys is "stage<stageIndex + 1>.<block>.".
  CswinBlock(const ModelConfig& config, const CswinStage& stage, std::size_t stageIndex, std::size_t block,
             double dropPath, const nn::NormFactory& norms);
  at::Tensor forward(const at::Tensor& tokens);
  void addSites(std::vector<FoldSite>& sites);

  std::shared_ptr<nn::Linear> qkv;
  nn::NormSlot norm1;
  std::shared_ptr<nn::Linear> proj;
  Branches attns;
  std::shared_ptr<nn::Mlp> mlp;
  nn::NormSlot norm2;

 private:
  Branches registerBranches(const ModelConfig& config, const CswinStage& stage, std::size_t stageIndex,
                            std::size_t block, const nn::ContextPtr& context);
  at::Tensor attend(const at::Tensor& packed);

  std::string prefix_;
  std::vector<nn::WindowLayout> layouts_;
  nn::ResidualDropPath residual_;
  nn::ContextPtr context_;
};

/// Registered names: "stage1_conv_embed", then "stage1", "merge1", "stage2", ..., "norm", "head". Throws
/// Error(Config), with the nearest image sizes that fit, where grids and stripes do not divide.
class Cswin : public Backbone {
 public:
  explicit Cswin(const ModelConfig& config);
  at::Tensor forwardFeatures(const at::Tensor& images) override;
  std::vector<FoldSite> foldSites() override;
  std::vector<nn::Attention*> attentionLayers() override;

 private:
  struct Stage {
    std::vector<std::shared_ptr<CswinBlock>> blocks;
    std::shared_ptr<nn::ConvEmbed> merge;  // nullptr after the last
    std::int64_t grid = 0;
  };
  Stage registerStage(const CswinStage& stage, std::size_t index, std::int64_t blocksBefore, bool merges,
                      const nn::NormFactory& norms);

  std::shared_ptr<nn::ConvEmbed> embed_;
  std::vector<Stage> stages_;
  std::optional<nn::NormSlot> norm_;
};

}  // namespace slab
