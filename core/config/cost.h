// What a model costs, counted from its configuration alone: parameters, multiply-accumulates and
// shapes, module by module. Needs no torch; tests compare it with the built models.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/config/model_config.h"

namespace slab {

/// One row of the model tree. Sums over rows of `depth` 0 are the model's totals.
struct ModuleCost {
  std::string path;    // "layers.0.blocks.0.attn", as in the state dict
  std::string what;    // "linear, 3 heads, DWC 5x5"
  std::string output;  // "56x56x96"
  int depth = 0;
  std::int64_t parameters = 0;        // in training form
  std::int64_t foldedParameters = 0;  // after folding every norm that folds
  std::int64_t macs = 0;              // one image: linear, convolution and attention products, norms none
};

/// Rows in forward order: patch_embed, stages with their blocks below them, norm, head.
std::vector<ModuleCost> modelTree(const ModelConfig& model);

struct ModelCost {
  std::int64_t parameters = 0;
  std::int64_t foldedParameters = 0;
  std::int64_t macs = 0;
};

ModelCost modelCost(const ModelConfig& model);

}  // namespace slab
