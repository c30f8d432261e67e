// The one writer of a run.db. Training hands values over and goes on; a thread of the writer's own
// talks to the disk, one transaction a tick.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/store/records.h"
#include "core/store/run_lock.h"

namespace slab {

/// `Full`: the disk refuses, the writer keeps everything and tries again every `retrySeconds`; the
/// run should pause. `Failed`: the database itself is damaged; nothing more will be written.
enum class StoreHealth { Ok, Full, Failed };

struct StoreStatus {
  StoreHealth health = StoreHealth::Ok;
  std::string message;  // one sentence naming the file and the cause
};

/// A point as it went into run.db.
struct CommittedPoint {
  std::string_view series;  // its name; valid during the call
  std::int64_t step = 0;
  double value = 0;
  double wall = 0;
};

struct RunWriterOptions {
  double tickSeconds = 0.1;
  double retrySeconds = 1.0;
  /// Samples kept while the disk refuses; at the limit `append` waits, so none is ever dropped.
  std::size_t capacity = std::size_t{1} << 20;
  /// Called on the writer's thread after each commit with the newest sequence number.
  std::function<void(std::int64_t)> onCommitted;
  /// Called on the writer's thread after each commit with the points in it, in the order they were handed over; for
  /// copies in other formats. Must not throw.
  std::function<void(std::span<const CommittedPoint>)> onPoints;
  /// Called on the writer's thread when the health changes.
  std::function<void(const StoreStatus&)> onStatus;
};

/// Makes the run.db of a run that was killed before it had one; an existing one stays as it is. Throws as
/// RunWriter's constructor does.
void ensureDatabase(const RunLock& lock);

/// Owns the run's lock, hence the right to write. Every method may be called from any thread; only
/// `flush`, `saveCheckpoint` and `close` wait for the disk. After the store has failed they, and
/// `append`, throw Error(Data) with the cause.
class RunWriter {
 public:
  /// Opens or creates run.db, finishes what a killed writer left half merged, and starts the
  /// thread. Throws Error(Data) when the file is not a run's, comes from a newer version (it is not
  /// changed then) or can't be written.
  explicit RunWriter(RunLock lock, RunWriterOptions options = {});
  /// Closes; what the disk refuses even then is lost and logged.
  ~RunWriter();
  RunWriter(const RunWriter&) = delete;
  RunWriter& operator=(const RunWriter&) = delete;

  /// The series of that name, made at the first call.
  SeriesId series(std::string_view name, std::string_view unit = "");

  /// Starts a segment; later samples belong to it. Without a call, the first sample starts one at its
  /// own step. `parent`: the segment whose checkpoint it goes on from; 0: the one before.
  SegmentId beginSegment(std::int64_t from_step, std::string_view reason, SegmentId parent = 0);

  /// One point. Steps must not fall within a segment.
  void append(SeriesId series, std::int64_t step, double value, double wall = wallSeconds());

  /// `json` is an object's text.
  void event(std::string_view kind, std::int64_t step, std::string_view json, double wall = wallSeconds());

  /// A key of run_state.h; the last value wins.
  void setState(std::string_view key, std::string_view value);

  /// Commits the row with synchronous=FULL, everything handed over before it included; call it once
  /// the checkpoint's directory is durable. Returns its sequence number. Throws Error(Checkpoint)
  /// when the disk refuses: the checkpoint does not count then.
  std::int64_t saveCheckpoint(CheckpointRecord record);

  /// Marks the checkpoint at that path as not to be used (removed or damaged).
  void dropCheckpoint(std::string_view path);

  /// Waits until all handed over so far is committed. False when the disk still refuses after
  /// `timeout_seconds`; nothing is lost then.
  [[nodiscard]] bool flush(double timeout_seconds = 10.0);

  [[nodiscard]] StoreStatus status() const;

  /// Flushes, merges the small rows of the ended segment, checkpoints the WAL and releases the lock.
  /// Returns how many records the disk refused to take (0: all is stored).
  std::size_t close();

  [[nodiscard]] const RunDirectory& run() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace slab
