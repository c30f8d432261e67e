#include "core/models/detection/swin_pyramid.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/zeros.h>

#include <numeric>

#include "core/config/arch/attention_letters.h"
#include "core/nn/attention/focused_linear_attention.h"
#include "core/nn/attention/simplified_linear_attention.h"
#include "core/nn/attention/window_attention.h"
#include "core/nn/attention/windows.h"

namespace slab {
namespace {

std::int64_t roundUp(std::int64_t size, std::int64_t multiple) {
  return (size + multiple - 1) / multiple * multiple;
}

// (B, rows, columns, C) filled up right and below with `value` (C), or zeros where it is undefined.
at::Tensor fillUp(const at::Tensor& map, Grid to, const at::Tensor& value) {
  const auto below = to.rows - map.size(1), right = to.columns - map.size(2);
  if (below == 0 && right == 0) return map;
  if (!value.defined()) return at::constant_pad_nd(map, {0, 0, 0, right, 0, below});
  const auto filling = [&](std::int64_t rows, std::int64_t columns) {
    return value.to(map.scalar_type()).expand({map.size(0), rows, columns, map.size(3)});
  };
  const at::Tensor wide = right > 0 ? at::cat({map, filling(map.size(1), right)}, 2) : map;
  return below > 0 ? at::cat({wide, filling(below, to.columns)}, 1) : wide;
}

std::shared_ptr<nn::JointAttention> makeAttention(const ModelConfig& config, std::size_t stage, std::int64_t block,
                                                  const nn::ContextPtr& context) {
  const char letter = blockAttention(config, stage, block);
  nn::AttentionPlace place;
  place.layer = "layers." + std::to_string(stage) + ".blocks." + std::to_string(block) + ".attn";
  place.stage = static_cast<std::int64_t>(stage);
  // The map's size is known in the forward only; until then one window stands for it.
  place.window = place.height = place.width = detectionWindow(config, stage, letter);
  place.shift = block % 2 == 1 ? place.window / 2 : 0;
  const nn::AttentionShape shape{config.widthOf(stage), config.heads[stage], config.qkvBias};
  switch (letter) {
    case 'L': return std::make_shared<nn::SimplifiedLinearAttention>(place, shape, context);
    case 'F': return std::make_shared<nn::FocusedLinearAttention>(place, shape, context);
    default: return std::make_shared<nn::WindowAttention>(place, shape, context);
  }
}

std::shared_ptr<torch::nn::Module> list(torch::nn::Module& owner, const std::string& name) {
  return owner.register_module(name, std::make_shared<torch::nn::Module>(name));
}

}  // namespace

PyramidBlock::PyramidBlock(std::shared_ptr<nn::JointAttention> attention, std::int64_t hidden, double dropPath,
                           const nn::NormFactory& norms)
    : norm1(*this, "norm1", norms.make(attention->channels())),
      attn(register_module("attn", std::move(attention))),
      norm2(*this, "norm2", norms.make(attn->channels())),
      mlp(register_module("mlp", std::make_shared<nn::Mlp>(attn->channels(), hidden))),
      residual_(dropPath, norms.context) {}

at::Tensor PyramidBlock::forward(const at::Tensor& tokens, Grid grid) {
  const at::Tensor attended = attend(norm1.forward(tokens), grid);
  const at::Tensor middle = residual_.add(tokens, attended, is_training());
  return residual_.add(middle, mlp->forward(norm2.forward(middle)), is_training());
}

at::Tensor PyramidBlock::attend(const at::Tensor& normed, Grid grid) {
  const std::int64_t window = attn->place().window;
  attn->setGrid(roundUp(grid.rows, window), roundUp(grid.columns, window));
  const nn::AttentionPlace& place = attn->place();
  const nn::WindowLayout layout(place);
  const at::Tensor packed = fillUp(attn->qkv->forward(normed).unflatten(1, {grid.rows, grid.columns}),
                                   {place.height, place.width}, attn->qkv->outputOfPadding());
  const at::Tensor windows = layout.toWindows(packed.flatten(1, 2));
  const at::Tensor attended = layout.toTokens(attn->attend(windows, shiftMask(packed.options())));
  return attended.unflatten(1, {place.height, place.width})
      .narrow(1, 0, grid.rows)
      .narrow(2, 0, grid.columns)
      .flatten(1, 2)
      .contiguous();
}

const at::Tensor& PyramidBlock::shiftMask(const at::TensorOptions& options) {
  const nn::AttentionPlace& place = attn->place();
  if (place.shift == 0 || attn->kind() != nn::AttentionKind::Softmax) return mask_;
  const bool isSame = mask_.defined() && masked_.rows == place.height && masked_.columns == place.width &&
                      mask_.dtype() == options.dtype() && mask_.device() == options.device();
  if (!isSame) {
    mask_ = nn::shiftMask(place.height, place.width, place.window, place.shift).to(options);
    masked_ = {place.height, place.width};
  }
  return mask_;
}

SwinPyramid::SwinPyramid(const ModelConfig& config) : PyramidBackbone(config) {
  const nn::NormFactory norms{config.norm, layerNormEps(Family::Swin), context()};
  const nn::PatchShape patches{config.patchSize, config.inChannels, config.embedDim};
  patchEmbed_ = register_module("patch_embed", std::make_shared<nn::PatchEmbed>(patches, &norms, context()));
  auto layers = list(*this, "layers");
  std::int64_t firstBlock = 0;
  for (std::size_t i = 0; i < config.stages(); ++i) {
    auto layer = list(*layers, std::to_string(i));
    auto blocks = list(*layer, "blocks");
    Stage stage = makeStage(i, firstBlock, norms);
    for (std::size_t j = 0; j < stage.blocks.size(); ++j) blocks->register_module(std::to_string(j), stage.blocks[j]);
    if (stage.downsample) layer->register_module("downsample", stage.downsample);
    firstBlock += config.depths[i];
    stages_.push_back(std::move(stage));
  }
  const nn::NormFactory layerNorms{NormKind::LayerNorm, layerNormEps(Family::Swin), context()};
  for (std::size_t i = 0; i < config.stages(); ++i) {
    outputNorms_.push_back(
        std::make_unique<nn::NormSlot>(*this, "norm" + std::to_string(i), layerNorms.make(config.widthOf(i))));
  }
  train();
}

SwinPyramid::Stage SwinPyramid::makeStage(std::size_t index, std::int64_t firstBlock, const nn::NormFactory& norms) {
  const auto total = std::accumulate(config().depths.begin(), config().depths.end(), std::int64_t{0});
  const std::int64_t width = config().widthOf(index);
  const auto hidden = static_cast<std::int64_t>(static_cast<double>(width) * config().mlpRatioOf(index));
  Stage stage;
  for (std::int64_t j = 0; j < config().depths[index]; ++j) {
    stage.blocks.push_back(std::make_shared<PyramidBlock>(makeAttention(config(), index, j, context()), hidden,
                                                          nn::dropPathRate(config().dropPath, firstBlock + j, total),
                                                          norms));
  }
  if (index + 1 < config().stages()) stage.downsample = std::make_shared<nn::PatchMerging>(width, norms);
  return stage;
}

std::vector<at::Tensor> SwinPyramid::forward(const at::Tensor& images) {
  requireImages(images);
  const std::int64_t patch = config().patchSize;
  Grid grid{(images.size(2) + patch - 1) / patch, (images.size(3) + patch - 1) / patch};
  at::Tensor tokens = patchEmbed_->forward(
      at::constant_pad_nd(images, {0, grid.columns * patch - images.size(3), 0, grid.rows * patch - images.size(2)}));
  std::vector<at::Tensor> maps;
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    for (const auto& block : stages_[i].blocks) tokens = block->forward(tokens, grid);
    maps.push_back(nn::tokensToMap(outputNorms_[i]->forward(tokens), grid.rows, grid.columns));
    if (!stages_[i].downsample) continue;
    tokens = stages_[i].downsample->forward(tokens, grid.rows, grid.columns);
    grid = {(grid.rows + 1) / 2, (grid.columns + 1) / 2};
  }
  return maps;
}

