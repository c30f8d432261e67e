// slab: every capability of the workbench as a subcommand, and the worker process of its window.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <string_view>

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

// LibTorch's OpenMP threads spin for milliseconds at every barrier by default: one other busy program (the
// window, a compiler) then makes a step ten times slower. A short spin costs nothing on a quiet machine. The
// library reads the variable when it is loaded, so the program starts itself once more, for long work only.
void limitSpinning(int argc, char** argv) {
  constexpr std::array<std::string_view, 5> kLongWork{"train", "eval", "infer", "bench", "serve"};
  const std::string_view command = argc > 1 ? argv[1] : "";
  if (std::find(kLongWork.begin(), kLongWork.end(), command) == kLongWork.end()) return;
  if (std::getenv("GOMP_SPINCOUNT") != nullptr || std::getenv("OMP_WAIT_POLICY") != nullptr) return;
  ::setenv("GOMP_SPINCOUNT", "10000", 1);
  ::execv("/proc/self/exe", argv);  // without /proc the work is done as it is
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
  limitSpinning(argc, argv);
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
