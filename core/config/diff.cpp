#include "core/config/diff.h"

#include <algorithm>

namespace slab {

std::vector<ConfigDifference> diff(const std::vector<RunConfig>& configs) {
  std::vector<ConfigDifference> differences;
  for (const auto& field : fields()) {
    ConfigDifference entry{field.key, {}};
    for (const auto& config : configs) entry.values.push_back(getField(config, field.key));
    const bool same = std::all_of(entry.values.begin(), entry.values.end(),
                                  [&](const Json& value) { return value == entry.values.front(); });
    if (!same) differences.push_back(std::move(entry));
  }
  return differences;
}

}  // namespace slab
