#pragma once

#include "kernels/cpu/prep_bn_rows.h"
#include "kernels/cpu/simd/lanes.h"

/// Bodies of PrepBnRows as templates over the vector type V and the storage type T.
namespace slab::kernels::prep_bn_rows {

using simd::forEachVector;
using simd::Whole;

/// Rows whose sums are kept in float32 before they are added to the doubles.
constexpr std::int64_t kBlockRows = 32;
/// Rows that the shift of the statistics is the mean of.
constexpr std::int64_t kShiftRows = 8;

template <class T>
static const T* rowOf(const void* matrix, std::int64_t stride, std::int64_t row) {
  return static_cast<const T*>(matrix) + row * stride;
}

template <class T>
static T* rowOf(void* matrix, std::int64_t stride, std::int64_t row) {
  return static_cast<T*>(matrix) + row * stride;
}

static constexpr std::int64_t smaller(std::int64_t a, std::int64_t b) {
  return a < b ? a : b;
}

/// Covers [0, channels) by tiles of up to `Vectors` whole vectors, then single vectors, then the rest. The tile's sums
/// stay in registers while the rows of a block pass by.
template <class V, int Vectors, class Body>
[[gnu::always_inline]] inline void forEachTile(std::int64_t channels, Body body) {
  std::int64_t c = 0;
  for (; c + Vectors * V::width <= channels; c += Vectors * V::width) body.template operator()<Vectors>(c, Whole{});
  for (; c + V::width <= channels; c += V::width) body.template operator()<1>(c, Whole{});
  if (c < channels) body.template operator()<1>(c, simd::Part{static_cast<int>(channels - c)});
}

template <class V, class T>
void statistics(const PrepBnForward& call, std::int64_t begin, std::int64_t end, const PrepBnStatistics& out) {
  using F = typename V::F;
  const std::int64_t shiftRows = smaller(kShiftRows, end - begin);
  const F shiftScale = V::broadcast(1.0f / static_cast<float>(shiftRows));
  const T* x = rowOf<T>(call.x, call.xStride, begin);
  const std::int64_t stride = call.xStride;
  for (std::int64_t c = 0; c < call.channels; ++c) out.sum[c] = out.squares[c] = 0.0;
  forEachVector<V>(call.channels, [&](std::int64_t c, auto lanes) {
    F shift = V::zero();
    for (std::int64_t r = 0; r < shiftRows; ++r) shift += V::load(x + r * stride + c, lanes);
    V::store(out.shift + c, shift * shiftScale, lanes);
  });
  for (std::int64_t block = begin; block < end; block += kBlockRows) {
    const T* first = rowOf<T>(call.x, stride, block);
    const std::int64_t rows = smaller(kBlockRows, end - block);
    forEachTile<V, 4>(call.channels, [&]<int n>(std::int64_t c, auto lanes) {
      F shift[n], sum[n], squares[n];
      for (int i = 0; i < n; ++i) {
        shift[i] = V::load(out.shift + c + i * V::width, lanes);
        sum[i] = squares[i] = V::zero();
      }
      for (std::int64_t r = 0; r < rows; ++r) {
        for (int i = 0; i < n; ++i) {
          const F centred = V::load(first + r * stride + c + i * V::width, lanes) - shift[i];
          sum[i] += centred;
          squares[i] = V::fma(centred, centred, squares[i]);
        }
      }
      for (int i = 0; i < n; ++i) {
        V::addTo(out.sum + c + i * V::width, sum[i], lanes);
        V::addTo(out.squares + c + i * V::width, squares[i], lanes);
      }
    });
  }
}

/// Mean and 1/sqrt(variance + eps) of one row.
template <class V, class T>
[[gnu::always_inline]] inline void rowMoments(const T* x, std::int64_t channels, float eps, float& mean, float& rstd) {
  using F = typename V::F;
  const float share = 1.0f / static_cast<float>(channels);
  F sum = V::zero(), squares = V::zero();
  forEachVector<V>(channels, [&](std::int64_t c, auto lanes) { sum += V::load(x + c, lanes); });
  mean = V::sum(sum) * share;
  const F centre = V::broadcast(mean);
  forEachVector<V>(channels, [&](std::int64_t c, auto lanes) {
    const F centred = V::keep(V::load(x + c, lanes) - centre, lanes);
    squares = V::fma(centred, centred, squares);
  });
  rstd = V::reciprocalSqrt(V::sum(squares) * share + eps);
}

template <class V, class T, bool Ln, bool Bn>
void forwardRows(const PrepBnForward& call, const PrepBnForwardCoefficients& with, std::int64_t begin,
                 std::int64_t end) {
  using F = typename V::F;
  const F alpha = V::broadcast(with.alpha), lnShare = V::broadcast(with.layerNorm);
  const F bnShare = V::broadcast(with.repBn);
  for (std::int64_t r = begin; r < end; ++r) {
    const T* x = rowOf<T>(call.x, call.xStride, r);
    T* y = rowOf<T>(call.y, call.yStride, r);
    F mean = V::zero(), rstd = V::zero();
    if constexpr (Ln) {
      rowMoments<V>(x, call.channels, call.lnEps, call.lnMean[r], call.lnRstd[r]);
      mean = V::broadcast(call.lnMean[r]);
      rstd = V::broadcast(call.lnRstd[r]);
    }
    forEachVector<V>(call.channels, [&](std::int64_t c, auto lanes) {
      const F value = V::load(x + c, lanes);
      F ln = V::zero(), bn = V::zero();
      if constexpr (Ln) {
        ln = V::fma((value - mean) * rstd, V::load(call.lnWeight + c, lanes), V::load(call.lnBias + c, lanes));
      }
      if constexpr (Bn) {
        bn = V::fma(value - V::load(call.bnMean + c, lanes), V::load(with.scale + c, lanes),
                    V::load(call.bnBias + c, lanes));
        bn = V::fma(value, alpha, bn);
      }
      const F both = Ln && Bn ? V::fma(ln, lnShare, bn * bnShare) : Ln ? ln : bn;
      V::store(y + c, both, lanes);
    });
  }
}

template <class V, class T, bool Ln, bool Bn>
void gradientSumsOf(const PrepBnBackward& call, std::int64_t begin, std::int64_t end, const PrepBnGradientSums& out) {
  using F = typename V::F;
  for (std::int64_t c = 0; c < call.channels; ++c) out.dy[c] = out.dyCentred[c] = out.dyLn[c] = 0.0;
  for (std::int64_t block = begin; block < end; block += kBlockRows) {
    const std::int64_t rows = smaller(kBlockRows, end - block);
    const T* firstX = rowOf<T>(call.x, call.xStride, block);
    const T* firstDy = rowOf<T>(call.dy, call.dyStride, block);
    forEachTile<V, V::width == 16 ? 4 : 2>(call.channels, [&]<int n>(std::int64_t c, auto lanes) {
      F dySum[n], centredSum[n], lnSum[n], bnMean[n];
      for (int i = 0; i < n; ++i) {
        dySum[i] = centredSum[i] = lnSum[i] = V::zero();
        bnMean[i] = Bn ? V::load(call.bnMean + c + i * V::width, lanes) : V::zero();
      }
      for (std::int64_t r = 0; r < rows; ++r) {
        const F mean = V::broadcast(Ln ? call.lnMean[block + r] : 0.0f);
        const F rstd = V::broadcast(Ln ? call.lnRstd[block + r] : 0.0f);
        for (int i = 0; i < n; ++i) {
          const F x = V::load(firstX + r * call.xStride + c + i * V::width, lanes);
          const F dy = V::load(firstDy + r * call.dyStride + c + i * V::width, lanes);
          dySum[i] += dy;
          if constexpr (Bn) centredSum[i] = V::fma(dy, x - bnMean[i], centredSum[i]);
          if constexpr (Ln) lnSum[i] = V::fma(dy, (x - mean) * rstd, lnSum[i]);
        }
      }
      for (int i = 0; i < n; ++i) {
        V::addTo(out.dy + c + i * V::width, dySum[i], lanes);
        V::addTo(out.dyCentred + c + i * V::width, centredSum[i], lanes);
        V::addTo(out.dyLn + c + i * V::width, lnSum[i], lanes);
      }
    });
  }
}

template <class V, class T, bool Ln, bool Bn>
void inputGradientRows(const PrepBnBackward& call, const PrepBnBackwardCoefficients& with, std::int64_t begin,
                       std::int64_t end) {
  using F = typename V::F;
  const float share = 1.0f / static_cast<float>(call.channels);
  for (std::int64_t r = begin; r < end; ++r) {
    const T* x = rowOf<T>(call.x, call.xStride, r);
    const T* dy = rowOf<T>(call.dy, call.dyStride, r);
    T* dx = rowOf<T>(call.dx, call.dxStride, r);
    F mean = V::zero(), gain = V::zero(), offset = V::zero(), slope = V::zero();
    if constexpr (Ln) {
      // With h = dy lnWeight and n the normalised row: rstd (h - mean(h) - n mean(h n)).
      const float rstd = call.lnRstd[r];
      mean = V::broadcast(call.lnMean[r]);
      F hSum = V::zero(), hxSum = V::zero();
      forEachVector<V>(call.channels, [&](std::int64_t c, auto lanes) {
        const F h = V::load(dy + c, lanes) * V::load(call.lnWeight + c, lanes);
        hSum += h;
        hxSum = V::fma(h, V::load(x + c, lanes) - mean, hxSum);
      });
      const float scaled = with.layerNorm * rstd;
      gain = V::broadcast(scaled);
      offset = V::broadcast(scaled * (V::sum(hSum) * share));
      slope = V::broadcast(scaled * (V::sum(hxSum) * rstd * share) * rstd);
    }
    forEachVector<V>(call.channels, [&](std::int64_t c, auto lanes) {
      const F value = V::load(x + c, lanes);
      F factor = V::zero(), rest = V::zero();
      if constexpr (Bn) {
        factor = V::load(with.direct + c, lanes);
        rest = V::fma(value - V::load(call.bnMean + c, lanes), V::load(with.slope + c, lanes),
                      V::load(with.constant + c, lanes));
      }
      if constexpr (Ln) {
        factor = V::fma(gain, V::load(call.lnWeight + c, lanes), factor);
        rest += V::fma(value - mean, slope, offset);
      }
      V::store(dx + c, V::fma(V::load(dy + c, lanes), factor, V::zero() - rest), lanes);
    });
  }
}

template <class V, class T>
void affine(const RepBnInference& call, const float* slope, const float* offset, std::int64_t begin, std::int64_t end) {
  for (std::int64_t r = begin; r < end; ++r) {
    const T* x = rowOf<T>(call.x, call.xStride, r);
    T* y = rowOf<T>(call.y, call.yStride, r);
    forEachVector<V>(call.channels, [&](std::int64_t c, auto lanes) {
      V::store(y + c, V::fma(V::load(x + c, lanes), V::load(slope + c, lanes), V::load(offset + c, lanes)), lanes);
    });
  }
}

template <class V, class T>
void forward(const PrepBnForward& call, const PrepBnForwardCoefficients& with, std::int64_t begin, std::int64_t end) {
  switch (call.mode) {
    case PrepBnMode::Mixed: return forwardRows<V, T, true, true>(call, with, begin, end);
    case PrepBnMode::LayerNorm: return forwardRows<V, T, true, false>(call, with, begin, end);
    case PrepBnMode::RepBn: return forwardRows<V, T, false, true>(call, with, begin, end);
  }
}

template <class V, class T>
void gradientSums(const PrepBnBackward& call, std::int64_t begin, std::int64_t end, const PrepBnGradientSums& out) {
  switch (call.mode) {
    case PrepBnMode::Mixed: return gradientSumsOf<V, T, true, true>(call, begin, end, out);
    case PrepBnMode::LayerNorm: return gradientSumsOf<V, T, true, false>(call, begin, end, out);
    case PrepBnMode::RepBn: return gradientSumsOf<V, T, false, true>(call, begin, end, out);
  }
}

template <class V, class T>
void inputGradient(const PrepBnBackward& call, const PrepBnBackwardCoefficients& with, std::int64_t begin,
                   std::int64_t end) {
  switch (call.mode) {
    case PrepBnMode::Mixed: return inputGradientRows<V, T, true, true>(call, with, begin, end);
    case PrepBnMode::LayerNorm: return inputGradientRows<V, T, true, false>(call, with, begin, end);
    case PrepBnMode::RepBn: return inputGradientRows<V, T, false, true>(call, with, begin, end);
  }
}

template <class V, class T>
constexpr PrepBnRows kTable = {statistics<V, T>, forward<V, T>, gradientSums<V, T>, inputGradient<V, T>, affine<V, T>};

}  // namespace slab::kernels::prep_bn_rows
