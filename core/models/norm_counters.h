// The counters of PRepBN norms in the reference's files, and the lambda that follows from them.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <optional>

#include "core/nn/context.h"

namespace slab {

/// The reference's counters of a PRepBN norm, in optimizer steps.
struct NormCounters {
  std::int64_t warm = 0;
  std::int64_t iter = 0;
  std::int64_t totalStep = 0;

  friend bool operator==(const NormCounters&, const NormCounters&) = default;
};

/// Writes the counters into every PRepBN norm below the module.
void writeCounters(torch::nn::Module& model, const NormCounters& counters);
/// The largest of each counter over the PRepBN norms; nothing where there are none.
[[nodiscard]] std::optional<NormCounters> largestCounters(const torch::nn::Module& model);

/// What the counters are `steps` training forwards later: warm runs down first, then iter.
[[nodiscard]] NormCounters countersAfter(const NormCounters& counters, std::int64_t steps);
/// lambda of the next training forward at these counters: LayerNorm alone while warm is above 0, then
/// iter / totalStep (0 where totalStep is).
[[nodiscard]] nn::LambdaState lambdaAt(const NormCounters& counters);

}  // namespace slab
