// Runs the jobs of a project's queue one after another: what `slab queue run` does. Torch-free.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "core/store/run_queue.h"
#include "core/store/run_summary.h"

namespace slab {

class ChildProcess;
struct ProcessEnd;

struct QueueWorkerOptions {
  std::filesystem::path project;
  /// The program `slab` itself; each training is a process of its own, so that none takes the queue down.
  std::string program = "/proc/self/exe";
  double until = 0;  // wall seconds from which nothing starts; 0: none
  bool stopsAtUntil = false;
};

/// What happened, in order: a job began ("running") or ended (its state, or "waiting" where it goes on at the
/// next start).
struct QueueEvent {
  QueueJob job;
  bool isResumed = false;  // of a job that began: it goes on from its run's checkpoint
};

/// A job whose process dies, or ends because its device is lost, is resumed from its newest checkpoint; after
/// kMaxDeaths deaths without a newer checkpoint it has failed, with the reason, and the queue goes on. An orderly
/// failure (bad data, a loss that is not a number) is not tried again. What an earlier worker left running is watched
/// where it still runs, and counted as died where it does not.
inline constexpr int kMaxDeaths = 3;

class QueueWorker {
 public:
  /// Takes the queue's lock. Throws Error(Config) when another process runs this queue.
  QueueWorker(QueueWorkerOptions options, std::function<void(const QueueEvent&)> onEvent);

  /// Returns why it ended: "the queue is empty", "it is 07:00", "asked to stop".
  std::string run();

  /// From any thread: the running job stops with a checkpoint and waits for the next start.
  void stop() { isStopWanted_ = true; }

 private:
  [[nodiscard]] std::string reasonToEnd();
  [[nodiscard]] bool mustInterrupt();
  bool beginNext();
  void takeOver(QueueJob job);
  [[nodiscard]] std::optional<ChildProcess> findTraining(const QueueJob& job) const;
  void attend(QueueJob job);
  ProcessEnd watch(const ChildProcess& process, bool& interrupted);
  ChildProcess startTraining(const QueueJob& job);
  bool judge(QueueJob& job, const ProcessEnd& end, bool interrupted);
  bool noteDeath(QueueJob& job, const RunSummary& run, const ProcessEnd& end);
  void store(const std::function<void()>& change);
  void finish(const QueueJob& job, JobState state, const std::string& reason);
  [[nodiscard]] RunDirectory directoryOf(const QueueJob& job) const;

  QueueWorkerOptions options_;
  std::function<void(const QueueEvent&)> onEvent_;
  ProcessLock lock_;
  RunQueue queue_;
  std::atomic<bool> isStopWanted_ = false;
};

}  // namespace slab
