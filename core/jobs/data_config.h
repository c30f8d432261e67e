// The configuration of a request about data.
#pragma once

#include <string>

#include "core/config/run_config.h"

namespace slab::jobs {

/// From its JSON text. Throws Error(Config) for a problem with the keys `data.*`; others do not matter here.
RunConfig dataConfigFrom(const std::string& text);

}  // namespace slab::jobs
