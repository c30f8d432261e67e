// slab train: a new run, or the continuation of one.
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <mutex>

#include "app/cli/command.h"
#include "app/cli/config_source.h"
#include "app/cli/event_stream.h"
#include "app/cli/output.h"
#include "app/cli/progress.h"
#include "app/cli/signals.h"
#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/format.h"
#include "core/base/log.h"
#include "core/jobs/train_job.h"
#include "core/store/run_directory.h"

namespace slab::cli {
namespace {

struct Options {
  ConfigOptions source;
  std::string run;
  std::string from;
  bool resume = false;
  std::int64_t fromStep = -1;
  bool json = false;
};

bool isSameFile(int descriptor, const std::filesystem::path& path) {
  struct stat a {
  }, b{};
  return ::fstat(descriptor, &a) == 0 && ::stat(path.c_str(), &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/// Sends log lines to the run's worker.log, and warnings to standard error as well, unless that is
/// the same file (a window starts workers so).
class RunLog {
 public:
  explicit RunLog(std::filesystem::path file) : file_(std::move(file)) {
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
      stream_ << toIso8601(wallSeconds()) << ' ' << toString(level) << ": " << line << std::endl;
    }
    if (level < LogLevel::Warning || (stream_.is_open() && isSameFile(STDERR_FILENO, file_))) return;
    std::fprintf(stderr, "slab: %.*s: %.*s\n", static_cast<int>(toString(level).size()), toString(level).data(),
                 static_cast<int>(line.size()), line.data());
  }

  std::filesystem::path file_;
  std::ofstream stream_;
  LogSink previous_;
};

TrainRequest makeRequest(const Options& options) {
  TrainRequest request;
  request.run = options.run;
  request.resume = options.resume;
  if (options.fromStep >= 0) request.fromStep = options.fromStep;
  if (!options.from.empty()) {
    throw Error(ErrorKind::Config, "a branch of another run (--from) is not yet built");
  }
  if (options.resume) {
    if (options.source.isGiven()) {
      throw CLI::ValidationError("--resume takes --run alone; a changed configuration is a new run");
    }
    return request;
  }
  if (options.fromStep >= 0) throw CLI::ValidationError("--from-step goes with --resume");
  if (options.source.preset.empty() && options.source.file.empty()) {
    throw CLI::RequiredError("--preset, --config or --resume");
  }
  request.config = options.source.loadOrThrow();
  return request;
}

void noteEvent(ProgressLine& progress, const Json& event) {
  const std::string kind = event.value("event", "");
  if (kind == "eval") {
    progress.note("evaluation after " + formatInteger(event["step"].get<std::int64_t>()) + " steps: top-1 " +
                  formatNumber(event["top1"].get<double>(), 4) + " %, top-5 " +
                  formatNumber(event["top5"].get<double>(), 4) + " %");
  } else if (kind == "checkpoint") {
    progress.note("checkpoint " + event["path"].get<std::string>());
  }
}

TrainOutcome trainTo(TrainRequest request, bool json) {
  ProgressLine progress;
  EventStream events;
  TrainCallbacks callbacks;
  if (json) {
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

int run(const Options& options) {
  const RunLog log(RunDirectory(options.run).log());
  TrainOutcome outcome;
  try {
    outcome = trainTo(makeRequest(options), options.json);
  } catch (const Error& error) {
    outcome = {RunState::Failed, error.what(), error.kind()};
  }
  if (options.json) printEnd(outcome);
  if (outcome.state == RunState::Failed) {
    logInfo("failed: " + outcome.reason);
    printError(toString(outcome.kind), outcome.reason);
    return kFailed;
  }
  if (!options.json)
    printLine(std::string(toString(outcome.state)) + (outcome.reason.empty() ? "" : ": " + outcome.reason));
  return kDone;
}

}  // namespace

Action setUpTrain(CLI::App& app) {
  auto options = std::make_shared<Options>();
  options->source.add(app);
  app.add_option("--run", options->run, "Run directory: new, or with --resume an existing one")->required();
  app.add_flag("--resume", options->resume, "Continue the run from its newest checkpoint; takes --run alone");
  app.add_option("--from-step", options->fromStep, "With --resume: continue from the checkpoint of this step")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--from", options->from, "Branch of another run (not yet built)")->type_name("DIR[@STEP]");
  app.add_flag("--json", options->json, "One JSON object a line on standard output");
  app.footer("SIGINT and SIGTERM write a checkpoint and end the run with exit code 0 and status \"stopped\".");
  return [options]() -> int { return run(*options); };
}

}  // namespace slab::cli
