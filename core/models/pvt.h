// PVT (Wang et al., 2021) with spatial-reduction softmax or a linear attention, without a class token.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/models/backbone.h"
#include "core/models/pvt_block.h"
#include "core/nn/patch_embed.h"

namespace slab {

/// A stage: patches, position embedding, blocks. The mean of the last stage's tokens goes to the head as it is: the
/// reference has no final norm. Its LayerNorm models still carry the parameters of one, without use or gradient, and
/// so do ours, for their files to load. Registered names: "pos_embed1" ..., "patch_embed1", "block1", ..., "norm"
/// (LayerNorm models), "head".
class Pvt : public Backbone {
 public:
  explicit Pvt(const ModelConfig& config);
  at::Tensor forwardFeatures(const at::Tensor& images) override;
  std::vector<FoldSite> foldSites() override;
  std::vector<nn::Attention*> attentionLayers() override;

 private:
  at::Tensor embed(const PvtLayers& stage, std::size_t index, const at::Tensor& map);

  std::vector<PvtLayers> stages_;
};

}  // namespace slab
