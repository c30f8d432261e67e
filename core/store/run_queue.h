// The queue of a project: trainings that wait for their turn, in a small database that outlives every process.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/store/process_lock.h"
#include "core/store/queue_records.h"

namespace slab {

/// queue.db in the project directory. Any number of processes read and change it: every call is one
/// transaction, durable when it returns, and a process killed at any moment leaves the old state or the
/// new one. (A database rather than a file that is replaced: two windows, a terminal and the worker change
/// it at once, and a replaced file would lose one of two changes.) Use an object from one thread at a time.
/// Throws Error(Config) for a job that is not there or not in the state that the call needs, Error(Data)
/// when the file can't be read or written.
class RunQueue {
 public:
  /// Opens the queue of a project; makes the directory and the file when they are missing.
  explicit RunQueue(const std::filesystem::path& project);
  ~RunQueue();
  RunQueue(RunQueue&&) noexcept;
  RunQueue& operator=(RunQueue&&) noexcept;

  static bool exists(const std::filesystem::path& project);

  /// The running job, the pending ones in their order, then those that are over, newest first.
  [[nodiscard]] std::vector<QueueJob> jobs();
  [[nodiscard]] QueueJob job(std::int64_t id);
  [[nodiscard]] ConfigSnapshot snapshot(std::int64_t id);
  [[nodiscard]] std::vector<SweepRecord> sweeps();
  [[nodiscard]] QueueOrders orders();

  /// Adds jobs at the end, all of them or none; returns their ids.
  std::vector<std::int64_t> add(const std::vector<NewJob>& jobs);
  /// The same, as trials of one sweep named `name`.
  std::vector<std::int64_t> addSweep(const std::string& name, const std::string& method,
                                     const std::vector<NewJob>& jobs);

  /// To place 0, 1, ... among the pending jobs; beyond the end is the end. Returns the place it had.
  std::size_t move(std::int64_t id, std::size_t place);
  void hold(std::int64_t id);
  /// A held job waits again; one that failed or was stopped gets another turn and goes on where it stood.
  void release(std::int64_t id);
  /// Out of the list, kept in the file. Its run is not touched. Refused while it runs.
  void remove(std::int64_t id);
  /// Takes back `remove`: the job has its old place and state again.
  void restore(std::int64_t id);

  void setUntil(double wall_seconds, bool stops);
  void setStop(QueueOrders::Stop stop);

  // ---- the worker alone

  /// Jobs in state running: what an earlier worker left behind.
  [[nodiscard]] std::vector<QueueJob> running();
  [[nodiscard]] std::optional<QueueJob> firstWaiting();
  /// Gives a waiting job its turn, in the directory runs/`run`; nothing when somebody held or removed it meanwhile.
  std::optional<QueueJob> begin(std::int64_t id, const std::string& run);
  /// Notes an end without a word: the job keeps its turn.
  void noteDeath(std::int64_t id, int deaths, std::int64_t progress);
  /// The end of a running job: done, failed or stopped; or waiting again, at the head of the queue.
  void finish(std::int64_t id, JobState state, const std::string& reason);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// The lock that the queue's worker holds: queue.lock in the project. Throws Error(Config) naming the
/// process that runs the queue already.
ProcessLock lockQueue(const std::filesystem::path& project);
/// The process that runs the queue; nothing when none does.
std::optional<LockInfo> queueWorker(const std::filesystem::path& project);

}  // namespace slab
