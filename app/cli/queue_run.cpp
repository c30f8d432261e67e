#include "app/cli/queue_run.h"

#include <csignal>

#include "app/cli/command.h"
#include "app/cli/output.h"
#include "app/cli/queue_output.h"
#include "app/cli/signals.h"
#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/log.h"
#include "core/base/time_of_day.h"
#include "core/jobs/queue_worker.h"

namespace slab::cli {
namespace {

double untilOf(const QueueRunOptions& options) {
  if (options.until.empty()) return 0;
  const auto at = nextTimeOfDay(options.until, wallSeconds());
  if (!at) throw Error(ErrorKind::Config, "--until " + options.until + " must be a time of day like 07:00");
  return *at;
}

void printEvent(const std::filesystem::path& project, const QueueEvent& event, bool json) {
  const QueueJob& job = event.job;
  const auto run = runOf(project, job);
  if (json) {
    Json line{{"event", job.state == JobState::Running ? "start" : "end"}};
    if (event.isResumed) line["resumed"] = true;
    const Json described = toJson(job, run);  // outlives the loop over its items
    for (const auto& [key, value] : described.items()) line[key] = value;
    return printJson(line);
  }
  std::string words = toTimeOfDay(wallSeconds()) + "  job " + std::to_string(job.id) + "  " + job.run + "  ";
  if (job.state == JobState::Running) {
    words += event.isResumed ? "goes on from its checkpoint" : "starts";
  } else {
    words += std::string(toString(job.state)) + (job.reason.empty() ? "" : ": " + job.reason);
    if (job.state == JobState::Done && run)
      words += ", " + std::string(scoreName(run->score)) + " " + percentOrDash(run->top1);
  }
  printLine(words);
}

}  // namespace

int runQueue(const std::filesystem::path& project, const QueueRunOptions& options) {
  QueueWorkerOptions work;
  work.project = project;
  work.until = untilOf(options);
  work.stopsAtUntil = options.stopsAtUntil;
  const LogSink previous = setLogSink([](LogLevel level, std::string_view line) {
    if (level >= LogLevel::Warning) printWarning(line);
  });
  // A terminal that is closed, or a pipe that nobody reads any more, must not end the night.
  std::signal(SIGHUP, SIG_IGN);
  QueueWorker worker(work, [&](const QueueEvent& event) {
    try {
      printEvent(project, event, options.json);
    } catch (const Error&) {
    }
  });
  const StopSignals signals([&] { worker.stop(); });
  const std::string reason = worker.run();
  setLogSink(previous);
  if (options.json) {
    printJson(Json{{"event", "queue_end"}, {"reason", reason}});
  } else {
    printLine("the queue ends: " + reason);
  }
  return kDone;
}

int stopQueue(const std::filesystem::path& project, bool afterJob, bool json) {
  const auto worker = queueWorker(project);
  if (!worker) {
    throw Error(ErrorKind::Config,
                "no process runs the queue of '" + project.string() + "', so there is nothing to stop");
  }
  RunQueue(project).setStop(afterJob ? QueueOrders::Stop::AfterJob : QueueOrders::Stop::Now);
  if (json) {
    printJson(Json{{"pid", worker->pid}, {"after_job", afterJob}});
  } else {
    printLine("process " + std::to_string(worker->pid) +
              (afterJob ? " ends when its job is over" : " stops its job with a checkpoint and ends"));
  }
  return kDone;
}

}  // namespace slab::cli
