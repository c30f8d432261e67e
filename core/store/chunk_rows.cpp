#include "core/store/chunk_rows.h"

#include <algorithm>
#include <cstring>

namespace slab {
namespace {

// Of a real run by far; sums of a few such numbers still fit.
constexpr std::int64_t kLargestStep = std::int64_t{1} << 58;

template <typename T>
std::span<const std::uint8_t> bytesOf(const std::vector<T>& values) {
  return {reinterpret_cast<const std::uint8_t*>(values.data()), values.size() * sizeof(T)};
}

template <typename T>
void appendBytes(std::vector<T>& values, std::span<const std::uint8_t> bytes) {
  const std::size_t old = values.size();
  values.resize(old + bytes.size() / sizeof(T));
  if (!bytes.empty()) std::memcpy(values.data() + old, bytes.data(), (values.size() - old) * sizeof(T));
}

Chunk readRange(Database& database, SeriesId series, SegmentId segment, std::int64_t start, std::int64_t end,
                int& rows) {
  Statement select =
      database.prepare(std::string("SELECT ") + kChunkColumns +
                       " FROM chunk WHERE series=? AND segment=? AND start>=? AND start<? ORDER BY start");
  Chunk merged{0, series, segment, start, {}, {}, {}};
  rows = 0;
  for (select.bind(series, segment, start, end); select.step(); ++rows) {
    const Chunk part = readChunk(select);
    merged.seq = std::max(merged.seq, part.seq);
    merged.steps.insert(merged.steps.end(), part.steps.begin(), part.steps.end());
    merged.wall.insert(merged.wall.end(), part.wall.begin(), part.wall.end());
    merged.values.insert(merged.values.end(), part.values.begin(), part.values.end());
  }
  return merged;
}

// Replaces the rows of [start, end) by the one chunk they add up to, under the newest of their
// sequence numbers: who has read that row has every point, who has not will get it.
void replaceRows(Database& database, const Chunk& merged, std::int64_t end) {
  database.prepare("DELETE FROM chunk WHERE series=? AND segment=? AND start>=? AND start<?")
      .bind(merged.series, merged.segment, merged.start, end)
      .run();
  insertChunk(database, merged);
}

// Adds bucket number `index` to a level; rows hold kBucketFan buckets.
void appendBucket(Database& database, SeriesId series, SegmentId segment, int level, std::int64_t index,
                  const Bucket& bucket) {
  const std::int64_t block = index / kBucketFan;
  std::vector<Bucket> row;
  Statement select = database.prepare("SELECT data FROM level WHERE series=? AND segment=? AND level=? AND block=?");
  if (select.bind(series, segment, level, block).step()) appendBytes(row, select.blob(0));
  select.reset();
  row.resize(static_cast<std::size_t>(index % kBucketFan));
  row.push_back(bucket);
  database.prepare("INSERT OR REPLACE INTO level VALUES(?,?,?,?,?)")
      .bind(series, segment, level, block, bytesOf(row))
      .run();
  if (static_cast<std::int64_t>(row.size()) < kBucketFan) return;
  Bucket parent = emptyBucket();
  for (const Bucket& part : row) addBucket(parent, part, parent.count);
  appendBucket(database, series, segment, level + 1, block, parent);
}

void writeLevels(Database& database, const Chunk& block_points, std::int64_t block) {
  std::vector<Bucket> buckets;
  Bucket parent = emptyBucket();
  for (std::int64_t i = 0; i < kBucketFan; ++i) {
    Bucket bucket = emptyBucket();
    for (std::int64_t k = 0; k < kBucketFan; ++k) {
      addPoint(bucket, block_points.values[static_cast<std::size_t>(i * kBucketFan + k)],
               static_cast<std::uint32_t>(k));
    }
    addBucket(parent, bucket, parent.count);
    buckets.push_back(bucket);
  }
  database.prepare("INSERT OR REPLACE INTO level VALUES(?,?,0,?,?)")
      .bind(block_points.series, block_points.segment, block, bytesOf(buckets))
      .run();
  appendBucket(database, block_points.series, block_points.segment, 1, block, parent);
}

}  // namespace

Chunk readChunk(const Statement& row) {
  Chunk chunk{row.integer(0), row.integer(1), row.integer(2), row.integer(3), {}, {}, {}};
  const auto n = static_cast<std::uint64_t>(row.integer(4));
  const auto steps = row.blob(5);
  if (n == 0 || n > steps.size() || steps.size() != n * sizeof(std::int64_t)) {
    throw Error(ErrorKind::Data, "row " + std::to_string(chunk.seq) + " of the run's database is damaged");
  }
  appendBytes(chunk.steps, steps);
  const auto wall = row.blob(6);
  const auto values = row.blob(7);
  if (wall.size() != steps.size() || values.size() != steps.size()) {
    throw Error(ErrorKind::Data, "row " + std::to_string(chunk.seq) + " of the run's database is damaged");
  }
  const bool is_sane = chunk.start >= 0 && chunk.start <= kLargestStep &&
                       std::all_of(chunk.steps.begin(), chunk.steps.end(),
                                   [](std::int64_t step) { return step >= -kLargestStep && step <= kLargestStep; });
  if (!is_sane) {
    throw Error(ErrorKind::Data, "row " + std::to_string(chunk.seq) + " of the run's database is damaged");
  }
  appendBytes(chunk.wall, wall);
  appendBytes(chunk.values, values);
  return chunk;
}

void insertChunk(Database& database, const Chunk& chunk) {
  const auto [low, high] = std::minmax_element(chunk.steps.begin(), chunk.steps.end());
  database.prepare("INSERT INTO chunk VALUES(?,?,?,?,?,?,?,?,?,?)")
      .bind(chunk.seq, chunk.series, chunk.segment, chunk.start, static_cast<std::int64_t>(chunk.steps.size()), *low,
            *high, bytesOf(chunk.steps), bytesOf(chunk.wall), bytesOf(chunk.values))
      .run();
}

void sealBlock(Database& database, SeriesId series, SegmentId segment, std::int64_t block) {
  const std::int64_t start = block * kBlockPoints;
  int rows = 0;
  const Chunk points = readRange(database, series, segment, start, start + kBlockPoints, rows);
  if (static_cast<std::int64_t>(points.values.size()) != kBlockPoints) {
    throw Error(ErrorKind::Data, "the run's database is damaged: points of series " + std::to_string(series) + " miss");
  }
  if (rows > 1) replaceRows(database, points, start + kBlockPoints);
  writeLevels(database, points, block);
}

void mergeRows(Database& database, SeriesId series, SegmentId segment, std::int64_t start, std::int64_t end) {
  int rows = 0;
  const Chunk points = readRange(database, series, segment, start, end, rows);
  if (rows > 1) replaceRows(database, points, end);
}

std::int64_t storedPoints(Database& database, SeriesId series, SegmentId segment) {
  Statement last =
      database.prepare("SELECT start + n FROM chunk WHERE series=? AND segment=? ORDER BY start DESC LIMIT 1");
  return last.bind(series, segment).step() ? last.integer(0) : 0;
}

std::int64_t sealedBlocks(Database& database, SeriesId series, SegmentId segment) {
  Statement last = database.prepare(
      "SELECT block, length(data) FROM level WHERE series=? AND segment=? AND level=0 ORDER BY block DESC LIMIT 1");
  return last.bind(series, segment).step() ? last.integer(0) + 1 : 0;
}

std::vector<Bucket> readLevel(Database& database, SeriesId series, SegmentId segment, int level) {
  Statement select = database.prepare("SELECT data FROM level WHERE series=? AND segment=? AND level=? ORDER BY block");
  std::vector<Bucket> buckets;
  for (select.bind(series, segment, level); select.step();) appendBytes(buckets, select.blob(0));
  return buckets;
}

}  // namespace slab
