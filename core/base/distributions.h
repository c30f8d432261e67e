// Draws that are not uniform, over the counter-based stream.
#pragma once

#include <array>

#include "core/base/rng.h"

namespace slab {

/// Normal with mean 0 and deviation 1 (Box and Muller, 1958); two words of the stream a value, so that
/// the number of draws depends on nothing.
double drawNormal(Random& random);

/// Two independent draws for the price, and from the two words, of one.
std::array<double, 2> drawNormalPair(Random& random);

/// Gamma with scale 1 (Marsaglia and Tsang, 2000; below 1 by their boost). `shape` > 0.
double drawGamma(Random& random, double shape);

/// Beta(a, b), a and b > 0, as the ratio of two Gamma draws.
double drawBeta(Random& random, double a, double b);

}  // namespace slab
