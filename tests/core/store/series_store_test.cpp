#include "core/store/series_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "core/base/rng.h"

namespace slab {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

Chunk chunkOf(SegmentId segment, std::int64_t start, const std::vector<std::int64_t>& steps,
              const std::vector<double>& values) {
  Chunk chunk{0, 1, segment, start, steps, {}, values};
  for (const std::int64_t step : steps) chunk.wall.push_back(1000.0 + 0.5 * static_cast<double>(step));
  return chunk;
}

Chunk ramp(SegmentId segment, std::int64_t first, std::int64_t count, double slope) {
  std::vector<std::int64_t> steps;
  std::vector<double> values;
  for (std::int64_t i = 0; i < count; ++i) {
    steps.push_back(first + i);
    values.push_back(slope * static_cast<double>(first + i));
  }
  return chunkOf(segment, 0, steps, values);
}

struct CurveCase {
  const char* name;
  std::int64_t points;
  double nanShare;
  int maxStride;
  int columns;
  double from, to;  // of the steps, as shares
};

void PrintTo(const CurveCase& c, std::ostream* out) {
  *out << c.name;
}

class EnvelopeOf : public ::testing::TestWithParam<CurveCase> {
 protected:
  void SetUp() override {
    const CurveCase& c = GetParam();
    Random random(hashKeys(static_cast<std::uint64_t>(c.points), static_cast<std::uint64_t>(c.columns)));
    std::int64_t step = 0;
    for (std::int64_t i = 0; i < c.points; ++i) {
      step += 1 + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(c.maxStride)));
      double value = random.uniform() * (random.below(997) == 0 ? 50.0 : 1.0);
      if (random.uniform() < c.nanShare) value = std::array{kNaN, kInfinity, -kInfinity}[random.below(3)];
      steps_.push_back(step);
      values_.push_back(value);
    }
    // Handed over in uneven pieces, as a run does.
    for (std::size_t at = 0; at < steps_.size();) {
      const std::size_t n = std::min<std::size_t>(1 + random.below(5000), steps_.size() - at);
      const auto first = static_cast<std::ptrdiff_t>(at);
      const auto last = static_cast<std::ptrdiff_t>(at + n);
      store_.append(chunkOf(1, first, {steps_.begin() + first, steps_.begin() + last},
                            {values_.begin() + first, values_.begin() + last}));
      at += n;
    }
    x0_ = std::floor(c.from * static_cast<double>(step));
    x1_ = std::floor(c.to * static_cast<double>(step));
  }

  [[nodiscard]] std::int64_t columnOf(double x) const {
    const double width = (x1_ - x0_) / GetParam().columns;
    return std::clamp<std::int64_t>(static_cast<std::int64_t>(std::floor((x - x0_) / width)), 0,
                                    GetParam().columns - 1);
  }

  std::vector<std::int64_t> steps_;
  std::vector<double> values_;
  SeriesStore store_;
  double x0_ = 0, x1_ = 0;
};

struct Extremes {
  double low = kInfinity, high = -kInfinity;
  int vertices = 0;
};

TEST_P(EnvelopeOf, HasTheExactMinimumAndMaximumOfEveryColumn) {
  std::map<std::int64_t, Extremes> expected;
  std::map<double, double> points;
  std::int64_t in_range = 0;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const auto x = static_cast<double>(steps_[i]);
    points[x] = values_[i];
    if (x < x0_ || x > x1_) continue;
    ++in_range;
    if (!std::isfinite(values_[i])) continue;
    Extremes& column = expected[columnOf(x)];
    column.low = std::min(column.low, values_[i]);
    column.high = std::max(column.high, values_[i]);
  }
  const Envelope envelope = store_.envelope(x0_, x1_, GetParam().columns);
  EXPECT_EQ(envelope.pointsInRange, in_range);
  std::map<std::int64_t, Extremes> drawn;
  for (std::size_t i = 0; i < envelope.points.size(); ++i) {
    const CurvePoint& point = envelope.points[i];
    ASSERT_TRUE(points.contains(point.x));
    EXPECT_EQ(points[point.x], point.y) << "a vertex must be a point of the curve";
    if (i > 0) {
      EXPECT_LT(envelope.points[i - 1].x, point.x);
    }
    if (point.x < x0_ || point.x > x1_) continue;
    Extremes& column = drawn[columnOf(point.x)];
    column.low = std::min(column.low, point.y);
    column.high = std::max(column.high, point.y);
    ++column.vertices;
  }
  ASSERT_EQ(drawn.size(), expected.size());
  for (const auto& [column, extremes] : expected) {
    EXPECT_EQ(drawn[column].low, extremes.low) << "column " << column;
    EXPECT_EQ(drawn[column].high, extremes.high) << "column " << column;
    if (envelope.isDecimated) {
      EXPECT_LE(drawn[column].vertices, 2) << "column " << column;
    }
  }
}

