// How many parameters a module has.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>

namespace slab {

/// Values of all parameters, trained or not; statistics and counters are none.
inline std::int64_t parameterCount(const torch::nn::Module& module) {
  std::int64_t count = 0;
  for (const auto& parameter : module.parameters()) count += parameter.numel();
  return count;
}

}  // namespace slab
