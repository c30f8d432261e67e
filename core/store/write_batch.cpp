#include "core/store/write_batch.h"

#include <algorithm>
#include <iterator>

#include "core/store/chunk_rows.h"

namespace slab {
namespace {

template <typename T>
void moveAppend(std::vector<T>& to, std::vector<T>&& from) {
  if (to.empty()) {
    to = std::move(from);
  } else {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  }
}

void writeSamples(Database& database, const std::vector<PendingSample>& samples, StoreCursor& cursor) {
  std::map<std::pair<SegmentId, SeriesId>, std::vector<const PendingSample*>> groups;
  for (const PendingSample& sample : samples) groups[{sample.segment, sample.series}].push_back(&sample);
  for (const auto& [place, group] : groups) {
    std::int64_t& written = cursor.points[place];
    for (std::size_t at = 0; at < group.size();) {
      // A row never crosses a block, so that a block is always a whole number of rows.
      const auto room = static_cast<std::size_t>(kBlockPoints - written % kBlockPoints);
      const std::size_t n = std::min(room, group.size() - at);
      Chunk chunk{++cursor.seq, place.second, place.first, written, {}, {}, {}};
      for (std::size_t i = at; i < at + n; ++i) {
        chunk.steps.push_back(group[i]->step);
        chunk.wall.push_back(group[i]->wall);
        chunk.values.push_back(group[i]->value);
      }
      insertChunk(database, chunk);
      written += static_cast<std::int64_t>(n);
      at += n;
    }
  }
}

void writeCheckpoints(Database& database, WriteBatch& batch, StoreCursor& cursor) {
  for (const auto& pending : batch.checkpoints) {
    CheckpointRecord& r = pending->record;
    r.seq = ++cursor.seq;
    database.prepare("INSERT INTO checkpoint VALUES(?,?,?,?,?,?,?,?,?,0)")
        .bind(r.seq, r.segment, r.step, r.wall, r.path, r.sha256, r.bytes, r.top1, r.good)
        .run();
  }
  for (const std::string& path : batch.droppedCheckpoints) {
    database.prepare("UPDATE checkpoint SET dropped=1 WHERE path=?").bind(path).run();
  }
}

}  // namespace

bool WriteBatch::empty() const {
  return records() == 0;
}

std::size_t WriteBatch::records() const {
  return series.size() + segments.size() + samples.size() + events.size() + state.size() + checkpoints.size() +
         droppedCheckpoints.size();
}

void WriteBatch::append(WriteBatch&& later) {
  moveAppend(series, std::move(later.series));
  moveAppend(segments, std::move(later.segments));
  moveAppend(samples, std::move(later.samples));
  moveAppend(events, std::move(later.events));
  for (auto& [key, value] : later.state) state[key] = std::move(value);
  moveAppend(checkpoints, std::move(later.checkpoints));
  moveAppend(droppedCheckpoints, std::move(later.droppedCheckpoints));
}

StoreCursor writeBatch(Database& database, WriteBatch& batch, StoreCursor cursor) {
  for (const SeriesInfo& s : batch.series) {
    database.prepare("INSERT INTO series VALUES(?,?,?)").bind(s.id, s.name, s.unit).run();
  }
  for (const SegmentInfo& s : batch.segments) {
    database.prepare("INSERT INTO segment VALUES(?,?,?,?,?)")
        .bind(s.id, s.parent, s.fromStep, s.started, s.reason)
        .run();
  }
  writeSamples(database, batch.samples, cursor);
  for (EventRecord& e : batch.events) {
    e.seq = ++cursor.seq;
    database.prepare("INSERT INTO event VALUES(?,?,?,?,?)").bind(e.seq, e.wall, e.step, e.kind, e.json).run();
  }
  for (const auto& [key, value] : batch.state) {
    database.prepare("INSERT OR REPLACE INTO state VALUES(?,?)").bind(key, value).run();
  }
  writeCheckpoints(database, batch, cursor);
  return cursor;
}

}  // namespace slab
