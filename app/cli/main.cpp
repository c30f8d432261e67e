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

void setUnlessGiven(const char* name, const char* value) {
  ::setenv(name, value, /*overwrite=*/0);
}

// Two habits of the libraries below LibTorch cost more than any kernel can win, and both are set by variables that are
// read when the libraries load; so the program starts itself once more, for long work only.
// - OpenMP's threads spin for milliseconds at every barrier: one other busy program (the window, a compiler) then makes
//   a step ten times slower. A short spin costs nothing on a quiet machine.
// - malloc gives every large tensor back to the system as it is freed, and the next one faults in its pages one by one
//   (a tenth of a training step). Memory is kept instead, in huge pages where the system offers them.
void prepareLongWork(int argc, char** argv) {
  constexpr std::array<std::string_view, 5> kLongWork{"train", "eval", "infer", "bench", "serve"};
  constexpr const char* kPrepared = "SLAB_PREPARED";
  const std::string_view command = argc > 1 ? argv[1] : "";
  if (std::find(kLongWork.begin(), kLongWork.end(), command) == kLongWork.end()) return;
  if (std::getenv(kPrepared) != nullptr) return;
  ::setenv(kPrepared, "1", 1);
  if (std::getenv("OMP_WAIT_POLICY") == nullptr) setUnlessGiven("GOMP_SPINCOUNT", "10000");
  setUnlessGiven("GLIBC_TUNABLES",
                 "glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=4294967296:glibc.malloc.top_pad=67108864:"
                 "glibc.malloc.hugetlb=1");
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
  prepareLongWork(argc, argv);
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
