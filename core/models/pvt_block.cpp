#include "core/models/pvt_block.h"

#include <ATen/ops/empty.h>

#include <numeric>

#include "core/models/config_check.h"
#include "core/nn/init.h"
#include "core/nn/recompute.h"

namespace slab {
namespace {

constexpr char kSoftmax = 'S';
constexpr char kFocused = 'F';

// PyTorch's default, as the reference's PVTv2 leaves it.
constexpr double kReductionNormEps = 1e-5;

nn::AttentionPlace placeOf(const PvtBlockShape& shape) {
  nn::AttentionPlace place;
  place.layer = shape.prefix() + "attn";
  place.stage = shape.stageIndex;
  place.height = place.width = place.window = shape.stage.grid;
  place.reduction = shape.stage.reduction;
  return place;
}

std::shared_ptr<nn::SpatialReductionAttention> makeAttention(const PvtBlockShape& shape, const nn::NormFactory& norms) {
  const nn::AttentionShape attention{shape.stage.width, shape.stage.heads, shape.qkvBias};
  const nn::NormFactory plain{NormKind::LayerNorm, kReductionNormEps, norms.context};
  const nn::NormFactory& reduction = shape.family == Family::PvtV2 ? plain : norms;
  if (shape.stage.attention == kSoftmax) {
    return std::make_shared<nn::ReducedSoftmaxAttention>(placeOf(shape), attention, reduction);
  }
  const auto kind =
      shape.stage.attention == kFocused ? nn::AttentionKind::FocusedLinear : nn::AttentionKind::SimplifiedLinear;
  return std::make_shared<nn::ReducedLinearAttention>(kind, placeOf(shape), attention, reduction);
}

std::shared_ptr<nn::Mlp> makeMlp(const PvtBlockShape& shape) {
  const auto width = shape.stage.width, grid = shape.stage.grid;
  const auto hidden = static_cast<std::int64_t>(static_cast<double>(width) * shape.stage.mlpRatio);
  if (shape.family == Family::PvtV2) return std::make_shared<nn::ConvolutionalMlp>(width, hidden, grid, grid);
  return std::make_shared<nn::Mlp>(width, hidden);
}

}  // namespace

PvtBlock::PvtBlock(const PvtBlockShape& shape, const nn::NormFactory& norms)
    : norm1(*this, "norm1", norms.make(shape.stage.width)),
      attn(register_module("attn", makeAttention(shape, norms))),
      norm2(*this, "norm2", norms.make(shape.stage.width)),
      mlp(register_module("mlp", makeMlp(shape))),
      residual_(shape.dropPath, norms.context),
      context_(norms.context) {}

at::Tensor PvtBlock::forward(const at::Tensor& tokens) {
  const auto normed = [&](const nn::NormSlot& norm, const at::Tensor& x) {
    const nn::StageScope scope(*context_, "norm");
    return norm.forward(x);
  };
  const at::Tensor attended = residual_.add(tokens, attn->forward(normed(norm1, tokens)), is_training());
  const at::Tensor input = normed(norm2, attended);
  const nn::StageScope scope(*context_, "mlp");
  return residual_.add(attended, mlp->forward(input), is_training());
}

void PvtBlock::addFoldSites(std::vector<FoldSite>& sites, const std::string& prefix) {
  const FoldTarget q{prefix + "attn.q", attn->q.get()};
  const FoldTarget fc1{prefix + "mlp.fc1", mlp->fc1.get()};
  if (attn->sr) {
    const FoldTarget sr{prefix + "attn.sr", attn->sr.get()};
    addFoldSite(sites, {prefix + "norm1", &norm1, FoldDirection::IntoNext, {q, sr}});
    addFoldSite(sites, {prefix + "attn.norm", &*attn->norm, FoldDirection::IntoPrevious, {sr}});
  } else {
    const FoldTarget kv{prefix + "attn.kv", attn->kv.get()};
    addFoldSite(sites, {prefix + "norm1", &norm1, FoldDirection::IntoNext, {q, kv}});
  }
  addFoldSite(sites, {prefix + "norm2", &norm2, FoldDirection::IntoNext, {fc1}});
}

void checkPvtConfig(const ModelConfig& config) {
  requireStages(config);
  requireGeometry(config, pvtGeometryProblem(config), pvtSizesThatFit(config));
}

PvtBlocks registerPvtBlocks(torch::nn::Module& model, const ModelConfig& config, std::size_t index,
                            const nn::NormFactory& norms) {
  const auto stages = pvtStages(config);
  const auto total = std::accumulate(config.depths.begin(), config.depths.end(), std::int64_t{0});
  const auto before = std::accumulate(config.depths.begin(), config.depths.begin() + static_cast<std::ptrdiff_t>(index),
                                      std::int64_t{0});
  const auto number = static_cast<std::int64_t>(index);
  auto list =
      model.register_module("block" + std::to_string(number + 1), std::make_shared<torch::nn::Module>("blocks"));
  PvtBlocks blocks;
  for (std::int64_t j = 0; j < stages[index].depth; ++j) {
    const double rate = nn::dropPathRate(config.dropPath, before + j, total);
    const PvtBlockShape shape{config.family(), stages[index], number, j, rate, config.qkvBias};
    blocks.push_back(list->register_module(std::to_string(j), std::make_shared<PvtBlock>(shape, norms)));
  }
  return blocks;
}

std::vector<PvtLayers> registerPvtLayers(torch::nn::Module& model, const ModelConfig& config,
                                         const nn::NormFactory& norms, const nn::ContextPtr& context) {
  std::vector<PvtLayers> stages;
  for (const PvtStage& shape : pvtStages(config)) {
    const std::string number = std::to_string(stages.size() + 1);
    PvtLayers& stage = stages.emplace_back();
    stage.shape = shape;
    stage.posEmbed = model.register_parameter("pos_embed" + number, at::empty({1, shape.tokens(), shape.width}));
    nn::init::normal(stage.posEmbed, nn::init::kWeightStd);
  }
  for (std::size_t i = 0; i < stages.size(); ++i) {
    const PvtStage& shape = stages[i].shape;
    const nn::PatchShape patch{shape.stride, shape.inWidth, shape.width};
    stages[i].patchEmbed = model.register_module("patch_embed" + std::to_string(i + 1),
                                                 std::make_shared<nn::PatchEmbed>(patch, &norms, context));
    stages[i].blocks = registerPvtBlocks(model, config, i, norms);
  }
  return stages;
}

std::vector<FoldSite> pvtFoldSites(const std::vector<PvtLayers>& stages) {
  std::vector<FoldSite> sites;
  for (std::size_t i = 0; i < stages.size(); ++i) {
    const std::string number = std::to_string(i + 1), embed = "patch_embed" + number + ".";
    addFoldSite(sites, {embed + "norm",
                        &*stages[i].patchEmbed->norm,
                        FoldDirection::IntoPrevious,
                        {{embed + "proj", stages[i].patchEmbed->proj.get()}}});
    for (std::size_t j = 0; j < stages[i].blocks.size(); ++j) {
      stages[i].blocks[j]->addFoldSites(sites, "block" + number + "." + std::to_string(j) + ".");
    }
  }
  return sites;
}

at::Tensor forwardPvtBlocks(const PvtBlocks& blocks, std::size_t index, at::Tensor tokens,
                            const nn::ContextPtr& context) {
  const nn::StageScope scope(*context, "block" + std::to_string(index + 1));
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const nn::StageScope block(*context, std::to_string(i));
    tokens = nn::runBlock(blocks[i], tokens, context);
  }
  return tokens;
}

}  // namespace slab
