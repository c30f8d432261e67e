#include "widgets/curve_plot/smoothed_series.h"

#include <algorithm>
#include <cmath>

namespace slab {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Points of the line up to and including a step.
std::int64_t countUpTo(const SeriesStore& source, double step) {
  const auto range = source.range();
  return range && step >= range->x0 ? source.envelope(range->x0, step, 1).pointsInRange : 0;
}

/// A step before which about `limit` points follow `from`, the points of a line being about evenly spaced.
double stepAfter(const SeriesStore& source, double from, std::int64_t limit) {
  const auto range = source.range();
  const std::int64_t points = source.size();
  if (!range || points <= limit) return kInfinity;
  const double spacing = (range->x1 - range->x0) / static_cast<double>(points);
  const double end = std::max(from, range->x0) + std::max(1.0, spacing * static_cast<double>(limit));
  return end < range->x1 ? end : kInfinity;
}

}  // namespace

std::optional<SmoothedSeries::Slice> SmoothedSeries::next(const SeriesStore& source, std::int64_t limit) {
  if (source.revision() == revision_) return std::nullopt;
  Slice slice;
  slice.restarts = taken_ == 0 || countUpTo(source, lastStep_) != taken_;
  if (slice.restarts) {
    taken_ = 0;
    lastStep_ = -1;
  }
  const double end = stepAfter(source, lastStep_, limit);
  hasMore_ = end < kInfinity;
  if (!hasMore_) revision_ = source.revision();
  source.forEach(lastStep_ < 0 ? -kInfinity : std::nextafter(lastStep_, kInfinity), end, CurveAxis::Step,
                 [&](const CurveSample& sample) {
                   slice.steps.push_back(sample.step);
                   slice.wall.push_back(sample.wall);
                   slice.values.push_back(sample.value);
                 });
  taken_ += static_cast<std::int64_t>(slice.steps.size());
  if (!slice.steps.empty()) lastStep_ = static_cast<double>(slice.steps.back());
  return slice;
}

void SmoothedSeries::take(const Slice& slice) {
  if (slice.restarts) emitted_ = 0, sum_ = norm_ = 0;
  Chunk chunk;
  chunk.series = 1;
  chunk.segment = 1;
  chunk.start = emitted_;
  for (std::size_t i = 0; i < slice.steps.size(); ++i) {
    if (!std::isfinite(slice.values[i])) continue;
    sum_ = weight_ * sum_ + slice.values[i];
    norm_ = weight_ * norm_ + 1.0;
    chunk.steps.push_back(slice.steps[i]);
    chunk.wall.push_back(slice.wall[i]);
    chunk.values.push_back(sum_ / norm_);
  }
  emitted_ += static_cast<std::int64_t>(chunk.steps.size());
  const auto guard = lock();
  if (slice.restarts) {
    SegmentInfo segment;
    segment.id = 1;
    segment.reason = "smoothed";
    curve_ = SeriesStore();
    curve_.addSegment(segment);
  }
  if (!chunk.steps.empty()) curve_.append(chunk);
}

void SmoothedSeries::update(const SeriesStore& source) {
  while (const auto slice = next(source)) take(*slice);
}

}  // namespace slab
