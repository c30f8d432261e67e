// slab: every capability of the workbench as a subcommand, and the worker process of its window.
#include <CLI/CLI.hpp>
#include <csignal>
#include <exception>

#include "app/cli/command.h"
#include "app/cli/output.h"
#include "core/base/error.h"
#include "core/jobs/version.h"

namespace {

using slab::cli::Action;

void onVersion(std::int64_t) {
  slab::cli::printLine(slab::versionText());
  throw CLI::Success();
}

int runAction(const Action& action) {
  using namespace slab;
  try {
    return action();
  } catch (const CLI::ParseError&) {
    throw;
  } catch (const Error& error) {
    cli::printError(toString(error.kind()), error.what());
  } catch (const std::bad_alloc&) {
    cli::printError("device", "out of memory; use a smaller batch or image size");
  } catch (const std::exception& error) {
    cli::printError(toString(ErrorKind::Internal), error.what());
  }
  return cli::kFailed;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App app{
      "SLAB Workbench: train, fold, inspect and measure efficient vision transformers.\n"
      "Exit code 0: done, 1: failed, 2: wrong usage.",
      "slab"};
  app.add_flag_function("--version", onVersion, "Print the version and leave");
  app.require_subcommand(1);
  app.get_formatter()->column_width(36);

  std::vector<std::pair<CLI::App*, Action>> actions;
  for (const auto& command : slab::cli::commands()) {
    CLI::App* sub = app.add_subcommand(std::string(command.name), std::string(command.summary));
    actions.emplace_back(sub, command.setUp(*sub));
  }
  try {
    app.parse(argc, argv);
    for (const auto& [sub, action] : actions) {
      if (sub->parsed()) return runAction(action);
    }
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? slab::cli::kDone : slab::cli::kWrongUsage;
  }
  return slab::cli::kWrongUsage;
}
