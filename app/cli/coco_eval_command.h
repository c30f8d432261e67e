// slab data coco-eval: COCO's twelve numbers of a file of results.
#pragma once

#include "app/cli/command.h"

namespace slab::cli {

/// Adds the subcommand to `data`; the action runs it.
Action setUpCocoEval(CLI::App& data);

}  // namespace slab::cli
