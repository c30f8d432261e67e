// What run.db holds, as values. Times are wall seconds since 1970 UTC, steps count from 0.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace slab {

using SeriesId = std::int64_t;
using SegmentId = std::int64_t;

/// A curve: "loss", "lr", "lambda", "grad_norm", ... Names are unique in a run.
struct SeriesInfo {
  SeriesId id = 0;
  std::string name;
  std::string unit;  // "" when it has none
};

/// A stretch of training without a break. Resuming at or rewinding to `fromStep` starts the next
/// one: points of older segments from that step on are superseded, and kept.
struct SegmentInfo {
  SegmentId id = 0;
  SegmentId parent = 0;  // 0: none
  std::int64_t fromStep = 0;
  double started = 0;
  std::string reason;  // "start", "resume", "rewind", "branch"
};

/// Points of one series in one segment, in the order written. `start` is the ordinal of the first
/// point within (series, segment): whoever already holds n points skips n - start of these, so
/// reading a row again, merged or not, never doubles a point.
struct Chunk {
  std::int64_t seq = 0;
  SeriesId series = 0;
  SegmentId segment = 0;
  std::int64_t start = 0;
  std::vector<std::int64_t> steps;
  std::vector<double> wall;
  std::vector<double> values;  // bit for bit as logged, NaN payloads and infinities included
};

struct EventRecord {
  std::int64_t seq = 0;
  double wall = 0;
  std::int64_t step = 0;
  std::string kind;  // "eval", "checkpoint", "pause", "resume", "warning", "nan", "end", ...
  std::string json;  // an object
};

/// A checkpoint that is durable on disk: the row is committed after the directory.
struct CheckpointRecord {
  std::int64_t seq = 0;
  SegmentId segment = 0;
  std::int64_t step = 0;  // completed optimizer steps
  double wall = 0;
  std::string path;    // relative to the run directory: checkpoints/step-00003000
  std::string sha256;  // of the manifest
  std::int64_t bytes = 0;
  double top1 = -1;  // percent, of the evaluation at this step (a detector's mask AP); -1 when there was none
  bool good = true;  // no non-finite value in it
};

}  // namespace slab