std::vector<nn::Attention*> SwinPyramid::attentionLayers() {
  std::vector<nn::Attention*> layers;
  for (const auto& stage : stages_) {
    for (const auto& block : stage.blocks) layers.push_back(block->attn.get());
  }
  return layers;
}

std::vector<FoldSite> SwinPyramid::foldSites() {
  std::vector<FoldSite> sites;
  addFoldSite(sites, {"patch_embed.norm",
                      &*patchEmbed_->norm,
                      FoldDirection::IntoPrevious,
                      {{"patch_embed.proj", patchEmbed_->proj.get()}}});
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    const std::string layer = "layers." + std::to_string(i) + ".";
    for (std::size_t j = 0; j < stages_[i].blocks.size(); ++j) {
      auto& block = *stages_[i].blocks[j];
      const std::string prefix = layer + "blocks." + std::to_string(j) + ".";
      FoldTarget qkv{prefix + "attn.qkv", block.attn->qkv.get()};
      qkv.isPadded = true;
      const FoldTarget fc1{prefix + "mlp.fc1", block.mlp->fc1.get()};
      addFoldSite(sites, {prefix + "norm1", &block.norm1, FoldDirection::IntoNext, {qkv}});
      addFoldSite(sites, {prefix + "norm2", &block.norm2, FoldDirection::IntoNext, {fc1}});
    }
    addFoldSite(sites, {"norm" + std::to_string(i), outputNorms_[i].get(), FoldDirection::IntoNext, {}});
    if (const auto& merge = stages_[i].downsample) {
      const FoldTarget reduction{layer + "downsample.reduction", merge->reduction.get()};
      addFoldSite(sites, {layer + "downsample.norm", &merge->norm, FoldDirection::IntoNext, {reduction}});
    }
  }
  return sites;
}

}  // namespace slab
