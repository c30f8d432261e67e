// What was handed to the writer and not yet committed, and the transaction that commits it.
#pragma once

#include <future>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/store/database.h"
#include "core/store/records.h"

namespace slab {

struct PendingSample {
  SeriesId series = 0;
  SegmentId segment = 0;
  std::int64_t step = 0;
  double wall = 0;
  double value = 0;
};

struct PendingCheckpoint {
  CheckpointRecord record;
  std::promise<std::int64_t> done;
};

/// Plain data, in the order it was handed over.
struct WriteBatch {
  std::vector<SeriesInfo> series;
  std::vector<SegmentInfo> segments;
  std::vector<PendingSample> samples;
  std::vector<EventRecord> events;
  std::map<std::string, std::string> state;
  std::vector<std::shared_ptr<PendingCheckpoint>> checkpoints;
  std::vector<std::string> droppedCheckpoints;

  [[nodiscard]] bool empty() const;
  [[nodiscard]] std::size_t records() const;
  /// Adds what was handed over later.
  void append(WriteBatch&& later);
};

/// The writer's knowledge of what the database holds: sequence number and points a (series, segment).
struct StoreCursor {
  std::int64_t seq = 0;
  std::map<std::pair<SegmentId, SeriesId>, std::int64_t> points;
};

/// Writes the batch inside the caller's transaction and returns the cursor after it; the caller
/// adopts it once the transaction is committed. Sets the sequence numbers of the batch's records.
StoreCursor writeBatch(Database& database, WriteBatch& batch, StoreCursor cursor);

}  // namespace slab
