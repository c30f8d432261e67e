#include "core/base/distributions.h"

#include <gtest/gtest.h>

#include <cmath>

namespace slab {
namespace {

struct Moments {
  double mean = 0;
  double variance = 0;
};

template <typename Draw>
Moments momentsOf(Draw draw) {
  constexpr int kTrials = 200'000;
  Random random(11);
  double sum = 0, squares = 0;
  for (int i = 0; i < kTrials; ++i) {
    const double x = draw(random);
    sum += x;
    squares += x * x;
  }
  const double mean = sum / kTrials;
  return {mean, squares / kTrials - mean * mean};
}

TEST(Distributions, NormalHasItsMomentsAndTails) {
  const Moments found = momentsOf(drawNormal);
  EXPECT_NEAR(found.mean, 0.0, 0.01);
  EXPECT_NEAR(found.variance, 1.0, 0.02);
  const Moments beyondTwo = momentsOf([](Random& random) { return std::abs(drawNormal(random)) > 2.0 ? 1.0 : 0.0; });
  EXPECT_NEAR(beyondTwo.mean, 0.0455, 0.002);
}

TEST(Distributions, TheSecondOfAPairIsNormalAndIndependentOfTheFirst) {
  const Moments second = momentsOf([](Random& random) { return drawNormalPair(random)[1]; });
  EXPECT_NEAR(second.mean, 0.0, 0.01);
  EXPECT_NEAR(second.variance, 1.0, 0.02);
  const Moments product = momentsOf([](Random& random) {
    const auto [first, other] = drawNormalPair(random);
    return first * other;
  });
  EXPECT_NEAR(product.mean, 0.0, 0.01);
}

TEST(Distributions, GammaHasMeanAndVarianceOfItsShape) {
  for (const double shape : {0.2, 0.8, 1.0, 3.5}) {
    const Moments found = momentsOf([shape](Random& random) { return drawGamma(random, shape); });
    EXPECT_NEAR(found.mean, shape, 0.03 * shape) << shape;
    EXPECT_NEAR(found.variance, shape, 0.06 * shape) << shape;
  }
}

TEST(Distributions, BetaHasItsMomentsAndStaysInside) {
  for (const auto& [a, b] : {std::pair(0.8, 0.8), {1.0, 1.0}, {2.0, 5.0}}) {
    const Moments found = momentsOf([a = a, b = b](Random& random) {
      const double x = drawBeta(random, a, b);
      EXPECT_TRUE(x >= 0.0 && x <= 1.0) << x;
      return x;
    });
    EXPECT_NEAR(found.mean, a / (a + b), 0.005);
    EXPECT_NEAR(found.variance, a * b / ((a + b) * (a + b) * (a + b + 1)), 0.002);
  }
}

}  // namespace
}  // namespace slab
