#include "core/store/series_store.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "core/store/envelope_builder.h"

namespace slab {
namespace {

constexpr std::array kKinds = {NonFiniteKind::NaN, NonFiniteKind::PlusInf, NonFiniteKind::MinusInf};

constexpr double kLargestWall = 1e12;  // seconds: thirty thousand years

}  // namespace

// ---- taking in

SeriesStore::Segment& SeriesStore::startSegment(const SegmentInfo& info) {
  Segment segment;
  segment.info = info;
  if (!segments_.empty()) {
    const Segment& last = segments_.back();
    segment.activeStart = last.activeStart + (last.wallOffsets.empty() ? 0.0 : double{last.wallOffsets.back()});
  }
  segments_.push_back(std::move(segment));
  ++revision_;
  return segments_.back();
}

void SeriesStore::addSegment(const SegmentInfo& segment) {
  const bool is_known =
      std::any_of(segments_.begin(), segments_.end(), [&](const Segment& s) { return s.info.id == segment.id; });
  if (!is_known) startSegment(segment);
}

SeriesStore::Segment& SeriesStore::segmentOf(SegmentId id, std::int64_t first_step) {
  for (auto s = segments_.rbegin(); s != segments_.rend(); ++s) {
    if (s->info.id == id) return *s;
  }
  SegmentInfo info;
  info.id = id;
  info.fromStep = first_step;
  return startSegment(info);
}

void SeriesStore::append(const Chunk& chunk) {
  const std::size_t count = std::min({chunk.steps.size(), chunk.wall.size(), chunk.values.size()});
  std::int64_t& received = received_[chunk.segment];
  const std::int64_t skip = std::max<std::int64_t>(received - chunk.start, 0);
  if (skip >= static_cast<std::int64_t>(count)) return;
  received = chunk.start + static_cast<std::int64_t>(count);

  Segment* segment = &segmentOf(chunk.segment, chunk.steps[static_cast<std::size_t>(skip)]);
  const auto seal = [](Segment& s) { s.pyramid.extend(s.values.data(), static_cast<std::int64_t>(s.values.size())); };
  for (auto i = static_cast<std::size_t>(skip); i < count; ++i) {
    if (segment->steps.size() > 0 && chunk.steps[i] < segment->steps.back()) {
      seal(*segment);
      SegmentInfo info = segment->info;
      info.fromStep = chunk.steps[i];
      segment = &startSegment(info);
    }
    // A damaged time must not spoil the order that searches by time rely on.
    const double wall = std::abs(chunk.wall[i]) < kLargestWall ? chunk.wall[i] : segment->wallStart;
    if (segment->values.empty()) segment->wallStart = wall;
    const float before = segment->wallOffsets.empty() ? 0.0F : segment->wallOffsets.back();
    segment->steps.push(chunk.steps[i]);
    segment->values.push_back(chunk.values[i]);
    segment->wallOffsets.push_back(std::max(before, static_cast<float>(wall - segment->wallStart)));
  }
  seal(*segment);
  ++revision_;
}

// ---- positions

double SeriesStore::xAt(const Segment& segment, std::int64_t index, CurveAxis axis) const {
  switch (axis) {
    case CurveAxis::Step: return static_cast<double>(segment.steps.at(index));
    case CurveAxis::Wall: return segment.wallStart + double{segment.wallOffsets[static_cast<std::size_t>(index)]};
    case CurveAxis::Active: return segment.activeStart + double{segment.wallOffsets[static_cast<std::size_t>(index)]};
  }
  return 0;
}

std::int64_t SeriesStore::indexAt(const Segment& segment, double x, bool after, CurveAxis axis) const {
  if (axis == CurveAxis::Step) {
    // Clamped first: converting a double beyond int64 is undefined.
    constexpr double kLimit = 9.0e18;
    if (!(x > -kLimit)) return 0;
    if (x >= kLimit) return segment.steps.size();
    return segment.steps.lowerBound(static_cast<std::int64_t>(after ? std::floor(x) + 1 : std::ceil(x)));
  }
  std::int64_t low = 0;
  std::int64_t high = segment.steps.size();
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    const double at = xAt(segment, middle, axis);
    if (after ? at <= x : at < x) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

CurveSample SeriesStore::sampleAt(const Segment& segment, std::int64_t index, CurveAxis axis) const {
  const auto i = static_cast<std::size_t>(index);
  return {xAt(segment, index, axis), segment.steps.at(index), segment.wallStart + double{segment.wallOffsets[i]},
          segment.values[i]};
}

std::int64_t SeriesStore::liveCount(std::size_t segment) const {
  std::int64_t limit = std::numeric_limits<std::int64_t>::max();
  for (std::size_t later = segment + 1; later < segments_.size(); ++later) {
    const Segment& next = segments_[later];
    // A step that is taken again comes first in its segment. An evaluation after `fromStep` steps is not, and stands.
    const bool isTakenAgain = next.steps.size() > 0 && next.steps.at(0) == next.info.fromStep;
    limit = std::min(limit, next.info.fromStep + (isTakenAgain ? 0 : 1));
  }
  return segments_[segment].steps.lowerBound(limit);
}

SeriesStore::IndexRange SeriesStore::inRange(const Segment& segment, IndexRange all, double x0, double x1,
                                             CurveAxis axis) const {
  const std::int64_t first = std::clamp(indexAt(segment, x0, false, axis), all.first, all.second);
  const std::int64_t last = std::clamp(indexAt(segment, x1, true, axis), first, all.second);
  return {first, last};
}

// ---- drawing

namespace {

struct Columns {
  double x0, width;
  std::int64_t count;
  [[nodiscard]] std::int64_t of(double x) const {
    const double column = std::floor((x - x0) / width);
    return static_cast<std::int64_t>(std::clamp(column, 0.0, static_cast<double>(count - 1)));
  }
  [[nodiscard]] double end(std::int64_t column) const { return x0 + width * static_cast<double>(column + 1); }
};

}  // namespace

Envelope SeriesStore::envelope(double x0, double x1, int columns, CurveAxis axis) const {
  Envelope out;
  if (!(x1 >= x0) || !std::isfinite(x1 - x0) || columns < 1) return out;
  const Columns grid{x0, std::max((x1 - x0) / columns, std::numeric_limits<double>::min()), columns};

  // Feeds points [first, last) of a segment; `exact` keeps each of them.
  const auto feed = [&](EnvelopeBuilder& builder, const Segment& segment, IndexRange range, bool exact) {
    const double* values = segment.values.data();
    for (std::int64_t at = range.first; at < range.second;) {
      const double x = xAt(segment, at, axis);
      const std::int64_t column = grid.of(x);
      if (exact && std::isfinite(values[at])) {
        builder.addExact(x, values[at++]);
        continue;
      }
      // The point at hand belongs to this column whatever rounding says of the column's end.
      const std::int64_t end =
          exact ? at + 1 : std::clamp(indexAt(segment, grid.end(column), false, axis), at + 1, range.second);
      const std::int64_t stop = column + 1 == grid.count && !exact ? range.second : end;
      const Bucket bucket = segment.pyramid.summary(values, at, stop);
      for (const NonFiniteKind kind : kKinds) {
        if (bucket.countOf(kind) == 0) continue;
        const std::int64_t index = segment.pyramid.firstNonFinite(values, at, stop, kind);
        builder.addNonFinite(column, {kind, xAt(segment, index, axis), bucket.countOf(kind), segment.steps.at(index)});
      }
      if (bucket.hasFinite()) {
        builder.addFinite(column, {xAt(segment, at + bucket.minimumIndex, axis), bucket.minimum, false},
                          {xAt(segment, at + bucket.maximumIndex, axis), bucket.maximum, false});
      } else {
        builder.addGap();
      }
      at = stop;
    }
  };

  std::vector<IndexRange> live;
  for (std::size_t s = 0; s < segments_.size(); ++s) {
    live.push_back(inRange(segments_[s], {0, liveCount(s)}, x0, x1, axis));
    out.pointsInRange += live.back().second - live.back().first;
  }
  const bool exact = out.pointsInRange <= 2 * std::int64_t{columns};
  out.isDecimated = !exact;

  EnvelopeBuilder builder(out.points, &out.nonFinite);
  // The nearest point of the line left of x0, and after the loop the one right of x1.
  for (std::size_t s = segments_.size(); s-- > 0;) {
    const std::int64_t before = std::min(indexAt(segments_[s], x0, false, axis), liveCount(s));
    if (before == 0) continue;
    const CurveSample sample = sampleAt(segments_[s], before - 1, axis);
    if (std::isfinite(sample.value)) builder.addExact(sample.x, sample.value);
    break;
  }
  for (std::size_t s = 0; s < segments_.size(); ++s) feed(builder, segments_[s], live[s], exact);
  builder.finish();
  for (std::size_t s = 0; s < segments_.size(); ++s) {
    const std::int64_t after = indexAt(segments_[s], x1, true, axis);
    if (after >= liveCount(s)) continue;
    const CurveSample sample = sampleAt(segments_[s], after, axis);
    if (std::isfinite(sample.value)) builder.addExact(sample.x, sample.value);
    break;
  }

  for (std::size_t s = 0; s < segments_.size(); ++s) {
    const IndexRange range = inRange(segments_[s], {liveCount(s), segments_[s].steps.size()}, x0, x1, axis);
    if (range.first == range.second) continue;
    std::vector<CurvePoint> line;
    EnvelopeBuilder faint(line, nullptr);
    feed(faint, segments_[s], range, range.second - range.first <= 2 * std::int64_t{columns});
    faint.finish();
    if (!line.empty()) out.superseded.push_back(std::move(line));
  }
  return out;
}

std::optional<CurveRange> SeriesStore::range(CurveAxis axis) const {
  const auto values =
      valueRange(-std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity(), axis);
  if (!values) return std::nullopt;
  CurveRange range{std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(), values->first,
                   values->second};
  for (std::size_t s = 0; s < segments_.size(); ++s) {
    const std::int64_t count = liveCount(s);
    if (count == 0) continue;
    range.x0 = std::min(range.x0, xAt(segments_[s], 0, axis));
    range.x1 = std::max(range.x1, xAt(segments_[s], count - 1, axis));
  }
  return range;
}

std::optional<std::pair<double, double>> SeriesStore::valueRange(double x0, double x1, CurveAxis axis) const {
  Bucket all = emptyBucket();
  for (std::size_t s = 0; s < segments_.size(); ++s) {
    const auto [first, last] = inRange(segments_[s], {0, liveCount(s)}, x0, x1, axis);
    addBucket(all, segments_[s].pyramid.summary(segments_[s].values.data(), first, last), 0);
  }
  if (!all.hasFinite()) return std::nullopt;
  return std::pair(all.minimum, all.maximum);
}

std::optional<CurveSample> SeriesStore::nearest(double x, CurveAxis axis) const {
  std::optional<CurveSample> best;
  for (std::size_t s = 0; s < segments_.size(); ++s) {
    const std::int64_t count = liveCount(s);
    const std::int64_t after = std::min(indexAt(segments_[s], x, false, axis), count);
    for (const std::int64_t index : {after - 1, after}) {
      if (index < 0 || index >= count) continue;
      const CurveSample sample = sampleAt(segments_[s], index, axis);
      if (!best || std::abs(sample.x - x) < std::abs(best->x - x)) best = sample;
    }
  }
  return best;
}

std::int64_t SeriesStore::size() const {
  std::int64_t points = 0;
  for (const Segment& segment : segments_) points += segment.steps.size();
  return points;
}

}  // namespace slab
