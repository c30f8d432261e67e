#include "core/base/rng.h"

#include <gtest/gtest.h>

#include <array>
#include <set>

namespace slab {
namespace {

TEST(Rng, AValueDependsOnItsKeysAlone) {
  EXPECT_EQ(hashKeys(1, 2, 3), hashKeys(1, 2, 3));
  std::set<std::uint64_t> seen;
  for (std::uint64_t a = 0; a < 20; ++a) {
    for (std::uint64_t b = 0; b < 20; ++b) seen.insert(hashKeys(a, b));
  }
  EXPECT_EQ(seen.size(), 400u);
}

TEST(Rng, BoundedDrawsAreInRangeAndRoughlyUniform) {
  Random random(7);
  std::array<int, 10> counts{};
  for (int i = 0; i < 100000; ++i) ++counts[random.below(10)];
  for (const int count : counts) EXPECT_NEAR(count, 10000, 500);
}

TEST(Rng, UniformMeanAndRange) {
  Random random(3);
  double sum = 0.0;
  for (int i = 0; i < 100000; ++i) {
    const double u = random.uniform();
    ASSERT_GE(u, 0.0);
    ASSERT_LT(u, 1.0);
    sum += u;
  }
  EXPECT_NEAR(sum / 100000, 0.5, 0.01);
}

}  // namespace
}  // namespace slab
