// slab train: a new run, or the continuation of one.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <mutex>

#include "app/cli/coco_scores.h"
#include "app/cli/command.h"
#include "app/cli/config_source.h"
#include "app/cli/event_stream.h"
#include "app/cli/output.h"
#include "app/cli/progress.h"
#include "app/cli/signals.h"
#include "app/cli/worker_group.h"
#include "app/cli/worker_supervisor.h"
#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/format.h"
#include "core/base/log.h"
#include "core/base/rank_environment.h"
#include "core/jobs/child_process.h"
#include "core/jobs/train_job.h"
#include "core/store/run_directory.h"
#include "core/store/run_summary.h"

namespace slab::cli {
namespace {

struct Options {
  ConfigOptions source;
  std::string run;
  std::string from;
  std::string given;
  bool resume = false;
  std::int64_t fromStep = -1;
  int restarts = 0;
  bool supervised = false;
  bool json = false;
};

constexpr const char* kSupervised = "--supervised";

bool isSameFile(int descriptor, const std::filesystem::path& path) {
  struct stat a {
  }, b{};
  return ::fstat(descriptor, &a) == 0 && ::stat(path.c_str(), &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/// Sends log lines to the run's worker.log, and warnings to standard error as well, unless that is
/// the same file (a window starts workers so). Those of the other processes of a distributed training say which.
class RunLog {
 public:
  RunLog(std::filesystem::path file, const std::string& process) : file_(std::move(file)), process_(process) {
    previous_ = setLogSink([this](LogLevel level, std::string_view line) { write(level, line); });
  }
  ~RunLog() { setLogSink(std::move(previous_)); }
  RunLog(const RunLog&) = delete;
  RunLog& operator=(const RunLog&) = delete;

 private:
  void write(LogLevel level, std::string_view line) {
    // The run's directory is made by the job: until then there is nowhere to write.
    if (!stream_.is_open() && std::filesystem::exists(file_.parent_path())) stream_.open(file_, std::ios::app);
    if (stream_.is_open()) {
      stream_.clear();  // a line that a full disk refused must not silence the log for good
      stream_ << toIso8601(wallSeconds()) << ' ' << toString(level) << ": " << process_ << line << std::endl;
    }
    if (level < LogLevel::Warning || (stream_.is_open() && isSameFile(STDERR_FILENO, file_))) return;
    std::fprintf(stderr, "slab: %.*s: %s%.*s\n", static_cast<int>(toString(level).size()), toString(level).data(),
                 process_.c_str(), static_cast<int>(line.size()), line.data());
  }

  std::filesystem::path file_;
  std::string process_;
  std::ofstream stream_;
  LogSink previous_;
};

TrainRequest makeRequest(const Options& options) {
  TrainRequest request;
  request.run = options.run;
  request.resume = options.resume;
  if (options.fromStep >= 0) request.fromStep = options.fromStep;
  if (options.resume) {
    if (options.source.isGiven() || !options.from.empty()) {
      throw CLI::ValidationError(
          "--resume takes --run alone; a changed configuration is a branch: --run NEW --from DIR");
    }
    return request;
  }
  if (options.fromStep >= 0) throw CLI::ValidationError("--from-step goes with --resume");
  ConfigOptions source = options.source;
  const bool isNamed = !source.preset.empty() || !source.file.empty();
  if (!options.from.empty()) {
    request.from = parseCheckpointName(options.from);
    if (!isNamed) source.file = RunDirectory::open(request.from->run).config().string();
  } else if (!isNamed) {
    throw CLI::RequiredError("--preset, --config, --from or --resume");
  }
  request.config = source.loadOrThrow();
  if (!options.given.empty()) request.config.given = readTextFile(options.given);
  return request;
}

void noteEvent(ProgressLine& progress, const Json& event) {
  const std::string kind = event.value("event", "");
  if (kind == "eval" && event.contains("mask_ap")) {
    progress.note("evaluation after " + formatInteger(event["step"].get<std::int64_t>()) + " steps: box AP " +
                  scoreText(event["box_ap"].get<double>()) + ", mask AP " + scoreText(event["mask_ap"].get<double>()));
  } else if (kind == "eval") {
    progress.note("evaluation after " + formatInteger(event["step"].get<std::int64_t>()) + " steps: top-1 " +
                  formatNumber(event["top1"].get<double>(), 4) + " %, top-5 " +
                  formatNumber(event["top5"].get<double>(), 4) + " %");
  } else if (kind == "checkpoint") {
    progress.note("checkpoint " + event["path"].get<std::string>());
  } else if (kind == "recalibration" && event["top1_after"].is_number()) {
    progress.note("statistics recalibrated over " + formatInteger(event["batches"].get<std::int64_t>()) +
                  " batches: top-1 " + formatNumber(event["top1_before"].get<double>(), 4) + " % before, " +
                  formatNumber(event["top1_after"].get<double>(), 4) + " % after");
  }
}

TrainOutcome trainTo(TrainRequest request, bool json, bool isFirst) {
  ProgressLine progress;
  EventStream events;
  TrainCallbacks callbacks;
  if (!isFirst) {
    // Process 0 tells it all.
  } else if (json) {
    callbacks.onEvent = [&](const Json& event) { events.write(event); };
  } else {
    callbacks.onEvent = [&](const Json& event) { noteEvent(progress, event); };
    callbacks.onStatus = [&](const RunStatus& status) { progress.show(status); };
  }
  TrainSession session(std::move(request), std::move(callbacks));
  const StopSignals signals([&] { session.command("stop"); });
  session.start();
  return session.wait();
}

void printEnd(const TrainOutcome& outcome) {
  printJson(Json{{"event", "end"}, {"status", toString(outcome.state)}, {"reason", outcome.reason}});
}

std::vector<std::string> resumeArguments(const Options& options) {
  std::vector<std::string> arguments{"train", "--run", options.run, "--resume"};
  if (options.fromStep >= 0) arguments.insert(arguments.end(), {"--from-step", std::to_string(options.fromStep)});
  if (options.json) arguments.emplace_back("--json");
  return arguments;
}

// The arguments this process was started with, by the program's own path.
std::vector<std::string> ownCommand() {
  std::vector<std::string> command;
  std::ifstream stream("/proc/self/cmdline", std::ios::binary);
  for (std::string argument; std::getline(stream, argument, '\0');) command.push_back(argument);
  if (command.empty()) throw Error(ErrorKind::Internal, "/proc is needed to start further processes");
  command[0] = std::filesystem::read_symlink("/proc/self/exe").string();
  return command;
}

int runSupervised(const Options& options) {
  const RunLog log(RunDirectory(options.run).log(), "");
  SupervisedWork work{ownCommand(), {}, options.run, options.restarts};
  work.first.emplace_back(kSupervised);
  work.again = {work.first[0], "train", "--run", options.run, "--resume", kSupervised};
  if (options.json) work.again.emplace_back("--json");
  SupervisedEvents events;
  events.onRestart = [&](int n, std::int64_t step, const std::string& reason) {
    if (options.json) printJson(Json{{"event", "restart"}, {"restart", n}, {"step", step}, {"reason", reason}});
  };
  events.onGiveUp = [&](const std::string& reason) {
    if (options.json) printEnd({RunState::Failed, reason});
    printError(toString(ErrorKind::Internal), reason);
  };
  return supervise(work, events);
}

// No destructor runs: those of tensors would ask the lost device.
[[noreturn]] void endLostWorker(const Options& options, const TrainOutcome& outcome) {
  logWarning("the device is lost: " + outcome.reason);
  if (options.supervised) ::_exit(kWorkerLost);
  if (options.json) printEnd(outcome);
  printError(toString(outcome.kind), outcome.reason);
  ::_exit(kFailed);
}

// A run of several processes goes on with as many, and so does a branch of it, whoever asks: a person, a script, the
// window.
int processesOf(const Options& options) {
  if (options.resume) return summarize(RunDirectory(options.run)).processes;
  // A launcher has said how many: one.
  if (options.from.empty() || std::getenv("WORLD_SIZE") != nullptr) return 1;
  try {
    return summarize(RunDirectory(parseCheckpointName(options.from).run)).processes;
  } catch (const Error&) {
    return 1;  // no name of a checkpoint: makeRequest says so
  }
}

int runTogether(const Options& options, int processes) {
  if (options.resume) return trainTogether(resumeArguments(options), processes);
  auto command = ownCommand();
  command.erase(command.begin());
  const auto restarts = std::find_if(command.begin(), command.end(),
                                     [](const std::string& word) { return word.rfind("--restarts", 0) == 0; });
  if (restarts != command.end()) command.erase(restarts, restarts + (*restarts == "--restarts" ? 2 : 1));
  return trainTogether(command, processes);
}

int run(const Options& options) {
  const RankEnvironment ranks = RankEnvironment::read();
  if (options.restarts > 0 && ranks.isDistributed()) {
    throw CLI::ValidationError("--restarts", "is for a training in one process: start this one again with --resume");
  }
  if (!ranks.isDistributed()) {
    const int processes = processesOf(options);
    if (processes > 1) {
      // The window gives it with every resume, so it is no mistake here.
      if (options.restarts > 0)
        printWarning("a training in several processes is not restarted: --restarts is left out");
      return runTogether(options, processes);
    }
  }
  if (options.restarts > 0 && !options.supervised) return runSupervised(options);
  const std::string process = ranks.isFirst() ? "" : "process " + std::to_string(ranks.rank) + ": ";
  const RunLog log(RunDirectory(options.run).log(), process);
  TrainOutcome outcome;
  try {
    outcome = trainTo(makeRequest(options), options.json, ranks.isFirst());
  } catch (const Error& error) {
    outcome = {RunState::Failed, error.what(), error.kind()};
  }
  if (outcome.isWorkerLost) endLostWorker(options, outcome);
  if (options.json && ranks.isFirst()) printEnd(outcome);
  if (outcome.state == RunState::Failed) {
    logInfo("failed: " + outcome.reason);
    printError(toString(outcome.kind), process + outcome.reason);
    return kFailed;
  }
  if (!options.json && ranks.isFirst())
    printLine(std::string(toString(outcome.state)) + (outcome.reason.empty() ? "" : ": " + outcome.reason));
  return kDone;
}

}  // namespace

Action setUpTrain(CLI::App& app) {
  auto options = std::make_shared<Options>();
  options->source.add(app);
  app.add_option("--run", options->run, "Run directory: new, or with --resume an existing one")->required();
  app.add_flag("--resume", options->resume, "Continue the run from its newest checkpoint; takes --run alone");
  app.add_option("--from-step", options->fromStep,
                 "With --resume: rewind to the checkpoint of this step; what came after it stays, superseded")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--from", options->from,
                 "Branch: start --run from a checkpoint of another run (the newest, or that of STEP), with its "
                 "configuration and --set, or with --config or --preset; in as many processes, unless slab launch says "
                 "how many")
      ->type_name("DIR[@STEP]");
  app.add_option("--given", options->given, "Text to keep as config.given.json, instead of the configuration's own")
      ->type_name("FILE");
  app.add_option("--restarts", options->restarts,
                 "Start a worker that crashed or lost its device again from the newest checkpoint, at most so often; "
                 "from the second time on only if there is a newer one")
      ->check(CLI::Range(0, 1000));
  app.add_flag(kSupervised, options->supervised)->group("");  // for a worker that --restarts or the queue watches
  app.add_flag("--json", options->json, "One JSON object a line on standard output");
  app.footer("SIGINT and SIGTERM write a checkpoint and end the run with exit code 0 and status \"stopped\".");
  return [options]() -> int { return run(*options); };
}

}  // namespace slab::cli
