#include "core/models/pvt_v2.h"

#include "core/nn/init.h"

namespace slab {
namespace {

void initialiseConvolutions(const torch::nn::Module& model) {
  for (const auto& module : model.modules(/*include_self=*/false)) {
    if (auto* convolution = dynamic_cast<nn::Conv2d*>(module.get())) {
      nn::init::convolutionByFanOut(convolution->weight, convolution->bias, convolution->shape().groups);
    }
  }
}

}  // namespace

PvtV2::PvtV2(const ModelConfig& config) : Backbone(config) {
  checkPvtConfig(config);
  const nn::NormFactory norms{config.norm, layerNormEps(Family::PvtV2), context()};
  for (const auto& shape : pvtStages(config)) {
    const std::size_t index = stages_.size();
    const std::string number = std::to_string(index + 1);
    const nn::ConvShape patches{
        shape.inWidth, shape.width, shape.overlappingKernel(), shape.stride, shape.overlappingPadding(), 1};
    Stage stage;
    stage.grid = shape.grid;
    stage.patchEmbed =
        register_module("patch_embed" + number, std::make_shared<nn::OverlappingPatchEmbed>(patches, norms));
    stage.blocks = registerPvtBlocks(*this, config, index, norms);
    stage.norm = std::make_unique<nn::NormSlot>(*this, "norm" + number, norms.make(shape.width));
    stages_.push_back(std::move(stage));
  }
  registerHead(pvtStages(config).back().width);
  initialiseConvolutions(*this);
}

at::Tensor PvtV2::embed(const Stage& stage, std::size_t index, const at::Tensor& map) {
  const nn::StageScope scope(*context(), "patch_embed" + std::to_string(index + 1));
  return stage.patchEmbed->forward(map);
}

at::Tensor PvtV2::normed(const Stage& stage, std::size_t index, const at::Tensor& tokens) {
  const nn::StageScope scope(*context(), "norm" + std::to_string(index + 1));
  return stage.norm->forward(tokens);
}

at::Tensor PvtV2::forwardFeatures(const at::Tensor& images) {
  at::Tensor map = images, tokens;
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    const auto& stage = stages_[i];
    tokens = normed(stage, i, forwardPvtBlocks(stage.blocks, i, embed(stage, i, map), context()));
    map = nn::tokensToMap(tokens, stage.grid, stage.grid);
  }
  return tokens.mean(1);
}

std::vector<FoldSite> PvtV2::foldSites() {
  std::vector<FoldSite> sites;
  const auto projOf = [&](std::size_t i) {
    const std::int64_t side = i > 0 ? stages_[i - 1].grid : config().imageSize;
    return FoldTarget{"patch_embed" + std::to_string(i + 1) + ".proj", stages_[i].patchEmbed->proj.get(), side, side};
  };
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    auto& stage = stages_[i];
    const std::string number = std::to_string(i + 1);
    addFoldSite(sites,
                {"patch_embed" + number + ".norm", &stage.patchEmbed->norm, FoldDirection::IntoPrevious, {projOf(i)}});
    for (std::size_t j = 0; j < stage.blocks.size(); ++j) {
      stage.blocks[j]->addFoldSites(sites, "block" + number + "." + std::to_string(j) + ".");
    }
    const FoldTarget next = i + 1 < stages_.size() ? projOf(i + 1) : FoldTarget{"head", head_.get(), 0, 0};
    addFoldSite(sites, {"norm" + number, stage.norm.get(), FoldDirection::IntoNext, {next}});
  }
  return sites;
}

std::vector<nn::Attention*> PvtV2::attentionLayers() {
  std::vector<nn::Attention*> layers;
  for (const auto& stage : stages_) {
    for (const auto& block : stage.blocks) layers.push_back(block->attn.get());
  }
  return layers;
}

}  // namespace slab
