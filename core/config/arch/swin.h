// Swin's stages after the window rule: the one place that decides grids, windows and shifts, for the
// model, the cost preview and the validation.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/config/model_config.h"

namespace slab {

/// How one block attends.
struct SwinBlockGeometry {
  char attention = 'S';     // S, L or F
  std::int64_t window = 0;  // tokens a side
  std::int64_t shift = 0;   // 0 for even blocks and where the window is the grid
};

struct SwinStage {
  std::int64_t grid = 0;   // tokens a side
  std::int64_t width = 0;  // channels
  std::int64_t heads = 0;
  std::vector<SwinBlockGeometry> blocks;
};

/// Window rule: with L, F or M in the model, `window` is the linear blocks' and S uses 7 (12 where `window` > 56);
/// a block whose grid is not larger than its window takes the grid as its window, shift 0.
std::vector<SwinStage> swinStages(const ModelConfig& model);

/// What keeps the geometry from working, in words; empty when it fits. Checks divisibility of the
/// image by the patch, of grids by 2 (merging) and by windows.
std::string swinGeometryProblem(const ModelConfig& model);

/// Image sizes next to the configured one that fit, smaller first; at most one on each side.
std::vector<std::int64_t> swinSizesThatFit(const ModelConfig& model);

}  // namespace slab