TEST_P(EnvelopeOf, CountsEveryNonFinitePointOnTheRail) {
  std::map<NonFiniteKind, std::int64_t> expected;
  std::map<NonFiniteKind, std::int64_t> first;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const auto x = static_cast<double>(steps_[i]);
    if (x < x0_ || x > x1_) continue;
    for (const auto kind : {NonFiniteKind::NaN, NonFiniteKind::PlusInf, NonFiniteKind::MinusInf}) {
      if (isOfKind(values_[i], kind) && expected[kind]++ == 0) first[kind] = steps_[i];
    }
  }
  std::map<NonFiniteKind, std::int64_t> counted;
  for (const NonFiniteMark& mark : store_.envelope(x0_, x1_, GetParam().columns).nonFinite) {
    if (counted[mark.kind] == 0) {
      EXPECT_EQ(mark.firstStep, first[mark.kind]);
    }
    EXPECT_EQ(mark.x, static_cast<double>(mark.firstStep));
    counted[mark.kind] += mark.count;
  }
  for (const auto& [kind, count] : expected) EXPECT_EQ(counted[kind], count);
}

TEST_P(EnvelopeOf, AgreesWithTheValueRange) {
  double low = kInfinity;
  double high = -kInfinity;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const auto x = static_cast<double>(steps_[i]);
    if (x < x0_ || x > x1_ || !std::isfinite(values_[i])) continue;
    low = std::min(low, values_[i]);
    high = std::max(high, values_[i]);
  }
  const auto range = store_.valueRange(x0_, x1_);
  ASSERT_EQ(range.has_value(), low <= high);
  if (range) {
    EXPECT_EQ(range->first, low);
    EXPECT_EQ(range->second, high);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Curves, EnvelopeOf,
    ::testing::Values(CurveCase{"few", 5, 0.0, 1, 100, 0, 1}, CurveCase{"one_column", 1000, 0.1, 1, 1, 0, 1},
                      CurveCase{"exact", 900, 0.2, 3, 600, 0, 1}, CurveCase{"dense", 20'000, 0.0, 1, 800, 0, 1},
                      CurveCase{"spikes_and_nan", 300'000, 0.01, 1, 777, 0, 1},
                      CurveCase{"uneven", 100'000, 0.001, 17, 640, 0, 1},
                      CurveCase{"zoomed", 300'000, 0.01, 2, 500, 0.4, 0.6},
                      CurveCase{"zoomed_far", 300'000, 0.05, 1, 500, 0.5, 0.501},
                      CurveCase{"mostly_nan", 50'000, 0.99, 1, 900, 0, 1},
                      CurveCase{"all_nan", 5'000, 1.0, 1, 300, 0, 1}, CurveCase{"beyond", 1'000, 0.0, 1, 300, -1, 2}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(SeriesStore, FindsAOneSampleSpikeInAMillionPoints) {
  SeriesStore store;
  std::vector<std::int64_t> steps(1'000'000);
  std::vector<double> values(steps.size(), 1.0);
  for (std::size_t i = 0; i < steps.size(); ++i) steps[i] = static_cast<std::int64_t>(i);
  values[654'321] = 100.0;
  store.append(chunkOf(1, 0, steps, values));
  const Envelope envelope = store.envelope(0, 1e6, 1000);
  EXPECT_TRUE(std::any_of(envelope.points.begin(), envelope.points.end(),
                          [](const CurvePoint& p) { return p.x == 654'321 && p.y == 100.0; }));
  EXPECT_LE(envelope.points.size(), 2001U);
}

TEST(SeriesStore, MarksAnIsolatedPointBetweenNaNs) {
  SeriesStore store;
  store.append(chunkOf(1, 0, {0, 1, 2, 3, 4, 5}, {1.0, kNaN, 7.0, kNaN, 2.0, 3.0}));
  const Envelope envelope = store.envelope(0, 5, 100);
  ASSERT_EQ(envelope.points.size(), 4U);
  EXPECT_TRUE(envelope.points[1].gapBefore);
  EXPECT_EQ(envelope.points[1].y, 7.0);
  EXPECT_TRUE(envelope.points[2].gapBefore);
  EXPECT_FALSE(envelope.points[3].gapBefore);
  ASSERT_EQ(envelope.nonFinite.size(), 2U);
  EXPECT_EQ(envelope.nonFinite[0].firstStep, 1);
}

TEST(SeriesStore, SetsSupersededPointsApart) {
  SeriesStore store;
  store.append(ramp(1, 0, 100, 1.0));
  SegmentInfo resumed;
  resumed.id = 2;
  resumed.fromStep = 60;
  store.addSegment(resumed);
  Envelope envelope = store.envelope(0, 200, 1000);
  EXPECT_EQ(envelope.points.size(), 61U);
  ASSERT_EQ(envelope.superseded.size(), 1U);
  EXPECT_EQ(envelope.superseded[0].size(), 39U);

  store.append(ramp(2, 60, 80, -1.0));
  envelope = store.envelope(0, 200, 1000);
  ASSERT_EQ(envelope.points.size(), 140U);
  EXPECT_EQ(envelope.points[59].y, 59.0);
  EXPECT_EQ(envelope.points[60].y, -60.0);
  EXPECT_EQ(store.nearest(70)->value, -70.0);
  EXPECT_EQ(store.range()->y1, 59.0);
  EXPECT_EQ(store.size(), 180);
}

TEST(SeriesStore, KeepsAPointAtTheVeryStepOfAResumeUntilThatStepIsTakenAgain) {
  // An evaluation after 60 steps and the checkpoint of step 60: the resumed training evaluates at 80 next.
  SeriesStore store;
  store.append(chunkOf(1, 0, {20, 40, 60, 80}, {2, 4, 6, 8}));
  SegmentInfo resumed;
  resumed.id = 2;
  resumed.fromStep = 60;
  store.addSegment(resumed);
  store.append(chunkOf(2, 0, {80, 100}, {8.5, 10}));
  const Envelope envelope = store.envelope(0, 200, 1000);
  ASSERT_EQ(envelope.points.size(), 5U);
  EXPECT_EQ(envelope.points[2].y, 6.0);
  EXPECT_EQ(envelope.points[3].y, 8.5);
}

TEST(SeriesStore, StartsANewLineWhereStepsFall) {
  SeriesStore store;
  store.append(chunkOf(1, 0, {0, 1, 2, 3, 2, 3, 4}, {0, 1, 2, 3, 12, 13, 14}));
  const Envelope envelope = store.envelope(0, 10, 100);
  ASSERT_EQ(envelope.points.size(), 5U);
  EXPECT_EQ(envelope.points[2].y, 12.0);
  EXPECT_EQ(envelope.superseded.at(0).size(), 2U);
}

TEST(SeriesStore, TakesNoPointTwice) {
  SeriesStore store;
  store.append(chunkOf(1, 0, {0, 1}, {0, 1}));
  store.append(chunkOf(1, 0, {0, 1, 2, 3}, {0, 1, 2, 3}));  // the merged row
  store.append(chunkOf(1, 2, {2, 3}, {2, 3}));
  EXPECT_EQ(store.size(), 4);
}

TEST(SeriesStore, DrawsTheLineOutOfTheViewOnBothSides) {
  SeriesStore store;
  store.append(ramp(1, 0, 100, 1.0));
  const Envelope envelope = store.envelope(10.2, 10.8, 50);
  ASSERT_EQ(envelope.points.size(), 2U);
  EXPECT_EQ(envelope.points[0].x, 10.0);
  EXPECT_EQ(envelope.points[1].x, 11.0);
  EXPECT_EQ(envelope.pointsInRange, 0);
}

TEST(SeriesStore, LeavesBreaksOutOfActiveTime) {
  SeriesStore store;
  Chunk first = ramp(1, 0, 11, 1.0);
  Chunk second = ramp(2, 11, 10, 1.0);
  for (double& wall : second.wall) wall += 86'400;
  store.append(first);
  store.append(second);
  EXPECT_DOUBLE_EQ(store.range(CurveAxis::Active)->x0, 0.0);
  EXPECT_DOUBLE_EQ(store.range(CurveAxis::Active)->x1, 9.5);
  EXPECT_GT(store.range(CurveAxis::Wall)->x1 - store.range(CurveAxis::Wall)->x0, 86'400);
  EXPECT_EQ(store.envelope(0, 9.5, 100, CurveAxis::Active).points.size(), 21U);
}

TEST(SeriesStore, KeepsItsOrderWhenTheClockJumpsBack) {
  SeriesStore store;
  Chunk chunk = ramp(1, 0, 20, 1.0);
  for (std::size_t i = 10; i < 20; ++i) chunk.wall[i] -= 86'400;
  store.append(chunk);
  const Envelope envelope = store.envelope(0, 1e12, 100, CurveAxis::Wall);
  EXPECT_EQ(envelope.points.size(), 20U);
}

TEST(SeriesStore, IsEmptyWithoutPoints) {
  const SeriesStore store;
  EXPECT_TRUE(store.envelope(0, 1, 10).points.empty());
  EXPECT_FALSE(store.range().has_value());
  EXPECT_FALSE(store.nearest(0).has_value());
}

TEST(StepRuns, FindsEveryStepOfUnevenRuns) {
  StepRuns runs;
  std::vector<std::int64_t> steps;
  Random random(3);
  std::int64_t step = -50;
  for (int i = 0; i < 3000; ++i) {
    step += random.below(10) < 8 ? 5 : static_cast<std::int64_t>(random.below(40));
    steps.push_back(step);
    runs.push(step);
  }
  for (std::size_t i = 0; i < steps.size(); ++i) ASSERT_EQ(runs.at(static_cast<std::int64_t>(i)), steps[i]);
  for (std::int64_t s = -60; s <= step + 5; ++s) {
    ASSERT_EQ(runs.lowerBound(s), std::lower_bound(steps.begin(), steps.end(), s) - steps.begin()) << s;
  }
}

}  // namespace
}  // namespace slab
