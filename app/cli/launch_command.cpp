// slab launch: one training in several processes of this machine.
#include <memory>

#include "app/cli/command.h"
#include "app/cli/worker_group.h"

namespace slab::cli {
namespace {

constexpr const char* kFooter = R"(slab launch --nproc N -- train ARGUMENTS

The effective batch is train.batch x train.accumulate x N. Process 0 keeps the run; the others leave nothing on disk.
SIGINT and SIGTERM are passed on, and end the run with a checkpoint. When a process fails the others are ended;
slab train --run DIR --resume goes on with as many. Across machines: torchrun --no-python slab train ARGUMENTS.

GPUs of their own exchange by NCCL where the CUDA module has it; with SLAB_EXCHANGE=host in the environment, as without,
through the host's memory.)";

struct Options {
  int processes = 0;
  std::string command;
};

}  // namespace

Action setUpLaunch(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("--nproc", options->processes,
                 "Processes; each takes train.batch images a step and its share of the processors")
      ->required()
      ->check(CLI::Range(1, kMostProcesses));
  app.add_option("command", options->command, "What is started so, and then its arguments")
      ->required()
      ->check(CLI::IsMember({"train"}));
  app.prefix_command();  // from there on nothing is an option of launch
  app.footer(kFooter);
  return [&app, options]() -> int {
    std::vector<std::string> arguments = app.remaining();
    if (!arguments.empty() && arguments.front() == "--") arguments.erase(arguments.begin());
    arguments.insert(arguments.begin(), options->command);
    return trainTogether(arguments, options->processes);
  };
}

}  // namespace slab::cli
