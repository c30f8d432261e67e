#include "core/config/arch/pvt.h"
#include "core/config/cost_tree.h"

namespace slab::detail {
namespace {

std::string attentionText(const PvtStage& stage) {
  const std::string heads = text(stage.heads) + (stage.heads == 1 ? " head" : " heads");
  if (stage.attention != 'S') return (stage.attention == 'F' ? "focused linear, " : "linear, ") + heads + ", DWC 5x5";
  if (stage.reduction == 1) return "softmax, " + heads;
  return "softmax, " + heads + ", keys " + text(stage.keyGrid()) + "x" + text(stage.keyGrid());
}

// q, kv, proj and the products between them; the reduction has rows of its own.
void addAttention(CostTree& tree, const std::string& path, const PvtStage& stage, const std::string& shape) {
  const bool folds = tree.model().norm != NormKind::LayerNorm, bias = tree.model().qkvBias;
  const std::int64_t c = stage.width, tokens = stage.tokens(), keys = stage.keys();
  ModuleCost row{path, attentionText(stage), shape, 2, 4 * c * c + c + (bias ? 3 * c : 0), 0, 0};
  row.macs = 2 * tokens * c * c + 2 * keys * c * c;
  if (stage.attention == 'S') {
    row.macs += 2 * tokens * keys * c;
  } else {
    row.macs += linearAttentionMacs(tokens, keys, c, stage.heads);
    row.parameters += linearAttentionParameters(keys, c, stage.heads) + (stage.attention == 'F' ? c : 0);
  }
  // norm1 feeds q and, where no reduction stands between, kv.
  row.foldedParameters = row.parameters + (bias || !folds ? 0 : stage.reduction > 1 ? c : 3 * c);
  tree.rows.push_back(row);
}

void addReduction(CostTree& tree, const std::string& path, const PvtStage& stage) {
  const std::int64_t c = stage.width, r = stage.reduction;
  const std::string shape = mapShape(stage.keyGrid(), c);
  tree.linear(path + ".sr", stage.keys(), c * r * r, c, true, shape, 2,
              "conv " + text(r) + "x" + text(r) + ", stride " + text(r));
  if (tree.model().family() == Family::Pvt) {
    tree.norm(path + ".norm", c, shape, 2, "sr");
  } else {
    tree.layerNorm(path + ".norm", c, shape, 2);
  }
}

void addBlock(CostTree& tree, const std::string& path, const PvtStage& stage) {
  const std::string shape = mapShape(stage.grid, stage.width);
  tree.norm(path + ".norm1", stage.width, shape, 2, stage.reduction > 1 ? "q, sr" : "q, kv");
  if (stage.reduction > 1) addReduction(tree, path + ".attn", stage);
  addAttention(tree, path + ".attn", stage, shape);
  tree.norm(path + ".norm2", stage.width, shape, 2, "fc1");
  tree.mlp(path + ".mlp", stage.tokens(), stage.width, stage.mlpRatio, shape, 2);
  if (tree.model().family() != Family::PvtV2) return;
  const auto hidden = static_cast<std::int64_t>(static_cast<double>(stage.width) * stage.mlpRatio);
  tree.linear(path + ".mlp.dwconv", stage.tokens(), 3 * 3, hidden, true, mapShape(stage.grid, hidden), 2,
              "depthwise conv 3x3");
}

void addEmbedding(CostTree& tree, const PvtStage& stage, const std::string& number) {
  const bool overlaps = tree.model().family() == Family::PvtV2;
  const std::size_t start = tree.rows.size();
  const std::string path = "patch_embed" + number, shape = mapShape(stage.grid, stage.width);
  const std::int64_t kernel = overlaps ? stage.overlappingKernel() : stage.stride;
  const std::string what = "conv " + text(kernel) + "x" + text(kernel) + ", stride " + text(stage.stride);
  tree.linear(path + ".proj", stage.tokens(), stage.inWidth * kernel * kernel, stage.width, true, shape, 1, what);
  tree.norm(path + ".norm", stage.width, shape, 1, "proj");
  if (!overlaps) {
    const std::int64_t values = stage.tokens() * stage.width;
    tree.rows.push_back({"pos_embed" + number, "position of each token", "", 1, values, values, 0});
  }
  tree.sumAbove(start, path, what, shape, 0);
}

std::string stageText(const PvtStage& stage) {
  const std::string blocks = text(stage.depth) + (stage.depth == 1 ? " block" : " blocks");
  if (stage.attention != 'S') {
    return blocks + ", " + linearName(stage.attention) + " over " + text(stage.grid) + "x" + text(stage.grid);
  }
  return blocks + ", softmax, keys " + text(stage.keyGrid()) + "x" + text(stage.keyGrid());
}

}  // namespace

std::vector<ModuleCost> pvtTree(const ModelConfig& model) {
  if (!pvtGeometryProblem(model).empty()) return {};
  CostTree tree(model);
  const auto stages = pvtStages(model);
  for (std::size_t i = 0; i < stages.size(); ++i) {
    const auto& stage = stages[i];
    const std::string number = text(static_cast<std::int64_t>(i) + 1), shape = mapShape(stage.grid, stage.width);
    addEmbedding(tree, stage, number);
    const std::size_t start = tree.rows.size();
    for (std::int64_t j = 0; j < stage.depth; ++j) {
      const std::size_t blockStart = tree.rows.size();
      const std::string path = "block" + number + "." + text(j);
      addBlock(tree, path, stage);
      tree.sumAbove(blockStart, path, "block", shape, 1);
    }
    tree.sumAbove(start, "block" + number, stageText(stage), shape, 0);
    if (model.family() == Family::PvtV2) {
      tree.norm("norm" + number, stage.width, shape, 0, i + 1 < stages.size() ? "next proj, bias map" : "head");
    }
  }
  if (model.family() == Family::Pvt && model.norm == NormKind::LayerNorm) {
    const std::int64_t values = 2 * stages.back().width;
    tree.rows.push_back({"norm", "unused", "", 0, values, values, 0});
  }
  tree.linear("head", 1, stages.back().width, model.classes, true, text(model.classes), 0, "mean of tokens, linear");
  return std::move(tree.rows);
}

}  // namespace slab::detail
