#include "core/models/pvt.h"

namespace slab {

Pvt::Pvt(const ModelConfig& config) : Backbone(config) {
  checkPvtConfig(config);
  const nn::NormFactory norms{config.norm, layerNormEps(Family::Pvt), context()};
  stages_ = registerPvtLayers(*this, config, norms, context());
  const std::int64_t width = stages_.back().shape.width;
  if (config.norm == NormKind::LayerNorm) register_module("norm", norms.make(width));
  registerHead(width);
}

at::Tensor Pvt::embed(const PvtLayers& stage, std::size_t index, const at::Tensor& map) {
  const nn::StageScope scope(*context(), "patch_embed" + std::to_string(index + 1));
  return stage.patchEmbed->forward(map) + stage.posEmbed;
}

at::Tensor Pvt::forwardFeatures(const at::Tensor& images) {
  at::Tensor map = images, tokens;
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    tokens = forwardPvtBlocks(stages_[i].blocks, i, embed(stages_[i], i, map), context());
    map = nn::tokensToMap(tokens, stages_[i].shape.grid, stages_[i].shape.grid);
  }
  return tokens.mean(1);
}

std::vector<FoldSite> Pvt::foldSites() {
  return pvtFoldSites(stages_);
}

std::vector<nn::Attention*> Pvt::attentionLayers() {
  std::vector<nn::Attention*> layers;
  for (const auto& stage : stages_) {
    for (const auto& block : stage.blocks) layers.push_back(block->attn.get());
  }
  return layers;
}

}  // namespace slab
