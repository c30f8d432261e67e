#include "core/models/detection/pvt_pyramid.h"

#include "core/base/error.h"
#include "core/models/backbone.h"

namespace slab {

PvtPyramid::PvtPyramid(const ModelConfig& config) : PyramidBackbone(config) {
  checkPvtConfig(config);
  const nn::NormFactory norms{config.norm, layerNormEps(Family::Pvt), context()};
  stages_ = registerPvtLayers(*this, config, norms, context());
  train();
}

std::vector<at::Tensor> PvtPyramid::forward(const at::Tensor& images) {
  requireImages(images);
  std::vector<at::Tensor> maps;
  at::Tensor map = images;
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    const PvtLayers& stage = stages_[i];
    const auto rows = map.size(2) / stage.shape.stride, columns = map.size(3) / stage.shape.stride;
    for (const auto& block : stage.blocks) {
      block->attn->setGrid(rows, columns);
      if (block->attn->place().keyHeight() > 0 && block->attn->place().keyWidth() > 0) continue;
      throw Error(ErrorKind::Data, config().name + " has no key left in stage " + std::to_string(i + 1) +
                                       " of so small an image; fill it up to a multiple of 32");
    }
    const at::Tensor embedded = stage.patchEmbed->forward(map) + nn::stretchedOverGrid(stage.posEmbed, rows, columns);
    map = nn::tokensToMap(forwardPvtBlocks(stage.blocks, i, embedded, context()), rows, columns);
    maps.push_back(map);
  }
  return maps;
}

std::vector<FoldSite> PvtPyramid::foldSites() {
  return pvtFoldSites(stages_);
}

std::vector<nn::Attention*> PvtPyramid::attentionLayers() {
  std::vector<nn::Attention*> layers;
  for (const auto& stage : stages_) {
    for (const auto& block : stage.blocks) layers.push_back(block->attn.get());
  }
  return layers;
}

}  // namespace slab
