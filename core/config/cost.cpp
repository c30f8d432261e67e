#include "core/config/cost.h"

#include <algorithm>

#include "core/config/arch/swin.h"
#include "core/config/cost_tree.h"

namespace slab {
namespace {

using detail::CostTree;
using detail::mapShape;
using detail::text;

// What the blocks of Swin and DeiT have in common.
struct BlockSize {
  std::int64_t tokens = 0;
  std::int64_t width = 0;
  std::int64_t heads = 0;
  char attention = 'S';
  std::int64_t keys = 0;    // attended together
  std::int64_t window = 0;  // a side, with a relative position table for softmax; 0 for DeiT
  std::string shape;
};

// A block's attention: projections, core and, for linear kinds, positional encoding and depthwise convolution.
void addAttention(CostTree& tree, const std::string& path, const BlockSize& s) {
  const ModelConfig& model = tree.model();
  const std::int64_t c = s.width;
  ModuleCost row{path, "", s.shape, 2, 0, 0, 0};
  row.parameters = 3 * c * c + (model.qkvBias ? 3 * c : 0) + c * c + c;
  row.macs = s.tokens * 4 * c * c;
  if (s.attention == 'S') {
    row.macs += 2 * s.tokens * s.keys * c;
    if (s.window > 0) row.parameters += (2 * s.window - 1) * (2 * s.window - 1) * s.heads;
    row.what = "softmax, " + text(s.heads) + " heads" + (s.window > 0 ? ", window " + text(s.window) : "");
  } else {
    const bool focused = s.attention == 'F';
    row.macs += s.tokens / s.keys * detail::linearAttentionMacs(s.keys, s.keys, c, s.heads);
    row.parameters += detail::linearAttentionParameters(s.keys, c, s.heads) + (focused ? c : 0);
    row.what = (focused ? "focused linear, " : "linear, ") + text(s.heads) + " heads, DWC 5x5";
  }
  row.foldedParameters = row.parameters + (model.qkvBias || model.norm == NormKind::LayerNorm ? 0 : 3 * c);
  tree.rows.push_back(row);
}

void addBlock(CostTree& tree, const std::string& path, const BlockSize& s, double ratio) {
  tree.norm(path + ".norm1", s.width, s.shape, 2, "qkv");
  addAttention(tree, path + ".attn", s);
  tree.norm(path + ".norm2", s.width, s.shape, 2, "fc1");
  tree.mlp(path + ".mlp", s.tokens, s.width, ratio, s.shape, 2);
}

// "2 blocks, SLA over 56x56"; a mixed stage has two such parts.
std::string stageText(const SwinStage& s) {
  std::string what;
  for (std::size_t first = 0, end = 0; first < s.blocks.size(); first = end) {
    const auto& block = s.blocks[first];
    std::int64_t shift = 0;
    for (; end < s.blocks.size() && s.blocks[end].attention == block.attention; ++end) {
      shift = std::max(shift, s.blocks[end].shift);
    }
    const std::string side = text(block.window);
    what += (what.empty() ? "" : "; ") + text(static_cast<std::int64_t>(end - first));
    what += end - first == 1 ? " block, " : " blocks, ";
    what +=
        block.attention == 'S' ? "window " + side : detail::linearName(block.attention) + " over " + side + "x" + side;
    if (shift > 0) what += ", shift " + text(shift);
  }
  return what;
}

std::vector<ModuleCost> swinTree(const ModelConfig& model) {
  CostTree tree(model);
  const auto stages = swinStages(model);
  const std::int64_t p = model.patchSize, c0 = model.embedDim, tokens0 = stages[0].grid * stages[0].grid;
  const std::string first = mapShape(stages[0].grid, c0);
  tree.linear("patch_embed.proj", tokens0, model.inChannels * p * p, c0, true, first, 1,
              "conv " + text(p) + "x" + text(p) + ", stride " + text(p));
  tree.norm("patch_embed.norm", c0, first, 1, "proj");
  tree.sumAbove(0, "patch_embed", "conv " + text(p) + "x" + text(p), first, 0);
  for (std::size_t i = 0; i < stages.size(); ++i) {
    const auto& s = stages[i];
    const std::string path = "layers." + text(static_cast<std::int64_t>(i));
    const std::size_t stageStart = tree.rows.size();
    std::string output = mapShape(s.grid, s.width);
    for (std::size_t j = 0; j < s.blocks.size(); ++j) {
      const auto& [letter, window, shift] = s.blocks[j];
      const std::size_t start = tree.rows.size();
      const std::string block = path + ".blocks." + text(static_cast<std::int64_t>(j));
      addBlock(tree, block, {s.grid * s.grid, s.width, s.heads, letter, window * window, window, output},
               model.mlpRatioOf(i));
      tree.sumAbove(start, block, shift > 0 ? "shift " + text(shift) : "block", output, 1);
    }
    if (i + 1 < stages.size()) {
      const std::size_t start = tree.rows.size();
      output = mapShape(s.grid / 2, 2 * s.width);
      tree.norm(path + ".downsample.norm", 4 * s.width, output, 2, "reduction");
      tree.linear(path + ".downsample.reduction", (s.grid / 2) * (s.grid / 2), 4 * s.width, 2 * s.width, false, output,
                  2, "linear", true);
      tree.sumAbove(start, path + ".downsample", "merge 2x2", output, 1);
    }
    tree.sumAbove(stageStart, path, stageText(s), output, 0);
  }
  const std::int64_t last = stages.back().width;
  tree.norm("norm", last, text(last), 0, "head");
  tree.linear("head", 1, last, model.classes, true, text(model.classes), 0, "mean of tokens, linear");
  return std::move(tree.rows);
}

std::vector<ModuleCost> deitTree(const ModelConfig& model) {
  CostTree tree(model);
  const std::int64_t p = model.patchSize, c = model.embedDim, grid = p > 0 ? model.imageSize / p : 0;
  const bool linear = model.attentionOf(0) != 'S';
  const std::int64_t tokens = grid * grid + (linear ? 0 : 1);
  const std::string shape = text(tokens) + "x" + text(c);
  // Without a class token in forward the parameter is still there, as in the reference.
  ModuleCost tokensRow{"cls_token", linear ? "unused" : "class token", "", 1, c, c, 0};
  ModuleCost position{"pos_embed", "position of each token", "", 1, tokens * c, tokens * c, 0};
  tree.rows.push_back(tokensRow);
  tree.rows.push_back(position);
  tree.linear("patch_embed.proj", grid * grid, model.inChannels * p * p, c, true, shape, 1,
              "conv " + text(p) + "x" + text(p));
  tree.sumAbove(0, "patch_embed", "conv " + text(p) + "x" + text(p) + ", positions", shape, 0);
  const std::size_t start = tree.rows.size();
  const std::int64_t depth = model.depths.at(0);
  const BlockSize size{tokens, c, model.heads.at(0), model.attentionOf(0), tokens, 0, shape};
  for (std::int64_t j = 0; j < depth; ++j) {
    const std::size_t blockStart = tree.rows.size();
    const std::string path = "blocks." + text(j);
    addBlock(tree, path, size, model.mlpRatioOf(0));
    tree.sumAbove(blockStart, path, "block", shape, 1);
  }
  tree.sumAbove(start, "blocks", text(depth) + " blocks, " + (linear ? "linear" : "softmax"), shape, 0);
  tree.norm("norm", c, text(c), 0, "head");
  tree.linear("head", 1, c, model.classes, true, text(model.classes), 0,
              linear ? "mean of tokens, linear" : "class token, linear");
  return std::move(tree.rows);
}

}  // namespace

std::vector<ModuleCost> modelTree(const ModelConfig& model) {
  if (model.depths.empty() || model.depths.size() != model.heads.size()) return {};
  switch (model.family()) {
    case Family::Swin: return swinTree(model);
    case Family::DeiT: return deitTree(model);
    case Family::Pvt:
    case Family::PvtV2: return detail::pvtTree(model);
    case Family::CSwin: return detail::cswinTree(model);
  }
  return {};
}

ModelCost modelCost(const ModelConfig& model) {
  ModelCost total;
  for (const auto& row : modelTree(model)) {
    if (row.depth != 0) continue;
    total.parameters += row.parameters;
    total.foldedParameters += row.foldedParameters;
    total.macs += row.macs;
  }
  return total;
}

}  // namespace slab
