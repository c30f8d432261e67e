// slab data make-scenes: a data set in COCO's format made of Fashion-MNIST.
#pragma once

#include "app/cli/command.h"

namespace slab::cli {

/// Adds the subcommand to `data`; the action runs it.
Action setUpMakeScenes(CLI::App& data);

}  // namespace slab::cli
