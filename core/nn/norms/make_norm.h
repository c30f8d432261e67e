// The norm a model is configured with.
#pragma once

#include <memory>

#include "core/config/model_config.h"
#include "core/nn/context.h"
#include "core/nn/norms/norm.h"

namespace slab::nn {

/// Makes norms of one kind. `layerNormEps` serves LayerNorm and PRepBN's LayerNorm branch.
struct NormFactory {
  NormKind kind = NormKind::LayerNorm;
  double layerNormEps = 1e-5;
  ContextPtr context;

  [[nodiscard]] std::shared_ptr<Norm> make(std::int64_t channels) const;
};

}  // namespace slab::nn
