// Subcommands whose names are settled and which a later version brings.
#include "app/cli/command.h"
#include "core/base/error.h"

namespace slab::cli {

Action setUpNotBuilt(CLI::App& app) {
  app.allow_extras();
  return [&app]() -> int {
    throw Error(ErrorKind::Config, "slab " + app.get_name() + " is known, but not yet built in this version");
  };
}

}  // namespace slab::cli
