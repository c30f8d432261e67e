#include "core/config/arch/swin.h"

#include <algorithm>

namespace slab {
namespace {

constexpr std::int64_t kSoftmaxWindow = 7;
constexpr std::int64_t kLargeSoftmaxWindow = 12;
constexpr std::int64_t kLargeWindowAbove = 56;

std::string squared(std::int64_t side) {
  return std::to_string(side) + " x " + std::to_string(side);
}

}  // namespace

std::vector<SwinStage> swinStages(const ModelConfig& model) {
  const bool linear = model.attention.find_first_of("LFM") != std::string::npos;
  const std::int64_t softmaxWindow =
      !linear ? model.window : (model.window > kLargeWindowAbove ? kLargeSoftmaxWindow : kSoftmaxWindow);
  std::vector<SwinStage> stages;
  std::int64_t grid = model.patchSize > 0 ? model.imageSize / model.patchSize : 0;
  for (std::size_t i = 0; i < model.stages(); ++i) {
    SwinStage stage;
    stage.grid = grid;
    stage.width = model.widthOf(i);
    stage.depth = model.depths[i];
    stage.heads = i < model.heads.size() ? model.heads[i] : 1;
    stage.attention = model.attentionOf(i);
    const std::int64_t window = stage.attention == 'S' ? softmaxWindow : model.window;
    stage.window = std::min(window, grid);
    stage.shift = grid > window ? window / 2 : 0;
    stages.push_back(stage);
    grid /= 2;
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
    if (stage.window < 1) return name + " has an empty window";
    if (stage.grid % stage.window != 0)
      return name + " is not divided by its window of " + std::to_string(stage.window);
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
