#include "core/models/swin.h"

#include <numeric>

#include "core/models/config_check.h"
#include "core/nn/attention/focused_linear_attention.h"
#include "core/nn/attention/simplified_linear_attention.h"
#include "core/nn/attention/window_attention.h"
#include "core/nn/recompute.h"

namespace slab {
namespace {

nn::AttentionPlace placeOf(const SwinBlockShape& shape) {
  nn::AttentionPlace place;
  place.layer = shape.prefix() + "attn";
  place.stage = shape.stageIndex;
  place.height = place.width = shape.stage.grid;
  place.window = shape.geometry().window;
  place.shift = shape.geometry().shift;
  return place;
}

std::shared_ptr<nn::JointAttention> makeAttention(const SwinBlockShape& shape, nn::ContextPtr context) {
  const nn::AttentionShape attention{shape.stage.width, shape.stage.heads, shape.qkvBias};
  switch (shape.geometry().attention) {
    case 'L': return std::make_shared<nn::SimplifiedLinearAttention>(placeOf(shape), attention, std::move(context));
    case 'F': return std::make_shared<nn::FocusedLinearAttention>(placeOf(shape), attention, std::move(context));
    default: return std::make_shared<nn::WindowAttention>(placeOf(shape), attention, std::move(context));
  }
}

std::int64_t hiddenWidth(const SwinBlockShape& shape) {
  return static_cast<std::int64_t>(static_cast<double>(shape.stage.width) * shape.mlpRatio);
}

}  // namespace

SwinBlock::SwinBlock(const SwinBlockShape& shape, const nn::NormFactory& norms)
    : norm1(*this, "norm1", norms.make(shape.stage.width)),
      attn(register_module("attn", makeAttention(shape, norms.context))),
      norm2(*this, "norm2", norms.make(shape.stage.width)),
      mlp(register_module("mlp", std::make_shared<nn::Mlp>(shape.stage.width, hiddenWidth(shape)))),
      layout_(attn->place()),
      residual_(shape.dropPath, norms.context),
      context_(norms.context) {
  const auto& place = attn->place();
  // Linear attention ignores the mask, and at its window sizes the mask would fill memory.
  if (place.shift > 0 && attn->kind() == nn::AttentionKind::Softmax) {
    attnMask = register_buffer("attn_mask", nn::shiftMask(place.height, place.width, place.window, place.shift));
  }
}

at::Tensor SwinBlock::forward(const at::Tensor& tokens) {
  const auto inScope = [&](std::string_view part, const auto& work) {
    const nn::StageScope scope(*context_, part);
    return work();
  };
  const at::Tensor normed = inScope("norm", [&] { return norm1.forward(tokens); });
  const at::Tensor windows = inScope("window", [&] { return layout_.toWindows(normed); });
  const at::Tensor attended = attn->forward(windows, attnMask);
  const at::Tensor merged = inScope("window", [&] { return layout_.toTokens(attended); });
  const at::Tensor middle = residual_.add(tokens, merged, is_training());
  const at::Tensor input = inScope("norm", [&] { return norm2.forward(middle); });
  return inScope("mlp", [&] { return residual_.add(middle, mlp->forward(input), is_training()); });
}

SwinLayer::SwinLayer(SwinBlockShape blockShape, const std::vector<double>& dropPaths, bool merges,
                     const nn::NormFactory& norms)
    : grid_(blockShape.stage.grid), context_(norms.context) {
  auto list = register_module("blocks", std::make_shared<torch::nn::Module>("blocks"));
  for (std::size_t i = 0; i < dropPaths.size(); ++i) {
    blockShape.block = static_cast<std::int64_t>(i);
    blockShape.dropPath = dropPaths[i];
    blocks.push_back(list->register_module(std::to_string(i), std::make_shared<SwinBlock>(blockShape, norms)));
  }
  if (merges) {
    const auto& stage = blockShape.stage;
    downsample = register_module("downsample", std::make_shared<nn::PatchMerging>(stage.width, norms));
  }
}

at::Tensor SwinLayer::forward(const at::Tensor& tokens) {
  at::Tensor x = tokens;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const nn::StageScope scope(*context_, "blocks." + std::to_string(i));
    x = nn::runBlock(blocks[i], x, context_);
  }
  if (!downsample) return x;
  const nn::StageScope scope(*context_, "merge");
  return downsample->forward(x, grid_, grid_);
}

