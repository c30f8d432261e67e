// Rows of the chunk and level tables: how points become BLOBs, and how small rows become blocks.
#pragma once

#include <cstdint>
#include <optional>

#include "core/store/bucket.h"
#include "core/store/database.h"
#include "core/store/records.h"

namespace slab {

/// Points of a full row: 64 buckets of level 0, 96 KB.
inline constexpr std::int64_t kBlockPoints = kBucketFan * kBucketFan;

/// Columns every query of chunks selects, for `readChunk`.
inline constexpr const char* kChunkColumns = "seq, series, segment, start, n, steps, wall, value";

/// The row as a chunk. Throws Error(Data) when its BLOBs do not hold n values each.
Chunk readChunk(const Statement& row);

void insertChunk(Database& database, const Chunk& chunk);

/// Makes one row of the rows that hold block `block` (which is complete) and writes its buckets on
/// every level. Inside a transaction of the caller's. Doing it again changes nothing.
void sealBlock(Database& database, SeriesId series, SegmentId segment, std::int64_t block);

/// Makes one row of all rows from ordinal `start` on.
void mergeRows(Database& database, SeriesId series, SegmentId segment, std::int64_t start, std::int64_t end);

/// Points stored of a series in a segment.
std::int64_t storedPoints(Database& database, SeriesId series, SegmentId segment);

/// Blocks sealed so far.
std::int64_t sealedBlocks(Database& database, SeriesId series, SegmentId segment);

/// All buckets of a stored level, in order.
std::vector<Bucket> readLevel(Database& database, SeriesId series, SegmentId segment, int level);

}  // namespace slab
