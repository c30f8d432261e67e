// CSWin's stages (Dong et al., 2022): the one place that decides grids, stripes and branches, for the model,
// the cost preview and the validation.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/config/model_config.h"

namespace slab {

/// Rows and columns of tokens attended together.
struct CswinStripe {
  std::int64_t height = 0;
  std::int64_t width = 0;

  [[nodiscard]] std::int64_t tokens() const { return height * width; }
};

/// How one block attends: one branch over the whole grid, or two branches of half the heads with vertical and
/// horizontal stripes.
struct CswinBlockGeometry {
  char attention = 'S';
  std::vector<CswinStripe> branches;
};

struct CswinStage {
  std::int64_t grid = 0;   // tokens a side
  std::int64_t width = 0;  // channels
  std::int64_t heads = 0;
  std::vector<CswinBlockGeometry> blocks;

  [[nodiscard]] std::int64_t tokens() const { return grid * grid; }
};

/// The stripe's short side: softmax has 1 and 2 in the first two stages, as the published models do, where
/// that divides the grid, and the window of Swin's rule else (7 beside L or F, `model.window` otherwise); linear kinds
/// have `model.window`. It is at most the grid, and where it is the grid, a block has one branch.
std::vector<CswinStage> cswinStages(const ModelConfig& model);

/// The overlapping convolution in front: kernel 2 p - 1, stride p, padding p / 2 for patch size p (7, 4, 2 in
/// the published models), so that a stage-one grid is the image over p.
struct CswinEmbedding {
  std::int64_t kernel = 7;
  std::int64_t stride = 4;
  std::int64_t padding = 2;
};
CswinEmbedding cswinEmbedding(const ModelConfig& model);

/// What keeps the geometry from working, in words; empty when it fits. Checks the image against the patch, grids
/// against stripes and merges, and that two branches find an even number of heads.
std::string cswinGeometryProblem(const ModelConfig& model);

/// Image sizes next to the configured one that fit, smaller first; at most one on each side.
std::vector<std::int64_t> cswinSizesThatFit(const ModelConfig& model);

}  // namespace slab