Swin::Swin(const ModelConfig& config) : Backbone(config) {
  requireStages(config);
  requireGeometry(config, swinGeometryProblem(config), swinSizesThatFit(config));
  const nn::NormFactory norms{config.norm, layerNormEps(Family::Swin), context()};
  patchEmbed_ = register_module(
      "patch_embed", std::make_shared<nn::PatchEmbed>(
                         nn::PatchShape{config.patchSize, config.inChannels, config.embedDim}, &norms, context()));
  const auto stages = swinStages(config);
  const auto total = std::accumulate(config.depths.begin(), config.depths.end(), std::int64_t{0});
  std::int64_t done = 0;
  auto list = register_module("layers", std::make_shared<torch::nn::Module>("layers"));
  for (std::size_t i = 0; i < stages.size(); ++i) {
    std::vector<double> rates;
    for (std::size_t j = 0; j < stages[i].blocks.size(); ++j) {
      rates.push_back(nn::dropPathRate(config.dropPath, done++, total));
    }
    const SwinBlockShape shape{stages[i], static_cast<std::int64_t>(i), 0, config.mlpRatioOf(i), 0.0, config.qkvBias};
    layers_.push_back(list->register_module(std::to_string(i),
                                            std::make_shared<SwinLayer>(shape, rates, i + 1 < stages.size(), norms)));
  }
  const std::int64_t width = stages.back().width;
  norm_.emplace(*this, "norm", norms.make(width));
  registerHead(width);
}

at::Tensor Swin::forwardFeatures(const at::Tensor& images) {
  at::Tensor tokens;
  {
    const nn::StageScope scope(*context(), "patch_embed");
    tokens = patchEmbed_->forward(images);
  }
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const nn::StageScope scope(*context(), "layers." + std::to_string(i));
    tokens = layers_[i]->forward(tokens);
  }
  const nn::StageScope scope(*context(), "norm");
  return norm_->forward(tokens).mean(1);
}

std::vector<FoldSite> Swin::foldSites() {
  std::vector<FoldSite> sites;
  addFoldSite(sites, {"patch_embed.norm",
                      &*patchEmbed_->norm,
                      FoldDirection::IntoPrevious,
                      {{"patch_embed.proj", patchEmbed_->proj.get()}}});
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const std::string layer = "layers." + std::to_string(i) + ".";
    for (std::size_t j = 0; j < layers_[i]->blocks.size(); ++j) {
      auto& block = *layers_[i]->blocks[j];
      const std::string prefix = layer + "blocks." + std::to_string(j) + ".";
      const FoldTarget qkv{prefix + "attn.qkv", block.attn->qkv.get()};
      const FoldTarget fc1{prefix + "mlp.fc1", block.mlp->fc1.get()};
      addFoldSite(sites, {prefix + "norm1", &block.norm1, FoldDirection::IntoNext, {qkv}});
      addFoldSite(sites, {prefix + "norm2", &block.norm2, FoldDirection::IntoNext, {fc1}});
    }
    if (auto merge = layers_[i]->downsample) {
      const FoldTarget reduction{layer + "downsample.reduction", merge->reduction.get()};
      addFoldSite(sites, {layer + "downsample.norm", &merge->norm, FoldDirection::IntoNext, {reduction}});
    }
  }
  addFoldSite(sites, {"norm", &*norm_, FoldDirection::IntoNext, {{"head", head_.get()}}});
  return sites;
}

std::vector<nn::Attention*> Swin::attentionLayers() {
  std::vector<nn::Attention*> layers;
  for (const auto& layer : layers_) {
    for (const auto& block : layer->blocks) layers.push_back(block->attn.get());
  }
  return layers;
}

}  // namespace slab
