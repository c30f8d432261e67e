#include "widgets/curve_plot/smoothed_series.h"

#include <cmath>
#include <limits>

namespace slab {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Points of the line up to and including a step.
std::int64_t countUpTo(const SeriesStore& source, double step) {
  return source.envelope(-kInfinity, step, 1).pointsInRange;
}

}  // namespace

void SmoothedSeries::restart() {
  curve_ = SeriesStore();
  SegmentInfo segment;
  segment.id = 1;
  segment.reason = "smoothed";
  curve_.addSegment(segment);
  taken_ = emitted_ = 0;
  lastStep_ = -1;
  sum_ = norm_ = 0;
}

void SmoothedSeries::update(const SeriesStore& source) {
  if (source.revision() == revision_) return;
  const bool isFirst = revision_ < 0;
  revision_ = source.revision();
  if (isFirst || countUpTo(source, lastStep_) != taken_) restart();
  takeFrom(source, lastStep_ < 0 ? -kInfinity : std::nextafter(lastStep_, kInfinity));
}

void SmoothedSeries::takeFrom(const SeriesStore& source, double first_step) {
  Chunk chunk;
  chunk.series = 1;
  chunk.segment = 1;
  chunk.start = emitted_;
  source.forEach(first_step, kInfinity, CurveAxis::Step, [&](const CurveSample& sample) {
    ++taken_;
    lastStep_ = static_cast<double>(sample.step);
    if (!std::isfinite(sample.value)) return;
    sum_ = weight_ * sum_ + sample.value;
    norm_ = weight_ * norm_ + 1.0;
    chunk.steps.push_back(sample.step);
    chunk.wall.push_back(sample.wall);
    chunk.values.push_back(sum_ / norm_);
  });
  emitted_ += static_cast<std::int64_t>(chunk.steps.size());
  if (!chunk.steps.empty()) curve_.append(chunk);
}

}  // namespace slab
