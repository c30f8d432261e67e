// What only `test --long` runs.
#pragma once

#include <cstdlib>

#include "core/config/cost.h"

namespace slab::testing {

/// `./dev test --long` sets SLAB_TEST_LONG.
inline bool isLongTier() {
  return std::getenv("SLAB_TEST_LONG") != nullptr;
}

/// Whether tests of whole models take this one in the tier that runs: the default tier leaves out those of more
/// than 30 M parameters, which take seconds to fill.
inline bool isInTier(const ModelConfig& config) {
  constexpr std::int64_t kLarge = 30'000'000;
  return isLongTier() || modelCost(config).parameters <= kLarge;
}

}  // namespace slab::testing
