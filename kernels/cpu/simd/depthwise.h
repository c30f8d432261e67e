#pragma once

#include <cstdint>

#include "kernels/cpu/simd/lanes.h"

namespace slab::kernels::simd {

/// A map of vectors, one per pixel, row-major, with `pitch` pixels a row.
struct PixelMap {
  float* data;
  std::int64_t pitch;

  template <class V>
  [[nodiscard]] float* at(std::int64_t y, std::int64_t x) const {
    return data + (y * pitch + x) * V::width;
  }
};

/// Taps of one vector of channels: weight(tap) at taps + tap * stride.
struct Taps {
  const float* data;
  std::int64_t stride;
};

/// `pixels` neighbours of a row: sum += taps * padded input, the input's pixel (y, x) being tap (0, 0).
template <class V, int kernel, int pixels, class Lanes>
[[gnu::always_inline]] inline void convolvePixels(const PixelMap& input, std::int64_t y, std::int64_t x, Taps taps,
                                                  int side, bool flipped, typename V::F* sum, Lanes lanes) {
  using F = typename V::F;
  const int taken = kernel > 0 ? kernel : side;
  for (int ky = 0; ky < taken; ++ky) {
    const float* row = input.at<V>(y + ky, x);
    for (int kx = 0; kx < taken; ++kx) {
      const int tap = ky * taken + kx;
      const F weight = V::load(taps.data + (flipped ? taken * taken - 1 - tap : tap) * taps.stride, lanes);
      for (int p = 0; p < pixels; ++p) {
        sum[p] = V::fma(weight, V::load(row + (kx + p) * V::width, Whole{}), sum[p]);
      }
    }
  }
}

/// For a tile of height x width pixels calls emit(y, x, sum) with the convolution of the zero-padded `input`, whose
/// pixel (0, 0) is tap (0, 0) of output (0, 0). `flipped` turns the filter by 180 degrees: the gradient with respect
/// to the input. kernel = 0 takes the side at run time.
template <class V, int kernel, class Lanes, class Emit>
[[gnu::always_inline]] inline void convolveTile(const PixelMap& input, std::int64_t height, std::int64_t width,
                                                Taps taps, int side, bool flipped, Lanes lanes, Emit emit) {
  using F = typename V::F;
  constexpr int kPixels = 4;
  for (std::int64_t y = 0; y < height; ++y) {
    std::int64_t x = 0;
    for (; x + kPixels <= width; x += kPixels) {
      F sum[kPixels];
      for (F& value : sum) value = V::zero();
      convolvePixels<V, kernel, kPixels>(input, y, x, taps, side, flipped, sum, lanes);
      for (int p = 0; p < kPixels; ++p) emit(y, x + p, sum[p]);
    }
    for (; x < width; ++x) {
      F sum[1] = {V::zero()};
      convolvePixels<V, kernel, 1>(input, y, x, taps, side, flipped, sum, lanes);
      emit(y, x, sum[0]);
    }
  }
}

/// Adds to weight sums: out[tap * outStride] += over pixels of value(y, x) * padded(y - ky + side - 1, ...): `padded`
/// holds the output gradient with a border of side / 2, `value` the unpadded input, so that every pair of pixels that
/// the forward joined is met once.
template <class V, int kernel, class Lanes>
[[gnu::always_inline]] inline void weightGradientTile(const PixelMap& value, const PixelMap& padded,
                                                      std::int64_t height, std::int64_t width, int side, double* out,
                                                      std::int64_t outStride, Lanes lanes) {
  using F = typename V::F;
  constexpr int kMaxSide = kernel > 0 ? kernel : 15;
  const int taken = kernel > 0 ? kernel : side;
  for (int ky = 0; ky < taken; ++ky) {
    F sum[kMaxSide];
    for (F& tap : sum) tap = V::zero();
    for (std::int64_t y = 0; y < height; ++y) {
      const float* gradients = padded.at<V>(y + taken - 1 - ky, 0);
      const float* values = value.at<V>(y, 0);
      for (std::int64_t x = 0; x < width; ++x) {
        const F input = V::load(values + x * V::width, Whole{});
        for (int kx = 0; kx < taken; ++kx) {
          sum[kx] = V::fma(input, V::load(gradients + (x + taken - 1 - kx) * V::width, Whole{}), sum[kx]);
        }
      }
    }
    for (int kx = 0; kx < taken; ++kx) V::addTo(out + (ky * taken + kx) * outStride, sum[kx], lanes);
  }
}

}  // namespace slab::kernels::simd
