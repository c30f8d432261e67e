// One curve in memory, any length: what a plot asks for at every repaint.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "core/store/bucket.h"
#include "core/store/records.h"
#include "core/store/step_runs.h"

namespace slab {

/// What x means. `Active` is seconds of training without the breaks between segments.
enum class CurveAxis { Step, Wall, Active };

/// A vertex of the line. `gapBefore`: non-finite points lie between it and the vertex before, or it
/// is the first; a vertex between two gaps is an isolated point, to be drawn as a dot.
struct CurvePoint {
  double x = 0;
  double y = 0;
  bool gapBefore = false;
};

/// Non-finite points of one pixel column, for the rail under the axis.
struct NonFiniteMark {
  NonFiniteKind kind = NonFiniteKind::NaN;
  double x = 0;  // of the first
  std::int64_t count = 0;
  std::int64_t firstStep = 0;
};

/// What to draw in [x0, x1]: at most two vertices a column (its minimum and maximum, at their own x,
/// in order), plus the nearest neighbour outside on either side so that the line enters and leaves.
struct Envelope {
  std::vector<CurvePoint> points;
  /// Points a later segment superseded, one line a segment, decimated alike; drawn faint.
  std::vector<std::vector<CurvePoint>> superseded;
  std::vector<NonFiniteMark> nonFinite;
  std::int64_t pointsInRange = 0;  // of the line, before decimation: for the badge that says what is drawn
  bool isDecimated = false;
};

struct CurveRange {
  double x0 = 0, x1 = 0;
  double y0 = 0, y1 = 0;  // finite values only
};

/// The point nearest to an x, for the cursor.
struct CurveSample {
  double x = 0;
  std::int64_t step = 0;
  double wall = 0;
  double value = 0;
};

/// Owned by one thread (the window's). About 13 B a point for equally spaced steps: the value, the
/// wall time as a float offset (8 ms after a day), and the min/max levels.
class SeriesStore {
 public:
  /// Makes the segment known, with the step from which it supersedes earlier ones. Segments come in
  /// order of their id; telling one again changes nothing.
  void addSegment(const SegmentInfo& segment);

  /// Takes the points not yet held (by ordinal). Points of an unknown segment start it at their
  /// first step. A step that falls inside a segment starts a new line there.
  void append(const Chunk& chunk);

  /// The decimated curve; `columns` is the plot's width in pixels, at least 1. O(columns), whatever
  /// the number of points.
  [[nodiscard]] Envelope envelope(double x0, double x1, int columns, CurveAxis axis = CurveAxis::Step) const;

  /// Bounds of what the line holds, non-finite values left out; nothing while there is no finite point.
  [[nodiscard]] std::optional<CurveRange> range(CurveAxis axis = CurveAxis::Step) const;

  /// Smallest and largest finite value in [x0, x1] of the line, for autoscaling.
  [[nodiscard]] std::optional<std::pair<double, double>> valueRange(double x0, double x1,
                                                                    CurveAxis axis = CurveAxis::Step) const;

  [[nodiscard]] std::optional<CurveSample> nearest(double x, CurveAxis axis = CurveAxis::Step) const;

  /// Calls `visit(CurveSample)` for each point of the line in [x0, x1], non-finite ones included: for
  /// export and smoothing.
  template <typename Visit>
  void forEach(double x0, double x1, CurveAxis axis, Visit&& visit) const {
    for (std::size_t s = 0; s < segments_.size(); ++s) {
      const auto [first, last] = inRange(segments_[s], {0, liveCount(s)}, x0, x1, axis);
      for (std::int64_t i = first; i < last; ++i) visit(sampleAt(segments_[s], i, axis));
    }
  }

  /// Points held, superseded ones included.
  [[nodiscard]] std::int64_t size() const;
  /// Grows with every change: compare it to know whether a repaint is due.
  [[nodiscard]] std::int64_t revision() const { return revision_; }

 private:
  struct Segment {
    SegmentInfo info;
    StepRuns steps;
    std::vector<double> values;
    std::vector<float> wallOffsets;  // seconds after wallStart, non-decreasing whatever the clock did
    double wallStart = 0;
    double activeStart = 0;  // active seconds of the segments before
    Pyramid pyramid;
  };
  using IndexRange = std::pair<std::int64_t, std::int64_t>;

  Segment& segmentOf(SegmentId id, std::int64_t first_step);
  Segment& startSegment(const SegmentInfo& info);
  [[nodiscard]] double xAt(const Segment& segment, std::int64_t index, CurveAxis axis) const;
  /// First index in [0, size) whose x is >= `x` (or > with `after`).
  [[nodiscard]] std::int64_t indexAt(const Segment& segment, double x, bool after, CurveAxis axis) const;
  [[nodiscard]] CurveSample sampleAt(const Segment& segment, std::int64_t index, CurveAxis axis) const;
  /// Points of a segment before the first superseded one.
  [[nodiscard]] std::int64_t liveCount(std::size_t segment) const;
  /// Indices of [first, last) whose x lies in [x0, x1], half open.
  [[nodiscard]] IndexRange inRange(const Segment& segment, IndexRange all, double x0, double x1, CurveAxis axis) const;

  std::vector<Segment> segments_;
  std::map<SegmentId, std::int64_t> received_;  // ordinals taken in
  std::int64_t revision_ = 0;
};

}  // namespace slab
