#include "core/base/distributions.h"

#include <cmath>
#include <numbers>

namespace slab {

std::array<double, 2> drawNormalPair(Random& random) {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - random.uniform()));
  const double angle = 2.0 * std::numbers::pi * random.uniform();
  return {radius * std::cos(angle), radius * std::sin(angle)};
}

double drawNormal(Random& random) {
  return drawNormalPair(random)[0];
}

double drawGamma(Random& random, double shape) {
  if (shape < 1.0) {
    const double boost = std::pow(1.0 - random.uniform(), 1.0 / shape);
    return boost * drawGamma(random, shape + 1.0);
  }
  const double d = shape - 1.0 / 3.0;
  const double c = 1.0 / std::sqrt(9.0 * d);
  for (;;) {
    const double x = drawNormal(random);
    const double root = 1.0 + c * x;
    if (root <= 0.0) continue;
    const double v = root * root * root;
    if (std::log(1.0 - random.uniform()) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v;
  }
}

double drawBeta(Random& random, double a, double b) {
  const double x = drawGamma(random, a), y = drawGamma(random, b);
  return x / (x + y);
}

}  // namespace slab
