// PVTv2 (Wang et al., 2022) with spatial-reduction softmax or simplified linear attention.
#pragma once

#include <memory>
#include <vector>

#include "core/models/backbone.h"
#include "core/models/pvt_block.h"
#include "core/nn/patch_embed.h"

namespace slab {

/// A stage: overlapping patches, blocks with a depthwise convolution in the MLP, a norm. The mean of the last
/// stage's normed tokens goes to the head. Every convolution is initialised by its fan out. Registered names:
/// "patch_embed1", "block1", "norm1", ..., "head".
class PvtV2 : public Backbone {
 public:
  explicit PvtV2(const ModelConfig& config);
  at::Tensor forwardFeatures(const at::Tensor& images) override;
  std::vector<FoldSite> foldSites() override;
  std::vector<nn::Attention*> attentionLayers() override;

 private:
  struct Stage {
    std::shared_ptr<nn::OverlappingPatchEmbed> patchEmbed;
    PvtBlocks blocks;
    std::unique_ptr<nn::NormSlot> norm;
    std::int64_t grid = 0;
  };
  at::Tensor embed(const Stage& stage, std::size_t index, const at::Tensor& map);
  at::Tensor normed(const Stage& stage, std::size_t index, const at::Tensor& tokens);

  std::vector<Stage> stages_;
};

}  // namespace slab
