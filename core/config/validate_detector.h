// What a detector's configuration must satisfy beyond the rest.
#pragma once

#include <vector>

#include "core/config/validate.h"

namespace slab::detail {

/// For data.type coco. Appends to `issues`.
void checkDetector(const RunConfig& config, std::vector<ConfigIssue>& issues);

}  // namespace slab::detail
