#include "core/config/arch/cswin.h"

#include <algorithm>
#include <array>

#include "core/config/arch/attention_letters.h"

namespace slab {
namespace {

constexpr std::array<std::int64_t, 2> kNarrowSplits{1, 2};  // of softmax in the first stages

std::int64_t splitOf(const ModelConfig& model, char letter, std::size_t stage, std::int64_t grid) {
  const std::int64_t window = std::min(configuredWindow(model, letter), grid);
  const bool isNarrow = letter == 'S' && stage < kNarrowSplits.size() && grid % kNarrowSplits[stage] == 0;
  return isNarrow ? std::min(kNarrowSplits[stage], window) : window;
}

std::vector<CswinStripe> branchesOf(std::int64_t grid, std::int64_t split) {
  if (split == grid) return {{grid, grid}};
  return {{grid, split}, {split, grid}};
}

std::string stageName(std::size_t index, const CswinStage& stage) {
  const std::string side = std::to_string(stage.grid);
  return "stage " + std::to_string(index + 1) + " (" + side + " x " + side + " tokens)";
}

std::string blockProblem(const CswinStage& stage) {
  for (const auto& block : stage.blocks) {
    const std::int64_t split = std::min(block.branches.front().width, block.branches.front().height);
    if (split < 1) return " has empty stripes";
    if (stage.grid % split != 0) return " is not divided by its stripes of " + std::to_string(split);
    if (block.branches.size() > 1 && stage.heads % 2 != 0) {
      return " has two kinds of stripes, which cannot share " + std::to_string(stage.heads) + " heads";
    }
  }
  return "";
}

// The first size that fits among `reach` multiples of the patch size from `start` on, in direction `step`.
void addFirstFit(const ModelConfig& model, std::int64_t start, std::int64_t step, std::vector<std::int64_t>& sizes) {
  constexpr std::int64_t kReach = 512;
  ModelConfig candidate = model;
  for (std::int64_t i = 0, grid = start; i < kReach && grid > 0; ++i, grid += step) {
    candidate.imageSize = grid * model.patchSize;
    if (!cswinGeometryProblem(candidate).empty()) continue;
    sizes.push_back(candidate.imageSize);
    return;
  }
}

}  // namespace

std::vector<CswinStage> cswinStages(const ModelConfig& model) {
  std::vector<CswinStage> stages;
  std::int64_t grid = model.patchSize > 0 ? model.imageSize / model.patchSize : 0;
  for (std::size_t i = 0; i < model.stages(); ++i, grid /= 2) {
    CswinStage stage{grid, model.widthOf(i), i < model.heads.size() ? model.heads[i] : 1, {}};
    for (std::int64_t block = 0; block < model.depths[i]; ++block) {
      const char letter = blockAttention(model, i, block);
      stage.blocks.push_back({letter, branchesOf(grid, splitOf(model, letter, i, grid))});
    }
    stages.push_back(std::move(stage));
  }
  return stages;
}

CswinEmbedding cswinEmbedding(const ModelConfig& model) {
  return {2 * model.patchSize - 1, model.patchSize, model.patchSize / 2};
}

std::string cswinGeometryProblem(const ModelConfig& model) {
  if (model.patchSize <= 0 || model.imageSize % model.patchSize != 0) {
    return "image size " + std::to_string(model.imageSize) + " is not a multiple of the patch size " +
           std::to_string(model.patchSize);
  }
  const auto stages = cswinStages(model);
  for (std::size_t i = 0; i < stages.size(); ++i) {
    const auto& stage = stages[i];
    if (stage.grid < 1) return stageName(i, stage) + " has no token left";
    if (const std::string problem = blockProblem(stage); !problem.empty()) return stageName(i, stage) + problem;
    if (i + 1 < stages.size() && stage.grid % 2 != 0) return stageName(i, stage) + " cannot be merged 2 x 2";
  }
  return "";
}

std::vector<std::int64_t> cswinSizesThatFit(const ModelConfig& model) {
  std::vector<std::int64_t> sizes;
  if (model.patchSize <= 0) return sizes;
  const std::int64_t start = model.imageSize / model.patchSize;
  addFirstFit(model, start, -1, sizes);
  addFirstFit(model, start + 1, 1, sizes);
  return sizes;
}

}  // namespace slab
