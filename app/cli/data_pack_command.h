// The part of `slab data` that makes packed data sets.
#pragma once

#include "app/cli/command.h"

namespace slab::cli {

/// Adds `pack` to the command `data`; the action is for when it was given.
Action setUpDataPack(CLI::App& data);

}  // namespace slab::cli
