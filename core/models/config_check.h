// Checks that the constructors of staged models share.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/config/model_config.h"

namespace slab {

/// Throws Error(Config) unless depths, heads and attention letters agree with each other and with the family.
void requireStages(const ModelConfig& config);

/// Throws Error(Config) with the sizes that fit, if there is a problem.
void requireGeometry(const ModelConfig& config, const std::string& problem,
                     const std::vector<std::int64_t>& sizesThatFit);

}  // namespace slab
