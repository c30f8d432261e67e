#include "core/jobs/queue_worker.h"

#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/log.h"
#include "core/base/time_of_day.h"
#include "core/jobs/child_process.h"
#include "core/store/database.h"

namespace slab {
namespace {

namespace fs = std::filesystem;

// Orders come from other processes through the file: it is read this often, and a training is watched meanwhile.
constexpr double kLookSeconds = 0.5;
constexpr auto kRetryPause = std::chrono::seconds(2);
// `slab train` says so when it failed in an orderly way, its reason printed last; anything else is a death.
constexpr int kFailedExit = 1;

// runs/base, runs/base-2, ...: made here, so that no other process takes the same name.
std::string claimRun(const fs::path& project, const std::string& base) {
  std::error_code error;
  fs::create_directories(project / "runs", error);
  std::string name = base;
  for (int i = 2; !error; ++i) {
    if (fs::create_directory(project / "runs" / name, error)) return name;
    name = base + "-" + std::to_string(i);
  }
  throw Error(ErrorKind::Data, "can't make a run in '" + (project / "runs").string() + "': " + error.message());
}

// The last words of a process, without the time and level in front.
std::string lastLine(const fs::path& log) {
  try {
    std::string text = readTextFile(log);
    text.erase(text.find_last_not_of("\n ") + 1);
    text.erase(0, text.rfind('\n') + 1);
    const std::size_t error = text.find(" error: ");
    return error == std::string::npos ? text : text.substr(error + 8);
  } catch (const Error&) {
    return "";
  }
}

std::string wordsOf(const ProcessEnd& end) {
  if (end.signal != 0)
    return std::string("signal ") + std::to_string(end.signal) + " (" + ::strsignal(end.signal) + ")";
  if (end.exitCode == kWorkerLost) return "a lost device";
  return end.exitCode ? "exit code " + std::to_string(*end.exitCode) : "an unknown cause";
}

std::int64_t stepOf(const std::string& checkpoint) {
  const std::size_t dash = checkpoint.find("step-");
  return dash == std::string::npos ? 0 : std::strtoll(checkpoint.c_str() + dash + 5, nullptr, 10);
}

}  // namespace

QueueWorker::QueueWorker(QueueWorkerOptions options, std::function<void(const QueueEvent&)> onEvent)
    : options_(std::move(options)),
      onEvent_(std::move(onEvent)),
      lock_(lockQueue(options_.project)),
      queue_(options_.project) {
  queue_.setStop(QueueOrders::Stop::No);
  queue_.setUntil(options_.until, options_.stopsAtUntil);
}

std::string QueueWorker::run() {
  for (const QueueJob& job : queue_.running()) takeOver(job);
  for (;;) {
    if (std::string reason = reasonToEnd(); !reason.empty()) return reason;
    if (!beginNext()) return "the queue is empty";
  }
}

std::string QueueWorker::reasonToEnd() {
  const QueueOrders orders = queue_.orders();
  if (isStopWanted_ || orders.stop != QueueOrders::Stop::No) return "asked to stop";
  if (orders.until > 0 && wallSeconds() >= orders.until) return "it is " + toTimeOfDay(orders.until);
  return "";
}

bool QueueWorker::mustInterrupt() {
  const QueueOrders orders = queue_.orders();
  return isStopWanted_ || orders.stop == QueueOrders::Stop::Now ||
         (orders.stopsAtUntil && orders.until > 0 && wallSeconds() >= orders.until);
}

// False when nothing waits.
bool QueueWorker::beginNext() {
  const auto waiting = queue_.firstWaiting();
  if (!waiting) return false;
  // A run that was renamed or thrown away meanwhile is not looked for: the job starts a new one.
  const bool hasRun = !waiting->run.empty() && RunDirectory::isRun(options_.project / "runs" / waiting->run);
  const std::string run = hasRun ? waiting->run : claimRun(options_.project, waiting->name);
  if (auto job = queue_.begin(waiting->id, run)) {
    attend(std::move(*job));
  } else if (!hasRun) {
    std::error_code ignored;
    fs::remove(options_.project / "runs" / run, ignored);
  }
  return true;
}

// What an earlier worker left behind: its training runs on, or ended meanwhile, or died.
void QueueWorker::takeOver(QueueJob job) {
  const bool isTraining = findTraining(job).has_value();
  const RunState state = summarize(directoryOf(job)).state;
  const bool isOver = state == RunState::Done || state == RunState::Stopped || state == RunState::Failed;
  if (isTraining || !isOver) return attend(std::move(job));
  judge(job, {}, false);
}

std::optional<ChildProcess> QueueWorker::findTraining(const QueueJob& job) const {
  const auto holder = readLock(directoryOf(job));
  return holder ? ChildProcess::find(*holder) : std::nullopt;
}

// From the beginning of a job's turn, or from where an earlier worker left it, to the end.
void QueueWorker::attend(QueueJob job) {
  for (bool isOver = false; !isOver;) {
    std::optional<ChildProcess> process = findTraining(job);
    if (!process && mustInterrupt()) return finish(job, JobState::Waiting, "stopped with the queue");
    try {
      if (!process) process.emplace(startTraining(job));
    } catch (const Error& error) {
      return finish(job, JobState::Failed, error.what());
    }
    bool interrupted = false;
    const ProcessEnd end = watch(*process, interrupted);
    isOver = judge(job, end, interrupted);
  }
}

ProcessEnd QueueWorker::watch(const ChildProcess& process, bool& interrupted) {
  for (;;) {
    if (const auto end = process.waitFor(kLookSeconds)) return *end;
    if (interrupted || !mustInterrupt()) continue;
    process.askToStop();
    interrupted = true;
  }
}

ChildProcess QueueWorker::startTraining(const QueueJob& job) {
  const RunDirectory run = directoryOf(job);
  std::vector<std::string> arguments{"train", "--supervised", "--run", run.path().string()};
  if (job.processes > 1) {
    arguments.insert(arguments.begin(), {"launch", "--nproc", std::to_string(job.processes), "--"});
  }
  const bool isResumed = RunDirectory::isRun(run.path());
  if (isResumed) {
    arguments.emplace_back("--resume");
  } else {
    // The worker of the run stores both texts; these copies only hand them over.
    const fs::path folder = options_.project / ".cache";
    const std::string stem = "job-" + std::to_string(job.id);
    const ConfigSnapshot snapshot = queue_.snapshot(job.id);
    std::error_code ignored;
    fs::create_directories(folder, ignored);
    replaceFile(folder / (stem + ".json"), snapshot.resolved);
    replaceFile(folder / (stem + ".given.json"), snapshot.given);
    for (const auto& [option, suffix] : {std::pair{"--config", ".json"}, std::pair{"--given", ".given.json"}}) {
      arguments.emplace_back(option);
      arguments.push_back((folder / (stem + suffix)).string());
    }
    if (!job.from.empty()) arguments.insert(arguments.end(), {"--from", job.from});
    fs::create_directories(run.path(), ignored);
  }
  ChildProcess process = ChildProcess::start(options_.program, arguments, run.log());
  onEvent_({job, isResumed});
  return process;
}

// True when the job's turn is over; false when its training has to be resumed.
bool QueueWorker::judge(QueueJob& job, const ProcessEnd& end, bool interrupted) {
  const RunDirectory directory = directoryOf(job);
  const RunSummary run = summarize(directory);
  // It has noted itself as failed, since nobody might have been there to resume it.
  if (end.exitCode == kWorkerLost) return noteDeath(job, run, end);
  const std::string lastWords = lastLine(directory.log());
  // One of several processes was killed: the launch ends the others and says so in an orderly way, the run does not.
  const bool isKilledGroup = job.processes > 1 && run.state == RunState::Lost;
  if (end.exitCode == kFailedExit && !lastWords.empty() && !isKilledGroup) {
    finish(job, JobState::Failed, lastWords);
  } else if (run.state == RunState::Done) {
    finish(job, JobState::Done, "");
  } else if (run.state == RunState::Stopped && interrupted) {
    finish(job, JobState::Waiting, "stopped with the queue at step " + std::to_string(run.step));
  } else if (run.state == RunState::Stopped) {
    finish(job, JobState::Stopped, run.message.empty() ? "stopped at step " + std::to_string(run.step) : run.message);
  } else if (run.state == RunState::Failed) {
    finish(job, JobState::Failed, run.message);
  } else if (!run.problem.empty()) {
    finish(job, JobState::Failed, run.problem);
  } else {
    return noteDeath(job, run, end);
  }
  return true;
}

bool QueueWorker::noteDeath(QueueJob& job, const RunSummary& run, const ProcessEnd& end) {
  const std::int64_t progress = stepOf(run.lastCheckpoint);
  job.deaths = progress > job.progress ? 1 : job.deaths + 1;
  job.progress = progress;
  store([&] { queue_.noteDeath(job.id, job.deaths, job.progress); });
  logWarning(job.run + " ended without a word: " + wordsOf(end));
  if (job.deaths < kMaxDeaths) return false;
  const std::string words = lastLine(directoryOf(job).log());
  finish(job, JobState::Failed,
         "died " + std::to_string(job.deaths) + " times at step " + std::to_string(run.step) + ", the last time of " +
             wordsOf(end) + (words.empty() ? "" : "; its log ends with: " + words));
  return true;
}

// A full disk must not end the queue: the change is made when there is room again.
void QueueWorker::store(const std::function<void()>& change) {
  for (;;) {
    try {
      return change();
    } catch (const DatabaseError& error) {
      if (!error.isTemporary() || isStopWanted_) throw;
      logWarning(std::string(error.what()) + "; trying again");
    }
    std::this_thread::sleep_for(kRetryPause);
  }
}

void QueueWorker::finish(const QueueJob& job, JobState state, const std::string& reason) {
  store([&] { queue_.finish(job.id, state, reason); });
  onEvent_({queue_.job(job.id), false});
}

RunDirectory QueueWorker::directoryOf(const QueueJob& job) const {
  return RunDirectory(options_.project / "runs" / job.run);
}

}  // namespace slab
