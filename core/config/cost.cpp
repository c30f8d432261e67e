#include "core/config/cost.h"

#include <cmath>

#include "core/config/arch/swin.h"

namespace slab {
namespace {

constexpr std::int64_t kDepthwiseKernel = 5;

std::string text(std::int64_t value) {
  return std::to_string(value);
}

std::string mapShape(std::int64_t grid, std::int64_t width) {
  return text(grid) + "x" + text(grid) + "x" + text(width);
}

class TreeBuilder {
 public:
  explicit TreeBuilder(const ModelConfig& model) : model_(model) {}

  std::vector<ModuleCost> rows;

  // Parameters of a norm over `width` channels; a folded norm is gone unless it is a LayerNorm.
  void norm(const std::string& path, std::int64_t width, const std::string& output, int depth,
            const std::string& into) {
    ModuleCost row{path, "", output, depth, 0, 0, 0};
    switch (model_.norm) {
      case NormKind::LayerNorm:
        row.parameters = row.foldedParameters = 2 * width;
        row.what = "LayerNorm";
        break;
      case NormKind::RepBn:
        row.parameters = 2 * width + 1;
        row.what = "RepBN -> " + into;
        break;
      case NormKind::PrepBn:
        row.parameters = 4 * width + 1;
        row.what = "PRepBN -> " + into;
        break;
    }
    rows.push_back(row);
  }

  void linear(const std::string& path, std::int64_t tokens, std::int64_t in, std::int64_t out, bool bias,
              const std::string& output, int depth, const std::string& what, bool foldCreatesBias = false) {
    ModuleCost row{path, what, output, depth, in * out + (bias ? out : 0), 0, tokens * in * out};
    row.foldedParameters = row.parameters + (!bias && foldCreatesBias && model_.norm != NormKind::LayerNorm ? out : 0);
    rows.push_back(row);
  }

  // A block's attention: projections, core and, for L, positional encoding and depthwise convolution.
  void attention(const std::string& path, const SwinStage& s, bool swin, std::int64_t tokens, int depth) {
    const std::int64_t c = s.width, window = s.window * s.window, d = c / s.heads;
    ModuleCost row{path, "", "", depth, 0, 0, 0};
    row.parameters = 3 * c * c + (model_.qkvBias ? 3 * c : 0) + c * c + c;
    row.macs = tokens * 4 * c * c;
    const std::int64_t keys = swin ? window : tokens;
    if (s.attention == 'S') {
      row.macs += 2 * tokens * keys * c;
      if (swin) row.parameters += (2 * s.window - 1) * (2 * s.window - 1) * s.heads;
      row.what = "softmax, " + text(s.heads) + " heads" + (swin ? ", window " + text(s.window) : "");
    } else {
      const std::int64_t kernel = kDepthwiseKernel * kDepthwiseKernel;
      // kv first where that is cheaper: i j (c + d) > c d (i + j) with c = d the head's width.
      const bool kvFirst = keys > d;
      row.macs += 2 * tokens * c * (kvFirst ? d : keys) + tokens * c + tokens * c * kernel;
      row.parameters += keys * c + d * kernel + d;
      row.what = "linear, " + text(s.heads) + " heads, DWC 5x5";
    }
    row.foldedParameters = row.parameters + (model_.qkvBias || model_.norm == NormKind::LayerNorm ? 0 : 3 * c);
    rows.push_back(row);
  }

  void block(const std::string& path, const SwinStage& s, bool swin, std::int64_t tokens, double ratio) {
    const std::int64_t c = s.width, hidden = static_cast<std::int64_t>(static_cast<double>(c) * ratio);
    const std::string shape = swin ? mapShape(s.grid, c) : text(tokens) + "x" + text(c);
    norm(path + ".norm1", c, shape, 2, "qkv");
    attention(path + ".attn", s, swin, tokens, 2);
    rows.back().output = shape;
    norm(path + ".norm2", c, shape, 2, "fc1");
    ModuleCost mlp{path + ".mlp",          text(hidden) + ", GELU", shape, 2, 2 * c * hidden + hidden + c, 0,
                   2 * tokens * c * hidden};
    mlp.foldedParameters = mlp.parameters;
    rows.push_back(mlp);
  }

  // Inserts a row above rows[first..] that sums those of the next depth.
  void sumAbove(std::size_t first, std::string path, std::string what, std::string output, int depth) {
    ModuleCost sum{std::move(path), std::move(what), std::move(output), depth, 0, 0, 0};
    for (std::size_t i = first; i < rows.size(); ++i) {
      if (rows[i].depth != depth + 1) continue;
      sum.parameters += rows[i].parameters;
      sum.foldedParameters += rows[i].foldedParameters;
      sum.macs += rows[i].macs;
    }
    rows.insert(rows.begin() + static_cast<std::ptrdiff_t>(first), std::move(sum));
  }

 private:
  const ModelConfig& model_;
};

std::string stageText(const SwinStage& s) {
  std::string what = text(s.depth) + (s.depth == 1 ? " block" : " blocks");
  if (s.attention == 'S') {
    what += ", window " + text(s.window);
    if (s.shift > 0 && s.depth > 1) what += ", shift " + text(s.shift);
  } else {
    what += ", SLA over " + text(s.window) + "x" + text(s.window);
  }
  return what;
}

std::vector<ModuleCost> swinTree(const ModelConfig& model) {
  TreeBuilder tree(model);
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
    for (std::int64_t j = 0; j < s.depth; ++j) {
      const std::size_t start = tree.rows.size();
      const std::string block = path + ".blocks." + text(j);
      tree.block(block, s, true, s.grid * s.grid, model.mlpRatioOf(i));
      const std::int64_t shift = s.shiftOf(j);
      tree.sumAbove(start, block, shift > 0 ? "shift " + text(shift) : "block", mapShape(s.grid, s.width), 1);
    }
    std::string output = mapShape(s.grid, s.width);
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
  TreeBuilder tree(model);
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
  SwinStage s{grid, c, model.depths.at(0), model.heads.at(0), model.attentionOf(0), grid, 0};
  for (std::int64_t j = 0; j < s.depth; ++j) {
    const std::size_t blockStart = tree.rows.size();
    const std::string path = "blocks." + text(j);
    tree.block(path, s, false, tokens, model.mlpRatioOf(0));
    tree.sumAbove(blockStart, path, "block", shape, 1);
  }
  tree.sumAbove(start, "blocks", text(s.depth) + " blocks, " + (linear ? "linear" : "softmax"), shape, 0);
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
    default: return {};
  }
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
