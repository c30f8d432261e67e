#pragma once

#include "kernels/cpu/simd/lanes.h"

namespace slab::kernels::simd {

/// c0 + x (c1 + x (c2 + ...))
template <class V>
[[gnu::always_inline]] inline typename V::F polynomial(typename V::F, float last) {
  return V::broadcast(last);
}
template <class V, class... Rest>
[[gnu::always_inline]] inline typename V::F polynomial(typename V::F x, float first, float second, Rest... rest) {
  return V::fma(x, polynomial<V>(x, second, rest...), V::broadcast(first));
}

/// exp(-y) for y >= 0; 0 where that is no normal number, and for NaN.
template <class V>
[[gnu::always_inline]] inline typename V::F expOfMinus(typename V::F y) {
  using F = typename V::F;
  constexpr float kLog2E = 1.44269504f, kLargest = 87.0f;
  // Adding 1.5 * 2^23 leaves the nearest integer in the low bits of the sum.
  const F magic = V::broadcast(12582912.0f);
  const F power = y * V::broadcast(-kLog2E), shifted = power + magic;
  const F fraction = power - (shifted - magic);
  // 2^fraction on [-1/2, 1/2] by its Taylor series.
  const F scale = polynomial<V>(fraction, 1.0f, 0.693147181f, 0.240226507f, 0.0555041087f, 0.00961812911f,
                                0.00133335581f, 0.000154035304f);
  return V::wherePositive(V::broadcast(kLargest) - y, V::scaleByLowBits(scale, shifted));
}

/// The standard normal distribution's integral, and its density in `density`.
template <class V>
[[gnu::always_inline]] inline typename V::F normalIntegral(typename V::F x, typename V::F& density) {
  using F = typename V::F;
  constexpr float kRootHalf = 0.707106781f, kRootTwoPi = 0.398942280f;
  const F one = V::broadcast(1.0f), half = V::broadcast(0.5f);
  const F magnitude = V::relu(x) + V::relu(V::zero() - x);
  const F bell = expOfMinus<V>(half * x * x);
  const F t = one / V::fma(magnitude, V::broadcast(0.3275911f * kRootHalf), one);
  const F tail =
      half * bell * t * polynomial<V>(t, 0.254829592f, -0.284496736f, 1.421413741f, -1.453152027f, 1.061405429f);
  density = bell * V::broadcast(kRootTwoPi);
  return tail + V::wherePositive(x, one - (tail + tail));
}

}  // namespace slab::kernels::simd
