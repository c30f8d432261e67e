#pragma once

#include "kernels/cpu/simd/lanes.h"
#include "kernels/cpu/simd/small_multiply.h"
#include "kernels/cpu/weight_gradient_tiles.h"

/// The body of WeightGradientTiles as a template over the vector type V. A block of rows is packed into panels a few
/// columns wide, so that neither the strides of x and dY nor the ends of the matrices matter to the product.
namespace slab::kernels::weight_gradient_tiles {

using simd::forEachVector;
using simd::Whole;

/// Rows that are packed and multiplied in one go.
constexpr std::int64_t kBlockRows = 64;

static constexpr std::int64_t lesser(std::int64_t a, std::int64_t b) {
  return a < b ? a : b;
}

/// Copies columns [0, columns) of `rows` rows into one panel of `vectors` vectors, zeros behind the last column.
template <class V, int vectors>
[[gnu::always_inline]] inline void packPanel(const float* from, std::int64_t stride, std::int64_t rows,
                                             std::int64_t columns, float* panel) {
  for (std::int64_t r = 0; r < rows; ++r) {
    float* to = panel + r * vectors * V::width;
    for (int n = 0; n < vectors; ++n) V::store(to + n * V::width, V::zero(), Whole{});
    forEachVector<V>(
        columns, [&](std::int64_t c, auto lanes) { V::store(to + c, V::load(from + r * stride + c, lanes), Whole{}); });
  }
}

/// sum[c] = or += the panel's columns.
template <class V>
[[gnu::always_inline]] inline void addColumns(const float* panel, std::int64_t rows, bool accumulate, float* sum) {
  typename V::F total = V::zero();
  for (std::int64_t r = 0; r < rows; ++r) total += V::load(panel + r * V::width, Whole{});
  V::store(sum, accumulate ? V::load(sum, Whole{}) + total : total, Whole{});
}

/// One tile of dW: kTileRows<V> columns of a dY panel by a panel of x. A tile that overhangs dW goes by way of a copy.
template <class V>
[[gnu::always_inline]] inline void addTile(std::int64_t depth, const float* dy, const float* x, float* dWeight,
                                           std::int64_t in, std::int64_t rows, std::int64_t columns, bool accumulate) {
  constexpr int kRows = simd::kTileRows<V>;
  constexpr int kColumns = simd::kTileVectors * V::width;
  if (rows >= kRows && columns >= kColumns) {
    simd::multiplyTile<V, simd::Left::Transposed, kRows, simd::kTileVectors>(depth, dy, V::width, x, kColumns, dWeight,
                                                                             in, accumulate, Whole{});
    return;
  }
  alignas(64) float tile[kRows * kColumns];
  simd::multiplyTile<V, simd::Left::Transposed, kRows, simd::kTileVectors>(depth, dy, V::width, x, kColumns, tile,
                                                                           kColumns, false, Whole{});
  for (std::int64_t r = 0; r < lesser(kRows, rows); ++r) {
    for (std::int64_t c = 0; c < lesser(kColumns, columns); ++c) {
      float& to = dWeight[r * in + c];
      to = accumulate ? to + tile[r * kColumns + c] : tile[r * kColumns + c];
    }
  }
}

template <class V>
void run(const WeightGradient& call, const WeightGradientPart& part, float* dWeight, float* dBias) {
  constexpr std::int64_t kColumns = simd::kTileVectors * V::width;
  alignas(64) float dyPanels[kBlockRows * kWeightGradientColumns], xPanel[kBlockRows * kColumns];
  alignas(64) float sums[kWeightGradientColumns];
  const std::int64_t outs = part.outEnd - part.outBegin;
  for (std::int64_t first = part.rowBegin; first < part.rowEnd; first += kBlockRows) {
    const std::int64_t rows = lesser(kBlockRows, part.rowEnd - first);
    const bool accumulate = first != part.rowBegin;
    const float* dy = call.dy + first * call.dyStride + part.outBegin;
    for (std::int64_t o = 0; o < outs; o += V::width) {
      float* panel = dyPanels + o * kBlockRows;
      packPanel<V, 1>(dy + o, call.dyStride, rows, lesser(V::width, outs - o), panel);
      if (dBias != nullptr) addColumns<V>(panel, rows, accumulate, sums + o);
    }
    for (std::int64_t c = 0; c < call.in; c += kColumns) {
      packPanel<V, simd::kTileVectors>(call.x + first * call.xStride + c, call.xStride, rows,
                                       lesser(kColumns, call.in - c), xPanel);
      for (std::int64_t o = 0; o < outs; o += simd::kTileRows<V>) {
        const float* panel = dyPanels + o / V::width * V::width * kBlockRows + o % V::width;
        addTile<V>(rows, panel, xPanel, dWeight + (part.outBegin + o) * call.in + c, call.in, outs - o, call.in - c,
                   accumulate);
      }
    }
  }
  if (dBias == nullptr) return;
  for (std::int64_t o = 0; o < outs; ++o) dBias[part.outBegin + o] = sums[o];
}

}  // namespace slab::kernels::weight_gradient_tiles
