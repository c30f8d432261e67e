// The configuration of a run, from the words that the run table keeps of it.
#pragma once

#include <optional>

#include "core/config/fields.h"
#include "widgets/run_table/run_row.h"

namespace slab {

/// The run's resolved configuration; keys that its row lacks or that do not parse keep the demo preset's value, and
/// without a run it is the demo preset.
RunConfig configOf(const RunRow* run);

}  // namespace slab
