#include "core/config/arch/pvt.h"

#include <array>

namespace slab {
namespace {

constexpr std::array<std::int64_t, 4> kReductions{8, 4, 2, 1};

std::string squared(std::int64_t side) {
  return std::to_string(side) + " x " + std::to_string(side);
}

std::string nameOf(std::size_t stage) {
  return "stage " + std::to_string(stage + 1);
}

bool fitsWell(ModelConfig model, std::int64_t size) {
  model.imageSize = size;
  return pvtGeometryProblem(model).empty() && pvtGeometryWarning(model).empty();
}

}  // namespace

std::vector<PvtStage> pvtStages(const ModelConfig& model) {
  const bool overlaps = model.family() == Family::PvtV2;
  std::vector<PvtStage> stages;
  std::int64_t grid = model.imageSize, width = model.inChannels;
  for (std::size_t i = 0; i < model.stages(); ++i) {
    PvtStage stage;
    stage.inGrid = grid;
    stage.inWidth = width;
    stage.stride = i == 0 ? model.patchSize : 2;
    stage.grid = stage.stride < 1 ? 0 : overlaps ? (grid + stage.stride - 1) / stage.stride : grid / stage.stride;
    stage.width = model.widthOf(i);
    stage.depth = model.depths[i];
    stage.heads = i < model.heads.size() ? model.heads[i] : 1;
    stage.mlpRatio = model.mlpRatioOf(i);
    stage.attention = model.attentionOf(i);
    stage.reduction = stage.attention == 'S' && i < kReductions.size() ? kReductions[i] : 1;
    grid = stage.grid;
    width = stage.width;
    stages.push_back(stage);
  }
  return stages;
}

std::string pvtGeometryProblem(const ModelConfig& model) {
  const auto stages = pvtStages(model);
  for (std::size_t i = 0; i < stages.size(); ++i) {
    const auto& stage = stages[i];
    if (stage.stride < 1 || stage.grid < 1) return nameOf(i) + " has no token left";
    if (model.family() == Family::Pvt && stage.inGrid % stage.stride != 0) {
      return nameOf(i) + " takes a map of " + squared(stage.inGrid) + ", which its patches of " +
             squared(stage.stride) + " do not divide";
    }
    if (stage.keyGrid() < 1) {
      return nameOf(i) + " (" + squared(stage.grid) + " tokens) is smaller than one key, which stands for " +
             squared(stage.reduction) + " tokens";
    }
  }
  return "";
}

std::string pvtGeometryWarning(const ModelConfig& model) {
  const auto stages = pvtStages(model);
  for (std::size_t i = 0; i < stages.size(); ++i) {
    const std::int64_t left = stages[i].grid % stages[i].reduction;
    if (left == 0) continue;
    return nameOf(i) + " (" + squared(stages[i].grid) + " tokens) has one key for " + squared(stages[i].reduction) +
           " tokens: its last " + std::to_string(left) + (left == 1 ? " row and column" : " rows and columns") +
           " would be attended to by none";
  }
  return "";
}

std::vector<std::int64_t> pvtSizesThatFit(const ModelConfig& model) {
  constexpr std::int64_t kReach = 512;
  std::vector<std::int64_t> sizes;
  for (std::int64_t size = model.imageSize; size > 0 && size > model.imageSize - kReach; --size) {
    if (!fitsWell(model, size)) continue;
    sizes.push_back(size);
    break;
  }
  for (std::int64_t size = model.imageSize + 1; size < model.imageSize + kReach; ++size) {
    if (!fitsWell(model, size)) continue;
    sizes.push_back(size);
    break;
  }
  return sizes;
}

}  // namespace slab
