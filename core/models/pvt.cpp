#include "core/models/pvt.h"

#include <ATen/ops/empty.h>

#include "core/nn/init.h"

namespace slab {

Pvt::Pvt(const ModelConfig& config) : Backbone(config) {
  checkPvtConfig(config);
  const nn::NormFactory norms{config.norm, layerNormEps(Family::Pvt), context()};
  const auto shapes = pvtStages(config);
  stages_.resize(shapes.size());
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    stages_[i].grid = shapes[i].grid;
    stages_[i].posEmbed =
        register_parameter("pos_embed" + std::to_string(i + 1), at::empty({1, shapes[i].tokens(), shapes[i].width}));
    nn::init::normal(stages_[i].posEmbed, nn::init::kWeightStd);
  }
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const nn::PatchShape patch{shapes[i].stride, shapes[i].inWidth, shapes[i].width};
    stages_[i].patchEmbed = register_module("patch_embed" + std::to_string(i + 1),
                                            std::make_shared<nn::PatchEmbed>(patch, &norms, context()));
    stages_[i].blocks = registerPvtBlocks(*this, config, i, norms);
  }
  if (config.norm == NormKind::LayerNorm) register_module("norm", norms.make(shapes.back().width));
  registerHead(shapes.back().width);
}

at::Tensor Pvt::embed(const Stage& stage, std::size_t index, const at::Tensor& map) {
  const nn::StageScope scope(*context(), "patch_embed" + std::to_string(index + 1));
  return stage.patchEmbed->forward(map) + stage.posEmbed;
}

at::Tensor Pvt::forwardFeatures(const at::Tensor& images) {
  at::Tensor map = images, tokens;
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    tokens = forwardPvtBlocks(stages_[i].blocks, i, embed(stages_[i], i, map), context());
    map = nn::tokensToMap(tokens, stages_[i].grid, stages_[i].grid);
  }
  return tokens.mean(1);
}

std::vector<FoldSite> Pvt::foldSites() {
  std::vector<FoldSite> sites;
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    auto& stage = stages_[i];
    const std::string number = std::to_string(i + 1), embed = "patch_embed" + number + ".";
    addFoldSite(sites, {embed + "norm",
                        &*stage.patchEmbed->norm,
                        FoldDirection::IntoPrevious,
                        {{embed + "proj", stage.patchEmbed->proj.get()}}});
    for (std::size_t j = 0; j < stage.blocks.size(); ++j) {
      stage.blocks[j]->addFoldSites(sites, "block" + number + "." + std::to_string(j) + ".");
    }
  }
  return sites;
}

std::vector<nn::Attention*> Pvt::attentionLayers() {
  std::vector<nn::Attention*> layers;
  for (const auto& stage : stages_) {
    for (const auto& block : stage.blocks) layers.push_back(block->attn.get());
  }
  return layers;
}

}  // namespace slab
