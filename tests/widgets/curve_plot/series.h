// Series for plots under test.
#pragma once

#include <functional>
#include <memory>

#include "core/store/series_store.h"

namespace slab::test {

inline Chunk makeChunk(std::int64_t first, std::int64_t count, const std::function<double(std::int64_t)>& value,
                       std::int64_t start = 0, SegmentId segment = 1) {
  Chunk chunk;
  chunk.series = 1;
  chunk.segment = segment;
  chunk.start = start;
  for (std::int64_t k = 0; k < count; ++k) {
    chunk.steps.push_back(first + k);
    chunk.wall.push_back(1e9 + 0.1 * static_cast<double>(first + k));
    chunk.values.push_back(value(first + k));
  }
  return chunk;
}

inline SegmentInfo makeSegment(SegmentId id, std::int64_t from_step) {
  SegmentInfo segment;
  segment.id = id;
  segment.parent = id - 1;
  segment.fromStep = from_step;
  segment.started = 1e9;
  return segment;
}

inline std::shared_ptr<SeriesStore> makeSeries(std::int64_t count, const std::function<double(std::int64_t)>& value) {
  auto store = std::make_shared<SeriesStore>();
  store->addSegment(makeSegment(1, 0));
  store->append(makeChunk(0, count, value));
  return store;
}

}  // namespace slab::test
