#include "core/models/cswin.h"

#include <ATen/ops/cat.h>

#include <numeric>

#include "core/models/config_check.h"
#include "core/nn/recompute.h"

namespace slab {
namespace {

nn::AttentionKind kindOf(char letter) {
  switch (letter) {
    case 'L': return nn::AttentionKind::SimplifiedLinear;
    case 'F': return nn::AttentionKind::FocusedLinear;
    default: return nn::AttentionKind::Softmax;
  }
}

std::string stageName(std::size_t index) {
  return "stage" + std::to_string(index + 1);
}

std::string blockPrefix(std::size_t stage, std::size_t block) {
  return stageName(stage) + "." + std::to_string(block) + ".";
}

std::string mergeName(std::size_t index) {
  return "merge" + std::to_string(index + 1);
}

nn::AttentionPlace placeOf(const std::string& prefix, const CswinStage& stage, std::size_t stageIndex,
                           const CswinBlockGeometry& block, std::size_t branch) {
  nn::AttentionPlace place;
  place.layer = prefix + "attns." + std::to_string(branch);
  place.stage = static_cast<std::int64_t>(stageIndex);
  place.height = place.width = place.window = stage.grid;
  if (block.branches.size() > 1) {
    place.stripeHeight = block.branches[branch].height;
    place.stripeWidth = block.branches[branch].width;
  }
  return place;
}

std::int64_t hiddenWidth(const ModelConfig& config, const CswinStage& stage, std::size_t index) {
  return static_cast<std::int64_t>(static_cast<double>(stage.width) * config.mlpRatioOf(index));
}

const ModelConfig& checked(const ModelConfig& config) {
  requireStages(config);
  requireGeometry(config, cswinGeometryProblem(config), cswinSizesThatFit(config));
  return config;
}

}  // namespace

CswinBlock::CswinBlock(const ModelConfig& config, const CswinStage& stage, std::size_t stageIndex, std::size_t block,
                       double dropPath, const nn::NormFactory& norms)
    : qkv(register_module("qkv", std::make_shared<nn::Linear>(stage.width, 3 * stage.width, config.qkvBias))),
      norm1(*this, "norm1", norms.make(stage.width)),
      proj(register_module("proj", std::make_shared<nn::Linear>(stage.width, stage.width))),
      attns(registerBranches(config, stage, stageIndex, block, norms.context)),
      mlp(register_module("mlp", std::make_shared<nn::Mlp>(stage.width, hiddenWidth(config, stage, stageIndex)))),
      norm2(*this, "norm2", norms.make(stage.width)),
      prefix_(blockPrefix(stageIndex, block)),
      residual_(dropPath, norms.context),
      context_(norms.context) {
  for (const auto& branch : attns) layouts_.emplace_back(branch->place());
}

CswinBlock::Branches CswinBlock::registerBranches(const ModelConfig& config, const CswinStage& stage,
                                                  std::size_t stageIndex, std::size_t block,
                                                  const nn::ContextPtr& context) {
  const auto& geometry = stage.blocks[block];
  const auto count = static_cast<std::int64_t>(geometry.branches.size());
  const nn::AttentionShape share{stage.width / count, stage.heads / count, config.qkvBias};
  Branches branches;
  auto list = register_module("attns", std::make_shared<torch::nn::Module>("attns"));
  for (std::size_t b = 0; b < geometry.branches.size(); ++b) {
    const auto place = placeOf(blockPrefix(stageIndex, block), stage, stageIndex, geometry, b);
    branches.push_back(list->register_module(
        std::to_string(b), std::make_shared<nn::LepeAttention>(kindOf(geometry.attention), place, share, context)));
  }
  return branches;
}

at::Tensor CswinBlock::forward(const at::Tensor& tokens) {
  const auto inScope = [&](std::string_view part, const auto& work) {
    const nn::StageScope scope(*context_, part);
    return work();
  };
  const at::Tensor normed = inScope("norm", [&] { return norm1.forward(tokens); });
  const at::Tensor packed = inScope("qkv", [&] { return qkv->forward(normed); });
  const at::Tensor attended = attend(packed);
  const at::Tensor projected = inScope("proj", [&] { return proj->forward(attended); });
  const at::Tensor middle = residual_.add(tokens, projected, is_training());
  const at::Tensor input = inScope("norm", [&] { return norm2.forward(middle); });
  return inScope("mlp", [&] { return residual_.add(middle, mlp->forward(input), is_training()); });
}

at::Tensor CswinBlock::attend(const at::Tensor& packed) {
  const auto branches = static_cast<std::int64_t>(attns.size());
  if (branches == 1) return attns.front()->forward(packed);
  // (B, N, 3, branches, C / branches): a branch has its share of q, of k and of v.
  const auto batch = packed.size(0), count = packed.size(1), width = packed.size(2) / (3 * branches);
  const at::Tensor shares = packed.view({batch, count, 3, branches, width});
  std::vector<at::Tensor> outputs;
  for (std::int64_t b = 0; b < branches; ++b) {
    const auto& layout = layouts_[static_cast<std::size_t>(b)];
    at::Tensor stripes;
    {
      const nn::StageScope scope(*context_, "window");
      stripes = layout.toWindows(shares.select(3, b)).flatten(2);
    }
    const at::Tensor output = attns[static_cast<std::size_t>(b)]->forward(stripes);
    const nn::StageScope scope(*context_, "window");
    outputs.push_back(layout.toTokens(output));
  }
  const nn::StageScope scope(*context_, "window");
  return at::cat(outputs, -1);
}

void CswinBlock::addSites(std::vector<FoldSite>& sites) {
  addFoldSite(sites, {prefix_ + "norm1", &norm1, FoldDirection::IntoNext, {{prefix_ + "qkv", qkv.get()}}});
  addFoldSite(sites, {prefix_ + "norm2", &norm2, FoldDirection::IntoNext, {{prefix_ + "mlp.fc1", mlp->fc1.get()}}});
}

Cswin::Cswin(const ModelConfig& config) : Backbone(checked(config)) {
  const nn::NormFactory norms{config.norm, layerNormEps(Family::CSwin), context()};
  const auto [kernel, stride, padding] = cswinEmbedding(config);
  embed_ = register_module("stage1_conv_embed",
                           std::make_shared<nn::ConvEmbed>(
                               nn::ConvEmbedNames{"0", "2"},
                               nn::ConvShape{config.inChannels, config.embedDim, kernel, stride, padding, 1}, norms));
  const auto stages = cswinStages(config);
  std::int64_t done = 0;
  for (std::size_t i = 0; i < stages.size(); ++i) {
    stages_.push_back(registerStage(stages[i], i, done, i + 1 < stages.size(), norms));
    done += config.depths[i];
  }
  const std::int64_t width = stages.back().width;
  norm_.emplace(*this, "norm", norms.make(width));
  registerHead(width);
}

Cswin::Stage Cswin::registerStage(const CswinStage& stage, std::size_t index, std::int64_t blocksBefore, bool merges,
                                  const nn::NormFactory& norms) {
  const auto& depths = config().depths;
  const auto total = std::accumulate(depths.begin(), depths.end(), std::int64_t{0});
  Stage made;
  made.grid = stage.grid;
  auto list = register_module(stageName(index), std::make_shared<torch::nn::Module>("stage"));
  for (std::size_t j = 0; j < stage.blocks.size(); ++j) {
    const double rate = nn::dropPathRate(config().dropPath, blocksBefore + static_cast<std::int64_t>(j), total);
    made.blocks.push_back(
        list->register_module(std::to_string(j), std::make_shared<CswinBlock>(config(), stage, index, j, rate, norms)));
  }
  if (merges) {
    made.merge = register_module(mergeName(index), std::make_shared<nn::ConvEmbed>(
                                                       nn::ConvEmbedNames{"conv", "norm"},
                                                       nn::ConvShape{stage.width, 2 * stage.width, 3, 2, 1, 1}, norms));
  }
  return made;
}

at::Tensor Cswin::forwardFeatures(const at::Tensor& images) {
  at::Tensor tokens;
  {
    const nn::StageScope scope(*context(), "patch_embed");
    tokens = embed_->forward(images);
  }
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    const nn::StageScope scope(*context(), stageName(i));
    for (std::size_t j = 0; j < stages_[i].blocks.size(); ++j) {
      const nn::StageScope block(*context(), std::to_string(j));
      tokens = nn::runBlock(stages_[i].blocks[j], tokens, context());
    }
    if (!stages_[i].merge) continue;
    const nn::StageScope merge(*context(), "merge");
    tokens = stages_[i].merge->forwardTokens(tokens, stages_[i].grid);
  }
  const nn::StageScope scope(*context(), "norm");
  return norm_->forward(tokens).mean(1);
}

std::vector<FoldSite> Cswin::foldSites() {
  std::vector<FoldSite> sites;
  const auto addConv = [&](const std::string& norm, nn::ConvEmbed& embed, const std::string& conv) {
    addFoldSite(sites, {norm, &embed.norm, FoldDirection::IntoPrevious, {{conv, embed.conv.get()}}});
  };
  addConv("stage1_conv_embed.2", *embed_, "stage1_conv_embed.0");
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    for (const auto& block : stages_[i].blocks) block->addSites(sites);
    if (stages_[i].merge) addConv(mergeName(i) + ".norm", *stages_[i].merge, mergeName(i) + ".conv");
  }
  addFoldSite(sites, {"norm", &*norm_, FoldDirection::IntoNext, {{"head", head_.get()}}});
  return sites;
}

std::vector<nn::Attention*> Cswin::attentionLayers() {
  std::vector<nn::Attention*> layers;
  for (const auto& stage : stages_) {
    for (const auto& block : stage.blocks) {
      for (const auto& branch : block->attns) layers.push_back(branch.get());
    }
  }
  return layers;
}

}  // namespace slab
