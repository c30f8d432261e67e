// Semantic difference of configurations: by key, never by line.
#pragma once

#include <string>
#include <vector>

#include "core/config/fields.h"

namespace slab {

struct ConfigDifference {
  std::string key;
  std::vector<Json> values;  // one for each configuration, in their order
};

/// The keys whose values are not the same in all configurations.
std::vector<ConfigDifference> diff(const std::vector<RunConfig>& configs);

}  // namespace slab
