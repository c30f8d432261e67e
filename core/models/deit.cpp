#include "core/models/deit.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>

#include "core/base/error.h"
#include "core/nn/attention/simplified_linear_attention.h"
#include "core/nn/attention/softmax_attention.h"
#include "core/nn/init.h"
#include "core/nn/recompute.h"

namespace slab {
namespace {

constexpr char kSoftmax = 'S';
constexpr char kLinear = 'L';

std::shared_ptr<nn::JointAttention> makeAttention(const ModelConfig& config, std::int64_t index,
                                                  nn::ContextPtr context) {
  nn::AttentionPlace place;
  place.layer = "blocks." + std::to_string(index) + ".attn";
  place.height = place.width = place.window = config.imageSize / config.patchSize;
  const nn::AttentionShape shape{config.embedDim, config.heads.front(), config.qkvBias};
  if (config.attentionOf(0) == kLinear) {
    return std::make_shared<nn::SimplifiedLinearAttention>(std::move(place), shape, std::move(context));
  }
  place.prefixTokens = 1;
  return std::make_shared<nn::SoftmaxAttention>(std::move(place), shape, std::move(context));
}

void checkConfig(const ModelConfig& config) {
  const char letter = config.attentionOf(0);
  if (config.attention.size() > 1 || (letter != kSoftmax && letter != kLinear)) {
    throw Error(ErrorKind::Config, "model.attention '" + config.attention +
                                       "' is not built for DeiT; write S (softmax) or L (simplified linear).");
  }
  if (config.depths.size() != 1 || config.heads.size() != 1) {
    throw Error(ErrorKind::Config, "DeiT has one stage; give model.depths and model.heads one entry each.");
  }
  if (config.patchSize < 1 || config.imageSize < config.patchSize || config.imageSize % config.patchSize != 0) {
    throw Error(ErrorKind::Config, "model.image_size " + std::to_string(config.imageSize) +
                                       " is not a multiple of model.patch_size " + std::to_string(config.patchSize) +
                                       "; change one of them.");
  }
}

}  // namespace

DeitBlock::DeitBlock(const ModelConfig& config, std::int64_t index, const nn::NormFactory& norms)
    : norm1(*this, "norm1", norms.make(config.embedDim)),
      attn(register_module("attn", makeAttention(config, index, norms.context))),
      norm2(*this, "norm2", norms.make(config.embedDim)),
      mlp(register_module("mlp", std::make_shared<nn::Mlp>(
                                     config.embedDim, static_cast<std::int64_t>(static_cast<double>(config.embedDim) *
                                                                                config.mlpRatioOf(0))))),
      residual_(nn::dropPathRate(config.dropPath, index, config.depths.front()), norms.context),
      context_(norms.context) {}

at::Tensor DeitBlock::forward(const at::Tensor& tokens) {
  const auto normed = [&](const nn::NormSlot& norm, const at::Tensor& x) {
    const nn::StageScope scope(*context_, "norm");
    return norm.forward(x);
  };
  const at::Tensor attended = residual_.add(tokens, attn->forward(normed(norm1, tokens)), is_training());
  const at::Tensor input = normed(norm2, attended);
  const nn::StageScope scope(*context_, "mlp");
  return residual_.add(attended, mlp->forward(input), is_training());
}

Deit::Deit(const ModelConfig& config) : Backbone(config), usesClassToken_(config.attentionOf(0) == kSoftmax) {
  checkConfig(config);
  const std::int64_t side = config.imageSize / config.patchSize;
  const std::int64_t tokens = side * side + (usesClassToken_ ? 1 : 0);
  clsToken_ = register_parameter("cls_token", at::empty({1, 1, config.embedDim}));
  posEmbed_ = register_parameter("pos_embed", at::empty({1, tokens, config.embedDim}));
  nn::init::normal(clsToken_, nn::init::kWeightStd);
  nn::init::normal(posEmbed_, nn::init::kWeightStd);
  patchEmbed_ = register_module(
      "patch_embed", std::make_shared<nn::PatchEmbed>(
                         nn::PatchShape{config.patchSize, config.inChannels, config.embedDim}, nullptr, context()));
  const nn::NormFactory norms{config.norm, layerNormEps(Family::DeiT), context()};
  auto list = register_module("blocks", std::make_shared<torch::nn::Module>("blocks"));
  for (std::int64_t i = 0; i < config.depths.front(); ++i) {
    blocks_.push_back(list->register_module(std::to_string(i), std::make_shared<DeitBlock>(config, i, norms)));
  }
  norm_.emplace(*this, "norm", norms.make(config.embedDim));
  registerHead(config.embedDim);
}

at::Tensor Deit::forwardFeatures(const at::Tensor& images) {
  at::Tensor tokens;
  {
    const nn::StageScope scope(*context(), "patch_embed");
    tokens = patchEmbed_->forward(images);
    if (usesClassToken_) tokens = at::cat({clsToken_.expand({tokens.size(0), 1, -1}), tokens}, 1);
    tokens = tokens + posEmbed_;
  }
  {
    const nn::StageScope scope(*context(), "blocks");
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      const nn::StageScope block(*context(), std::to_string(i));
      tokens = nn::runBlock(blocks_[i], tokens, context());
    }
  }
  const nn::StageScope scope(*context(), "norm");
  tokens = norm_->forward(tokens);
  return usesClassToken_ ? tokens.select(1, 0) : tokens.mean(1);
}

std::vector<FoldSite> Deit::foldSites() {
  std::vector<FoldSite> sites;
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    auto& block = *blocks_[i];
    const std::string prefix = "blocks." + std::to_string(i) + ".";
    addFoldSite(
        sites,
        {prefix + "norm1", &block.norm1, FoldDirection::IntoNext, {{prefix + "attn.qkv", block.attn->qkv.get()}}});
    addFoldSite(
        sites, {prefix + "norm2", &block.norm2, FoldDirection::IntoNext, {{prefix + "mlp.fc1", block.mlp->fc1.get()}}});
  }
  addFoldSite(sites, {"norm", &*norm_, FoldDirection::IntoNext, {{"head", head_.get()}}});
  return sites;
}

std::vector<nn::Attention*> Deit::attentionLayers() {
  std::vector<nn::Attention*> layers;
  for (const auto& block : blocks_) layers.push_back(block->attn.get());
  return layers;
}

}  // namespace slab
