// Reads a run.db, of a running, dead or finished run. Any number of readers; none blocks the writer.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/store/bucket.h"
#include "core/store/records.h"
#include "core/store/run_directory.h"

namespace slab {

/// What was committed after a sequence number, in order. Series and segments are few and complete.
struct NewRows {
  std::int64_t seq = 0;  // pass it to the next call
  std::vector<Chunk> chunks;
  std::vector<EventRecord> events;
  std::vector<CheckpointRecord> checkpoints;
  bool complete = true;  // false: `max_points` was reached, ask again
};

/// Buckets of one stored level over whole rows, from point `start` of (series, segment) on; the
/// points after the last bucket are in chunks.
struct StoredLevel {
  std::int64_t pointsPerBucket = 0;
  std::vector<Bucket> buckets;
};

/// One database connection: use a reader from one thread at a time. Every call is one short read
/// transaction. Throws Error(Data) naming the file when it is missing, damaged, or written by a
/// newer version (which leaves it unchanged).
class RunReader {
 public:
  explicit RunReader(const RunDirectory& run);
  ~RunReader();
  RunReader(RunReader&&) noexcept;
  RunReader& operator=(RunReader&&) noexcept;

  [[nodiscard]] std::vector<SeriesInfo> series();
  [[nodiscard]] std::vector<SegmentInfo> segments();
  [[nodiscard]] std::map<std::string, std::string> state();
  [[nodiscard]] std::vector<EventRecord> events(std::int64_t after_seq = 0);
  /// Every row not dropped, in the order of the training: what a rewind superseded, also one without a checkpoint of
  /// its own yet, then the others; each by segment and step, rows of one step by sequence number. The last good one is
  /// the newest to resume from.
  [[nodiscard]] std::vector<CheckpointRecord> checkpoints();

  /// Rows with a sequence number above `seq`: one index seek. `newSince(0)` is the whole run.
  [[nodiscard]] NewRows newSince(std::int64_t seq, std::int64_t max_points = std::int64_t{1} << 24);

  /// Points of a series whose chunk meets [first_step, last_step], all segments, in written order
  /// (segment, then ordinal), trimmed to that range.
  [[nodiscard]] std::vector<Chunk> points(SeriesId series, std::int64_t first_step, std::int64_t last_step);

  /// The stored min/max level `level` of a series in a segment: an overview without the points.
  [[nodiscard]] StoredLevel level(SeriesId series, SegmentId segment, int level);

  /// Points written of a series, all segments.
  [[nodiscard]] std::int64_t pointCount(SeriesId series);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace slab
