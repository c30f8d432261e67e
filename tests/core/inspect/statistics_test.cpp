#include "core/inspect/statistics.h"

#include <gtest/gtest.h>

#include "core/base/rng.h"

namespace slab::inspect {
namespace {

// Skewed noise around a base, like a timing.
std::vector<double> noisy(std::uint64_t seed, double base, int count) {
  Random random(seed);
  std::vector<double> samples;
  for (int i = 0; i < count; ++i) {
    const double u = random.uniform();
    samples.push_back(base * (1.0 + 0.02 * u + (u > 0.95 ? 0.5 : 0.0)));
  }
  return samples;
}

TEST(Statistics, PercentilesInterpolate) {
  EXPECT_DOUBLE_EQ(percentile({4, 1, 3, 2}, 0.5), 2.5);
  EXPECT_DOUBLE_EQ(percentile({1, 2, 3}, 0.0), 1);
  EXPECT_DOUBLE_EQ(percentile({1, 2, 3}, 1.0), 3);
  EXPECT_DOUBLE_EQ(percentile({}, 0.5), 0);
}

TEST(Statistics, TheIntervalHoldsTheMedianAndNarrowsWithSamples) {
  const auto few = medianInterval(noisy(1, 10, 10)), many = medianInterval(noisy(1, 10, 400));
  EXPECT_TRUE(many.contains(median(noisy(1, 10, 400))));
  EXPECT_LT(many.high - many.low, few.high - few.low);
}

TEST(Statistics, TwoRunsOfTheSameThingAreSeldomDifferent) {
  int different = 0;
  for (std::uint64_t trial = 0; trial < 200; ++trial) {
    different += comparePaired(noisy(2 * trial, 10, 30), noisy(2 * trial + 1, 10, 30)).isDifferent();
  }
  EXPECT_LE(different, 20);
}

TEST(Statistics, ATwoPercentSlowdownIsFound) {
  int found = 0;
  for (std::uint64_t trial = 0; trial < 50; ++trial) {
    const auto pair = comparePaired(noisy(trial, 10.2, 60), noisy(trial + 1000, 10, 60));
    found += pair.isDifferent() && pair.difference > 0;
    EXPECT_NEAR(pair.ratio, 1.02, 0.01);
  }
  EXPECT_GE(found, 48);
}

}  // namespace
}  // namespace slab::inspect
