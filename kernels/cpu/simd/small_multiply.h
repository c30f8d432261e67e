#pragma once

#include <cstdint>

#include "kernels/cpu/simd/lanes.h"

namespace slab::kernels::simd {

/// How the left factor lies in memory.
enum class Left { Plain, Transposed };

/// Rows and vectors of the register tile: as many sums as the register file holds beside the operands.
template <class V>
constexpr int kTileRows = V::width == 16 ? 8 : 4;
constexpr int kTileVectors = 2;

/// c (rows x vectors) += a b over the depth, sums in registers.
template <class V, Left left, int rows, int vectors, class Lanes>
[[gnu::always_inline]] inline void multiplyTile(std::int64_t depth, const float* a, std::int64_t aStride,
                                                const float* b, std::int64_t bStride, float* c, std::int64_t cStride,
                                                bool accumulate, Lanes lanes) {
  using F = typename V::F;
  F sum[rows][vectors];
  for (int i = 0; i < rows; ++i) {
    for (int n = 0; n < vectors; ++n) {
      sum[i][n] = accumulate ? V::load(c + i * cStride + n * V::width, lanes) : V::zero();
    }
  }
  for (std::int64_t p = 0; p < depth; ++p) {
    F right[vectors];
    for (int n = 0; n < vectors; ++n) right[n] = V::load(b + p * bStride + n * V::width, lanes);
    for (int i = 0; i < rows; ++i) {
      const F factor = V::broadcast(left == Left::Plain ? a[i * aStride + p] : a[p * aStride + i]);
      for (int n = 0; n < vectors; ++n) sum[i][n] = V::fma(factor, right[n], sum[i][n]);
    }
  }
  for (int i = 0; i < rows; ++i) {
    for (int n = 0; n < vectors; ++n) V::store(c + i * cStride + n * V::width, sum[i][n], lanes);
  }
}

template <class V, Left left, int vectors, class Lanes>
[[gnu::always_inline]] inline void multiplyColumns(std::int64_t rows, std::int64_t depth, const float* a,
                                                   std::int64_t aStride, const float* b, std::int64_t bStride, float* c,
                                                   std::int64_t cStride, bool accumulate, Lanes lanes) {
  const std::int64_t step = left == Left::Plain ? aStride : 1;
  std::int64_t i = 0;
  for (; i + kTileRows<V> <= rows; i += kTileRows<V>) {
    multiplyTile<V, left, kTileRows<V>, vectors>(depth, a + i * step, aStride, b, bStride, c + i * cStride, cStride,
                                                 accumulate, lanes);
  }
  for (; i + 2 <= rows; i += 2) {
    multiplyTile<V, left, 2, vectors>(depth, a + i * step, aStride, b, bStride, c + i * cStride, cStride, accumulate,
                                      lanes);
  }
  if (i < rows) {
    multiplyTile<V, left, 1, vectors>(depth, a + i * step, aStride, b, bStride, c + i * cStride, cStride, accumulate,
                                      lanes);
  }
}

/// c (rows x columns) = a b, or += with `accumulate`, for the small matrices of one attention head. Row-major, strides
/// in elements; the left factor is a (rows x depth), or its transpose stored as (depth x rows).
template <class V, Left left>
void multiply(std::int64_t rows, std::int64_t columns, std::int64_t depth, const float* a, std::int64_t aStride,
              const float* b, std::int64_t bStride, float* c, std::int64_t cStride, bool accumulate) {
  std::int64_t n = 0;
  for (; n + kTileVectors * V::width <= columns; n += kTileVectors * V::width) {
    multiplyColumns<V, left, kTileVectors>(rows, depth, a, aStride, b + n, bStride, c + n, cStride, accumulate,
                                           Whole{});
  }
  forEachVector<V>(columns - n, [&](std::int64_t offset, auto lanes) {
    multiplyColumns<V, left, 1>(rows, depth, a, aStride, b + n + offset, bStride, c + n + offset, cStride, accumulate,
                                lanes);
  });
}

}  // namespace slab::kernels::simd
