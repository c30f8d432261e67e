#include "core/config/arch/cswin.h"
#include "core/config/cost_tree.h"

namespace slab::detail {
namespace {

constexpr std::int64_t kLepeArea = 3 * 3;
constexpr std::int64_t kMergeArea = 3 * 3;

std::string stripeText(const CswinStripe& stripe) {
  return text(stripe.height) + "x" + text(stripe.width);
}

std::string kindText(const CswinBlockGeometry& block) {
  std::string what = block.attention == 'S' ? "softmax" : linearName(block.attention);
  what += block.branches.size() > 1 ? " in stripes of " : " over ";
  for (std::size_t b = 0; b < block.branches.size(); ++b) {
    what += (b > 0 ? " and " : "") + stripeText(block.branches[b]);
  }
  return what;
}

// All branches of a block: products, LePE and, for the linear kinds, scale, positional encoding and 5 x 5 filters.
ModuleCost branchesCost(const std::string& path, const CswinStage& stage, const CswinBlockGeometry& block) {
  const auto count = static_cast<std::int64_t>(block.branches.size());
  const std::int64_t width = stage.width / count, heads = stage.heads / count, tokens = stage.tokens();
  ModuleCost row{path, kindText(block) + ", " + text(stage.heads) + " heads", mapShape(stage.grid, stage.width), 2};
  for (const auto& stripe : block.branches) {
    const std::int64_t keys = stripe.tokens();
    row.macs += tokens * width * kLepeArea;
    row.parameters += width * kLepeArea + width;
    if (block.attention == 'S') {
      row.macs += 2 * tokens * keys * width;
    } else {
      row.macs += tokens / keys * linearAttentionMacs(keys, keys, width, heads);
      row.parameters += width + linearAttentionParameters(keys, width, heads);
    }
  }
  row.foldedParameters = row.parameters;
  return row;
}

void addBlock(CostTree& tree, const std::string& path, const CswinStage& stage, const CswinBlockGeometry& block,
              double mlpRatio) {
  const std::int64_t c = stage.width, tokens = stage.tokens();
  const std::string shape = mapShape(stage.grid, c);
  tree.norm(path + ".norm1", c, shape, 2, "qkv");
  tree.linear(path + ".qkv", tokens, c, 3 * c, tree.model().qkvBias, mapShape(stage.grid, 3 * c), 2, "linear",
              /*foldCreatesBias=*/true);
  tree.rows.push_back(branchesCost(path + ".attns", stage, block));
  tree.linear(path + ".proj", tokens, c, c, true, shape, 2, "linear");
  tree.norm(path + ".norm2", c, shape, 2, "fc1");
  tree.mlp(path + ".mlp", tokens, c, mlpRatio, shape, 2);
}

// "18 blocks, softmax in stripes of 14x7 and 7x14"; a mixed stage has two such parts.
std::string stageText(const CswinStage& stage) {
  std::string what;
  for (std::size_t first = 0, end = 0; first < stage.blocks.size(); first = end) {
    while (end < stage.blocks.size() && stage.blocks[end].attention == stage.blocks[first].attention) ++end;
    what += (what.empty() ? "" : "; ") + text(static_cast<std::int64_t>(end - first));
    what += (end - first == 1 ? " block, " : " blocks, ") + kindText(stage.blocks[first]);
  }
  return what;
}

void addEmbedding(CostTree& tree, const CswinStage& stage) {
  const auto shape = cswinEmbedding(tree.model());
  const std::string what = "conv " + text(shape.kernel) + "x" + text(shape.kernel) + ", stride " + text(shape.stride);
  const std::string output = mapShape(stage.grid, stage.width), path = "stage1_conv_embed";
  tree.linear(path + ".0", stage.tokens(), tree.model().inChannels * shape.kernel * shape.kernel, stage.width, true,
              output, 1, what);
  tree.norm(path + ".2", stage.width, output, 1, "conv");
  tree.sumAbove(0, path, what, output, 0);
}

void addMerge(CostTree& tree, const std::string& path, const CswinStage& from) {
  const std::size_t start = tree.rows.size();
  const std::int64_t grid = from.grid / 2, width = 2 * from.width;
  tree.linear(path + ".conv", grid * grid, from.width * kMergeArea, width, true, mapShape(grid, width), 1,
              "conv 3x3, stride 2");
  tree.norm(path + ".norm", width, mapShape(grid, width), 1, "conv");
  tree.sumAbove(start, path, "merge, conv 3x3", mapShape(grid, width), 0);
}

}  // namespace

std::vector<ModuleCost> cswinTree(const ModelConfig& model) {
  if (!cswinGeometryProblem(model).empty()) return {};
  CostTree tree(model);
  const auto stages = cswinStages(model);
  addEmbedding(tree, stages.front());
  for (std::size_t i = 0; i < stages.size(); ++i) {
    const auto& stage = stages[i];
    const std::string number = text(static_cast<std::int64_t>(i) + 1), shape = mapShape(stage.grid, stage.width);
    const std::size_t start = tree.rows.size();
    for (std::size_t j = 0; j < stage.blocks.size(); ++j) {
      const std::size_t blockStart = tree.rows.size();
      const std::string path = "stage" + number + "." + text(static_cast<std::int64_t>(j));
      addBlock(tree, path, stage, stage.blocks[j], model.mlpRatioOf(i));
      tree.sumAbove(blockStart, path, "block", shape, 1);
    }
    tree.sumAbove(start, "stage" + number, stageText(stage), shape, 0);
    if (i + 1 < stages.size()) addMerge(tree, "merge" + number, stage);
  }
  const std::int64_t last = stages.back().width;
  tree.norm("norm", last, text(last), 0, "head");
  tree.linear("head", 1, last, model.classes, true, text(model.classes), 0, "mean of tokens, linear");
  return std::move(tree.rows);
}

}  // namespace slab::detail
