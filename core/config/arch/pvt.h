// The stages of PVT (Wang et al., 2021) and PVTv2 (2022): the one place that decides grids, strides and
// reductions, for the model, the cost preview and the validation.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/config/model_config.h"

namespace slab {

struct PvtStage {
  std::int64_t inGrid = 0;  // side of the map that enters the stage: pixels, then tokens
  std::int64_t inWidth = 0;
  std::int64_t stride = 0;  // of the patch embedding: the patch size first, then 2
  std::int64_t grid = 0;    // tokens a side
  std::int64_t width = 0;
  std::int64_t depth = 0;
  std::int64_t heads = 0;
  double mlpRatio = 4.0;
  char attention = 'S';
  /// A key stands for reduction x reduction tokens: 8, 4, 2, 1 for softmax, 1 for linear attentions.
  std::int64_t reduction = 1;

  [[nodiscard]] std::int64_t tokens() const { return grid * grid; }
  [[nodiscard]] std::int64_t keyGrid() const { return grid / reduction; }
  [[nodiscard]] std::int64_t keys() const { return keyGrid() * keyGrid(); }
  /// PVTv2's overlapping embedding: kernel 2 stride - 1 (7 and 3), padding stride - 1.
  [[nodiscard]] std::int64_t overlappingKernel() const { return 2 * stride - 1; }
  [[nodiscard]] std::int64_t overlappingPadding() const { return stride - 1; }
};

/// PVT's grids are the image over its strides; PVTv2's are rounded up, as its embeddings overlap.
std::vector<PvtStage> pvtStages(const ModelConfig& model);

/// What keeps the geometry from working, in words; empty when it fits. PVT: each embedding must divide its
/// input. Both: a grid must hold one key.
std::string pvtGeometryProblem(const ModelConfig& model);

/// What works, but not as a person may think: tokens that no key covers, as the reduction does not divide
/// the grid. Empty when there is nothing to say.
std::string pvtGeometryWarning(const ModelConfig& model);

/// Image sizes next to the configured one that fit without a warning, smaller first; at most one a side.
std::vector<std::int64_t> pvtSizesThatFit(const ModelConfig& model);

}  // namespace slab
