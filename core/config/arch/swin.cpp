#include "core/config/arch/swin.h"

#include <algorithm>

#include "core/config/arch/attention_letters.h"

namespace slab {
namespace {

SwinBlockGeometry blockGeometry(const ModelConfig& model, std::size_t stage, std::int64_t block, std::int64_t grid) {
  const char letter = blockAttention(model, stage, block);
  const std::int64_t window = configuredWindow(model, letter);
  return {letter, std::min(window, grid), grid > window && block % 2 == 1 ? window / 2 : 0};
}

std::string windowProblem(const SwinStage& stage) {
  for (const auto& block : stage.blocks) {
    if (block.window < 1) return " has an empty window";
    if (stage.grid % block.window != 0) return " is not divided by its window of " + std::to_string(block.window);
  }
  return "";
}

std::string squared(std::int64_t side) {
  return std::to_string(side) + " x " + std::to_string(side);
}

}  // namespace

std::vector<SwinStage> swinStages(const ModelConfig& model) {
  std::vector<SwinStage> stages;
  std::int64_t grid = model.patchSize > 0 ? model.imageSize / model.patchSize : 0;
  for (std::size_t i = 0; i < model.stages(); ++i, grid /= 2) {
    SwinStage stage{grid, model.widthOf(i), i < model.heads.size() ? model.heads[i] : 1, {}};
    for (std::int64_t block = 0; block < model.depths[i]; ++block) {
      stage.blocks.push_back(blockGeometry(model, i, block, grid));
    }
    stages.push_back(std::move(stage));
  }
  return stages;
}

std::string swinGeometryProblem(const ModelConfig& model) {
  if (model.patchSize <= 0 || model.imageSize % model.patchSize != 0) {
    return "image size " + std::to_string(model.imageSize) + " is not a multiple of the patch size " +
           std::to_string(model.patchSize);
  }
  const auto stages = swinStages(model);
  for (std::size_t i = 0; i < stages.size(); ++i) {
    const auto& stage = stages[i];
    const std::string name = "stage " + std::to_string(i + 1) + " (" + squared(stage.grid) + " tokens)";
    if (stage.grid < 1) return name + " has no token left";
    if (const std::string problem = windowProblem(stage); !problem.empty()) return name + problem;
    if (i + 1 < stages.size() && stage.grid % 2 != 0) return name + " cannot be merged 2 x 2";
  }
  return "";
}

std::vector<std::int64_t> swinSizesThatFit(const ModelConfig& model) {
  std::vector<std::int64_t> sizes;
  if (model.patchSize <= 0) return sizes;
  const std::int64_t start = model.imageSize / model.patchSize;
  const auto fits = [&](std::int64_t grid) {
    ModelConfig candidate = model;
    candidate.imageSize = grid * model.patchSize;
    return grid > 0 && swinGeometryProblem(candidate).empty();
  };
  constexpr std::int64_t kReach = 512;
  for (std::int64_t grid = start; grid > 0 && grid > start - kReach; --grid) {
    if (!fits(grid)) continue;
    sizes.push_back(grid * model.patchSize);
    break;
  }
  for (std::int64_t grid = start + 1; grid < start + kReach; ++grid) {
    if (!fits(grid)) continue;
    sizes.push_back(grid * model.patchSize);
    break;
  }
  return sizes;
}

}  // namespace slab
