#include "core/models/detection/pvt_pyramid.h"

#include <ATen/ops/empty.h>

#include "core/base/error.h"
#include "core/models/backbone.h"
#include "core/nn/init.h"

namespace slab {

PvtPyramid::PvtPyramid(const ModelConfig& config) : PyramidBackbone(config) {
  checkPvtConfig(config);
  const nn::NormFactory norms{config.norm, layerNormEps(Family::Pvt), context()};
  const auto shapes = pvtStages(config);
  stages_.resize(shapes.size());
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    stages_[i].stride = shapes[i].stride;
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
  train();
}

std::vector<at::Tensor> PvtPyramid::forward(const at::Tensor& images) {
  requireImages(images);
  std::vector<at::Tensor> maps;
  at::Tensor map = images;
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    const Stage& stage = stages_[i];
    const auto rows = map.size(2) / stage.stride, columns = map.size(3) / stage.stride;
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
  std::vector<FoldSite> sites;
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    const std::string number = std::to_string(i + 1), embed = "patch_embed" + number + ".";
    addFoldSite(sites, {embed + "norm",
                        &*stages_[i].patchEmbed->norm,
                        FoldDirection::IntoPrevious,
                        {{embed + "proj", stages_[i].patchEmbed->proj.get()}}});
    for (std::size_t j = 0; j < stages_[i].blocks.size(); ++j) {
      stages_[i].blocks[j]->addFoldSites(sites, "block" + number + "." + std::to_string(j) + ".");
    }
  }
  return sites;
}

}  // namespace slab
