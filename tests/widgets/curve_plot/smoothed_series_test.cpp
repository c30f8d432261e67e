#include "widgets/curve_plot/smoothed_series.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "widgets/curve_plot/series.h"

namespace slab {
namespace {

using test::makeChunk;
using test::makeSegment;
using test::makeSeries;

double at(const SmoothedSeries& smooth, double step) {
  return smooth.curve().nearest(step)->value;
}

TEST(SmoothedSeries, OfAConstantIsThatConstantFromTheFirstPoint) {
  const auto store = makeSeries(100, [](std::int64_t) { return 3.5; });
  SmoothedSeries smooth(0.97);
  smooth.update(*store);
  for (const double k : {0.0, 1.0, 50.0, 99.0}) EXPECT_NEAR(at(smooth, k), 3.5, 1e-12) << k;
}

TEST(SmoothedSeries, IsTheWeightedMeanOfItsDefinition) {
  const auto value = [](std::int64_t k) { return std::sin(static_cast<double>(k)); };
  const auto store = makeSeries(40, value);
  SmoothedSeries smooth(0.8);
  smooth.update(*store);
  for (int n = 0; n < 40; ++n) {
    double sum = 0, norm = 0;
    for (int k = 0; k <= n; ++k) {
      sum += std::pow(0.8, n - k) * value(k);
      norm += std::pow(0.8, n - k);
    }
    EXPECT_NEAR(at(smooth, n), sum / norm, 1e-12) << n;
  }
}

TEST(SmoothedSeries, GrowsTheSameInPiecesAsAtOnce) {
  const auto value = [](std::int64_t k) { return static_cast<double>(k % 7); };
  const auto whole = makeSeries(300, value);
  SmoothedSeries once(0.9), pieces(0.9);
  once.update(*whole);
  SeriesStore growing;
  growing.addSegment(makeSegment(1, 0));
  for (std::int64_t k = 0; k < 300; k += 37) {
    growing.append(makeChunk(k, std::min<std::int64_t>(37, 300 - k), value, k));
    pieces.update(growing);
  }
  EXPECT_EQ(pieces.curve().size(), once.curve().size());
  for (int k = 0; k < 300; k += 13) EXPECT_DOUBLE_EQ(at(pieces, k), at(once, k)) << k;
}

TEST(SmoothedSeries, OfALongSeriesIsTheSameInSlices) {
  const auto value = [](std::int64_t k) { return std::sin(static_cast<double>(k) * 0.01); };
  const auto whole = makeSeries(20'000, value);
  SmoothedSeries once(0.99), sliced(0.99);
  once.update(*whole);
  int slices = 0;
  while (const auto slice = sliced.next(*whole, 3'000)) {
    EXPECT_LT(slice->steps.size(), 4'000U);
    sliced.take(*slice);
    EXPECT_EQ(sliced.isComplete(), sliced.curve().size() == 20'000);
    ++slices;
  }
  EXPECT_GE(slices, 6);
  ASSERT_EQ(sliced.curve().size(), once.curve().size());
  for (int k = 0; k < 20'000; k += 997) EXPECT_DOUBLE_EQ(at(sliced, k), at(once, k)) << k;
}

TEST(SmoothedSeries, PassesOverNonFinitePoints) {
  const auto store = makeSeries(50, [](std::int64_t k) {
    return k == 20 ? std::numeric_limits<double>::quiet_NaN() : k == 30 ? std::numeric_limits<double>::infinity() : 2.0;
  });
  SmoothedSeries smooth(0.9);
  smooth.update(*store);
  EXPECT_NEAR(at(smooth, 49), 2.0, 1e-12);
  EXPECT_EQ(smooth.curve().size(), 48);
}

TEST(SmoothedSeries, StartsAgainWhenAResumeSupersedesPoints) {
  SeriesStore store;
  store.addSegment(makeSegment(1, 0));
  store.append(makeChunk(0, 100, [](std::int64_t) { return 1.0; }));
  SmoothedSeries smooth(0.5);
  smooth.update(store);
  store.addSegment(makeSegment(2, 50));
  store.append(makeChunk(
      50, 20, [](std::int64_t) { return 9.0; }, 0, 2));
  smooth.update(store);
  EXPECT_NEAR(at(smooth, 49), 1.0, 1e-9);
  EXPECT_NEAR(at(smooth, 69), 9.0, 1e-3);
  EXPECT_EQ(smooth.curve().size(), 70);
}

}  // namespace
}  // namespace slab
