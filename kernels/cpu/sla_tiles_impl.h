#pragma once

#include "kernels/cpu/simd/depthwise.h"
#include "kernels/cpu/simd/lanes.h"
#include "kernels/cpu/simd/small_multiply.h"
#include "kernels/cpu/sla_tiles.h"

/// Bodies of SlaTiles as templates over the vector type V and the storage type T. Tiles are copied to float32 buffers
/// on the stack, small enough for the nearest caches.
namespace slab::kernels::sla_tiles {

using simd::forEachVector;
using simd::Left;
using simd::PixelMap;
using simd::Taps;
using simd::Whole;

constexpr float kEpsilon = 1e-6f;
/// Tokens whose products are summed in one go.
constexpr std::int64_t kBlockTokens = 64;
/// Keys that one block of q' k'^T takes.
constexpr std::int64_t kBlockKeys = 32;
constexpr std::int64_t kMaxKernel = 15;
constexpr std::int64_t kMapPixels = (kSlaTileRows + kMaxKernel - 1) * (kSlaTileWidth + kMaxKernel - 1);

static constexpr std::int64_t least(std::int64_t a, std::int64_t b) {
  return a < b ? a : b;
}

/// Tokens of one head: the first token's first channel.
template <class T>
static const T* headOf(const ConstTokens& tokens, const SlaShape& shape, SlaHead at) {
  return static_cast<const T*>(tokens.data) + at.batch * tokens.batchStride + at.head * shape.headDim;
}

template <class T>
static T* headOf(const Tokens& tokens, const SlaShape& shape, SlaHead at) {
  return static_cast<T*>(tokens.data) + at.batch * tokens.batchStride + at.head * shape.headDim;
}

/// A rectangle of the grid, its tokens numbered row by row.
struct Tile {
  std::int64_t top, left, height, width;

  [[nodiscard]] std::int64_t tokens() const { return height * width; }
};

/// Calls body(tile) for the tiles that cover rows [begin, end) of the grid.
template <class V, class Body>
[[gnu::always_inline]] inline void forEachTile(const SlaGrid& grid, std::int64_t begin, std::int64_t end, Body body) {
  for (std::int64_t left = 0; left < grid.width; left += kSlaTileWidth) {
    body(Tile{begin, left, end - begin, least(kSlaTileWidth, grid.width - left)});
  }
}

/// Calls body(index in the tile, index of the token) for the tile's tokens; a grid without a map may end early.
template <class V, class Body>
[[gnu::always_inline]] inline void forEachToken(const SlaGrid& grid, const Tile& tile, Body body) {
  for (std::int64_t y = 0; y < tile.height; ++y) {
    const std::int64_t first = (tile.top + y) * grid.width + tile.left;
    const std::int64_t count = least(tile.width, grid.tokens - first);
    for (std::int64_t x = 0; x < count; ++x) body(y * tile.width + x, first + x);
  }
}

/// Tokens that are fetched ahead of use: one head's channels lie far apart in memory, which the processor does not
/// foresee.
constexpr std::int64_t kFetchAhead = 12;
constexpr std::int64_t kLineBytes = 64;

/// Asks for the channels of a token that will be read soon; it may lie behind the last one.
template <class V, class T>
[[gnu::always_inline]] inline void fetch(const T* token, std::int64_t headDim) {
  for (std::int64_t c = 0; c < headDim; c += kLineBytes / static_cast<std::int64_t>(sizeof(T))) {
    __builtin_prefetch(token + c);
  }
}

template <class V, class T>
[[gnu::always_inline]] inline void copyToken(const T* from, std::int64_t headDim, float* to) {
  forEachVector<V>(headDim, [&](std::int64_t c, auto lanes) { V::store(to + c, V::load(from + c, lanes), lanes); });
}

template <class V, class T>
[[gnu::always_inline]] inline void copyRelu(const T* from, std::int64_t headDim, float* to) {
  forEachVector<V>(headDim,
                   [&](std::int64_t c, auto lanes) { V::store(to + c, V::relu(V::load(from + c, lanes)), lanes); });
}

template <class V, class T>
[[gnu::always_inline]] inline void copyReluSum(const T* from, const float* position, std::int64_t headDim, float* to) {
  forEachVector<V>(headDim, [&](std::int64_t c, auto lanes) {
    V::store(to + c, V::relu(V::load(from + c, lanes) + V::load(position + c, lanes)), lanes);
  });
}

template <class V>
[[gnu::always_inline]] inline float dot(const float* a, const float* b, std::int64_t count) {
  typename V::F sum = V::zero();
  forEachVector<V>(
      count, [&](std::int64_t c, auto lanes) { sum = V::fma(V::load(a + c, lanes), V::load(b + c, lanes), sum); });
  return V::sum(sum);
}

/// to += factor * from
template <class V>
[[gnu::always_inline]] inline void addScaled(float* to, float factor, const float* from, std::int64_t count) {
  const typename V::F scale = V::broadcast(factor);
  forEachVector<V>(count, [&](std::int64_t c, auto lanes) {
    V::store(to + c, V::fma(scale, V::load(from + c, lanes), V::load(to + c, lanes)), lanes);
  });
}

/// Rows of float32 for a product: where they are, or copied where they are stored otherwise.
template <class V>
[[gnu::always_inline]] inline const float* floatRows(const float* from, std::int64_t stride, std::int64_t, std::int64_t,
                                                     float*, std::int64_t& rowStride) {
  rowStride = stride;
  return from;
}
template <class V, class T>
[[gnu::always_inline]] inline const float* floatRows(const T* from, std::int64_t stride, std::int64_t rows,
                                                     std::int64_t headDim, float* buffer, std::int64_t& rowStride) {
  for (std::int64_t r = 0; r < rows; ++r) copyToken<V>(from + r * stride, headDim, buffer + r * headDim);
  rowStride = headDim;
  return buffer;
}

template <class V, class T>
void keyValues(const SlaKeys& in, SlaHead at, std::int64_t begin, std::int64_t end, float* out) {
  alignas(64) float keys[kSlaTileFloats], values[kSlaTileFloats];
  const std::int64_t d = in.shape.headDim, channels = in.shape.heads * d;
  const T* k = headOf<T>(in.k, in.shape, at);
  const T* v = headOf<T>(in.v, in.shape, at);
  const float* position = in.position + at.head * d;
  float* sum = out + d * d;
  for (std::int64_t c = 0; c < d; ++c) sum[c] = 0.0f;
  const std::int64_t block = least(kBlockTokens, kSlaTileFloats / d);
  for (std::int64_t first = begin; first < end; first += block) {
    const std::int64_t count = least(block, end - first);
    for (std::int64_t t = 0; t < count; ++t) {
      fetch<V>(k + (first + t + kFetchAhead) * in.k.tokenStride, d);
      fetch<V>(v + (first + t) * in.v.tokenStride, d);
      copyReluSum<V>(k + (first + t) * in.k.tokenStride, position + (first + t) * channels, d, keys + t * d);
    }
    forEachVector<V>(d, [&](std::int64_t c, auto lanes) {
      typename V::F total = V::load(sum + c, lanes);
      for (std::int64_t t = 0; t < count; ++t) total += V::load(keys + t * d + c, lanes);
      V::store(sum + c, total, lanes);
    });
    std::int64_t valueStride = 0;
    const float* rows = floatRows<V>(v + first * in.v.tokenStride, in.v.tokenStride, count, d, values, valueStride);
    simd::multiply<V, Left::Transposed>(d, d, count, keys, d, rows, valueStride, out, d, first != begin);
  }
}

/// out (tokens x headDim) = q' kv, and scales = 1 / (q' . kSum + eps), by which out is still to be multiplied.
template <class V>
void attendLinear(std::int64_t tokens, std::int64_t d, const float* queries, SlaState state, float* out,
                  float* scales) {
  simd::multiply<V, Left::Plain>(tokens, d, d, queries, d, state.kv, d, out, d, false);
  for (std::int64_t t = 0; t < tokens; ++t) scales[t] = 1.0f / (dot<V>(queries + t * d, state.kSum, d) + kEpsilon);
}

/// The same with q' k'^T first, a block of keys at a time; the rows of q' k'^T add up to the denominators.
template <class V, class T>
void attendQuadratic(const SlaForward& call, SlaHead at, std::int64_t tokens, const float* queries, float* out,
                     float* scales) {
  alignas(64) float keys[kSlaMaxHeadDim * kBlockKeys], values[kSlaMaxHeadDim * kBlockKeys];
  alignas(64) float scores[kSlaTileRows * kSlaTileWidth * kBlockKeys], sums[kSlaTileRows * kSlaTileWidth] = {};
  const std::int64_t d = call.shape.headDim, channels = call.shape.heads * d;
  const T* k = headOf<T>(call.k, call.shape, at);
  const T* v = headOf<T>(call.v, call.shape, at);
  alignas(64) float key[kSlaMaxHeadDim];
  for (std::int64_t first = 0; first < call.shape.keys; first += kBlockKeys) {
    const std::int64_t count = least(kBlockKeys, call.shape.keys - first);
    for (std::int64_t j = 0; j < count; ++j) {
      const float* position = call.position + (first + j) * channels + at.head * d;
      copyReluSum<V>(k + (first + j) * call.k.tokenStride, position, d, key);
      for (std::int64_t c = 0; c < d; ++c) keys[c * kBlockKeys + j] = key[c];
      copyToken<V>(v + (first + j) * call.v.tokenStride, d, values + j * d);
    }
    simd::multiply<V, Left::Plain>(tokens, count, d, queries, d, keys, kBlockKeys, scores, kBlockKeys, false);
    simd::multiply<V, Left::Plain>(tokens, d, count, scores, kBlockKeys, values, d, out, d, first != 0);
    for (std::int64_t t = 0; t < tokens; ++t) {
      for (std::int64_t j = 0; j < count; ++j) sums[t] += scores[t * kBlockKeys + j];
    }
  }
  for (std::int64_t t = 0; t < tokens; ++t) scales[t] = 1.0f / (sums[t] + kEpsilon);
}

/// Copies one vector of channels of the tile and a border of `reach` pixels into the map, zeros beyond the image.
template <class V, class T, class Lanes>
[[gnu::always_inline]] inline void copyPadded(const SlaGrid& grid, const Tile& tile, const T* from,
                                              std::int64_t tokenStride, std::int64_t reach, const PixelMap& map,
                                              Lanes lanes) {
  for (std::int64_t y = -reach; y < tile.height + reach; ++y) {
    const std::int64_t row = tile.top + y;
    for (std::int64_t x = -reach; x < tile.width + reach; ++x) {
      const std::int64_t column = tile.left + x;
      const bool inside = row >= 0 && row < grid.height && column >= 0 && column < grid.width;
      const auto value = inside ? V::load(from + (row * grid.width + column) * tokenStride, lanes) : V::zero();
      V::store(map.at<V>(y + reach, x + reach), value, Whole{});
    }
  }
}

/// Calls body with the side of the filter as a compile-time constant where it is a usual one, else 0.
template <class V, class Body>
[[gnu::always_inline]] inline void withKernel(std::int64_t kernel, Body body) {
  switch (kernel) {
    case 3: return body.template operator()<3>();
    case 5: return body.template operator()<5>();
    case 7: return body.template operator()<7>();
    default: return body.template operator()<0>();
  }
}

/// Calls emit(c, lanes, y, x, sum) with the depthwise convolution of `from` (+ bias) for every pixel of the tile, one
/// vector of channels after the other; flipped for the gradient.
template <class V, class T, class Emit>
[[gnu::always_inline]] inline void convolve(const SlaShape& shape, const SlaGrid& grid, const Tile& tile, const T* from,
                                            std::int64_t tokenStride, const float* taps, const float* bias,
                                            bool flipped, Emit emit) {
  alignas(64) float pixels[kMapPixels * V::width];
  const std::int64_t d = shape.headDim;
  const PixelMap map{pixels, tile.width + shape.kernel - 1};
  forEachVector<V>(d, [&](std::int64_t c, auto lanes) {
    copyPadded<V>(grid, tile, from + c, tokenStride, shape.kernel / 2, map, lanes);
    const auto offset = bias != nullptr ? V::load(bias + c, lanes) : V::zero();
    withKernel<V>(shape.kernel, [&]<int kernel>() {
      simd::convolveTile<V, kernel>(
          map, tile.height, tile.width, Taps{taps + c, d}, static_cast<int>(shape.kernel), flipped, lanes,
          [&](std::int64_t y, std::int64_t x, typename V::F sum) { emit(c, lanes, y, x, sum + offset); });
    });
  });
}

/// Adds the tile's part of the gradients of filter and bias.
template <class V, class T>
void addFilterGradient(const SlaBackward& call, const SlaGrid& grid, const Tile& tile, SlaHead at, double* sums) {
  alignas(64) float gradientPixels[kMapPixels * V::width], valuePixels[kSlaTileRows * kSlaTileWidth * V::width];
  const SlaShape& shape = call.shape;
  const std::int64_t d = shape.headDim, reach = shape.kernel / 2;
  const PixelMap gradients{gradientPixels, tile.width + 2 * reach}, values{valuePixels, tile.width};
  const T* dOut = headOf<T>(call.dOut, shape, at);
  const T* v = headOf<T>(call.v, shape, at);
  forEachVector<V>(d, [&](std::int64_t c, auto lanes) {
    copyPadded<V>(grid, tile, dOut + c, call.dOut.tokenStride, reach, gradients, lanes);
    copyPadded<V>(grid, tile, v + c, call.v.tokenStride, 0, values, lanes);
    withKernel<V>(shape.kernel, [&]<int kernel>() {
      simd::weightGradientTile<V, kernel>(values, gradients, tile.height, tile.width, static_cast<int>(shape.kernel),
                                          sums + c, d, lanes);
    });
    typename V::F bias = V::zero();
    for (std::int64_t y = 0; y < tile.height; ++y) {
      for (std::int64_t x = 0; x < tile.width; ++x) {
        bias += V::load(gradients.at<V>(y + reach, x + reach), Whole{});
      }
    }
    V::addTo(sums + shape.kernel * shape.kernel * d + c, bias, lanes);
  });
}

template <class V, class T>
void forward(const SlaForward& call, const SlaGrid& grid, SlaState state, const float* taps, SlaHead at,
             std::int64_t begin, std::int64_t end) {
  alignas(64) float queries[kSlaTileFloats], result[kSlaTileFloats], scales[kSlaTileRows * kSlaTileWidth];
  const SlaShape& shape = call.shape;
  const std::int64_t d = shape.headDim, stride = call.out.tokenStride;
  const T* q = headOf<T>(call.q, shape, at);
  T* out = headOf<T>(call.out, shape, at);
  forEachTile<V>(grid, begin, end, [&](const Tile& tile) {
    std::int64_t tokens = 0;
    forEachToken<V>(grid, tile, [&](std::int64_t t, std::int64_t token) {
      fetch<V>(q + (token + kFetchAhead) * call.q.tokenStride, d);
      copyRelu<V>(q + token * call.q.tokenStride, d, queries + t * d);
      tokens = t + 1;
    });
    if (state.kv != nullptr) {
      attendLinear<V>(tokens, d, queries, state, result, scales);
    } else {
      attendQuadratic<V, T>(call, at, tokens, queries, result, scales);
    }
    const auto scaled = [&](std::int64_t t, std::int64_t c, typename V::F offset, auto lanes) {
      return V::fma(V::load(result + t * d + c, lanes), V::broadcast(scales[t]), offset);
    };
    if (shape.kernel > 0) {
      convolve<V, T>(shape, grid, tile, headOf<T>(call.v, shape, at), call.v.tokenStride, taps, call.convBias, false,
                     [&](std::int64_t c, auto lanes, std::int64_t y, std::int64_t x, typename V::F sum) {
                       const std::int64_t token = (tile.top + y) * grid.width + tile.left + x;
                       V::store(out + token * stride + c, scaled(y * tile.width + x, c, sum, lanes), lanes);
                     });
      return;
    }
    forEachToken<V>(grid, tile, [&](std::int64_t t, std::int64_t token) {
      forEachVector<V>(d, [&](std::int64_t c, auto lanes) {
        V::store(out + token * stride + c, scaled(t, c, V::zero(), lanes), lanes);
      });
    });
  });
}

template <class V, class T>
void queryGradient(const SlaBackward& call, SlaState state, const float* transposed, SlaHead at, std::int64_t begin,
                   std::int64_t end, float* out) {
  alignas(64) float queries[kSlaTileFloats], gradients[kSlaTileFloats], projected[kSlaTileFloats];
  const std::int64_t d = call.shape.headDim;
  const T* q = headOf<T>(call.q, call.shape, at);
  const T* dOut = headOf<T>(call.dOut, call.shape, at);
  T* dq = headOf<T>(call.dq, call.shape, at);
  float* dSum = out + d * d;
  for (std::int64_t c = 0; c < d; ++c) dSum[c] = 0.0f;
  const std::int64_t block = least(kBlockTokens, kSlaTileFloats / d);
  for (std::int64_t first = begin; first < end; first += block) {
    const std::int64_t count = least(block, end - first);
    for (std::int64_t t = 0; t < count; ++t) {
      copyRelu<V>(q + (first + t) * call.q.tokenStride, d, queries + t * d);
      copyToken<V>(dOut + (first + t) * call.dOut.tokenStride, d, gradients + t * d);
    }
    simd::multiply<V, Left::Plain>(count, d, d, gradients, d, transposed, d, projected, d, false);
    for (std::int64_t t = 0; t < count; ++t) {
      const float* query = queries + t * d;
      const float z = 1.0f / (dot<V>(query, state.kSum, d) + kEpsilon);
      // Through the denominator: -z (o . dOut) = -z^2 (q' . kv dOut).
      const float along = -z * (z * dot<V>(query, projected + t * d, d));
      const auto scale = V::broadcast(z), slope = V::broadcast(along);
      T* to = dq + (first + t) * call.dq.tokenStride;
      forEachVector<V>(d, [&](std::int64_t c, auto lanes) {
        const auto whole = V::fma(scale, V::load(projected + t * d + c, lanes), slope * V::load(state.kSum + c, lanes));
        V::store(to + c, V::wherePositive(V::load(query + c, lanes), whole), lanes);
        V::store(gradients + t * d + c, V::load(gradients + t * d + c, lanes) * scale, lanes);
      });
      addScaled<V>(dSum, along, query, d);
    }
    simd::multiply<V, Left::Transposed>(d, d, count, queries, d, gradients, d, out, d, first != begin);
  }
}

template <class V, class T>
void keyGradient(const SlaBackward& call, const SlaGrid& grid, SlaState gradient, const float* transposed,
                 const float* taps, SlaHead at, std::int64_t begin, std::int64_t end, float* dPosition, bool accumulate,
                 double* filterSums) {
  alignas(64) float keys[kSlaTileFloats], values[kSlaTileFloats], result[kSlaTileFloats];
  const SlaShape& shape = call.shape;
  const std::int64_t d = shape.headDim, channels = shape.heads * d;
  const T* k = headOf<T>(call.k, shape, at);
  const T* v = headOf<T>(call.v, shape, at);
  forEachTile<V>(grid, begin, end, [&](const Tile& tile) {
    std::int64_t tokens = 0;
    forEachToken<V>(grid, tile, [&](std::int64_t t, std::int64_t token) {
      copyReluSum<V>(k + token * call.k.tokenStride, call.position + token * channels + at.head * d, d, keys + t * d);
      copyToken<V>(v + token * call.v.tokenStride, d, values + t * d);
      tokens = t + 1;
    });
    simd::multiply<V, Left::Plain>(tokens, d, d, values, d, transposed, d, result, d, false);
    forEachToken<V>(grid, tile, [&](std::int64_t t, std::int64_t token) {
      T* to = headOf<T>(call.dk, shape, at) + token * call.dk.tokenStride;
      float* position = dPosition != nullptr ? dPosition + token * channels + at.head * d : nullptr;
      forEachVector<V>(d, [&](std::int64_t c, auto lanes) {
        const auto whole = V::load(result + t * d + c, lanes) + V::load(gradient.kSum + c, lanes);
        const auto kept = V::wherePositive(V::load(keys + t * d + c, lanes), whole);
        V::store(to + c, kept, lanes);
        if (position != nullptr) {
          V::store(position + c, accumulate ? V::load(position + c, lanes) + kept : kept, lanes);
        }
      });
    });
    simd::multiply<V, Left::Plain>(tokens, d, d, keys, d, gradient.kv, d, result, d, false);
    T* dv = headOf<T>(call.dv, shape, at);
    if (shape.kernel > 0) {
      convolve<V, T>(shape, grid, tile, headOf<T>(call.dOut, shape, at), call.dOut.tokenStride, taps, nullptr, true,
                     [&](std::int64_t c, auto lanes, std::int64_t y, std::int64_t x, typename V::F sum) {
                       const std::int64_t token = (tile.top + y) * grid.width + tile.left + x;
                       const auto attended = V::load(result + (y * tile.width + x) * d + c, lanes);
                       V::store(dv + token * call.dv.tokenStride + c, attended + sum, lanes);
                     });
      addFilterGradient<V, T>(call, grid, tile, at, filterSums);
      return;
    }
    forEachToken<V>(grid, tile, [&](std::int64_t t, std::int64_t token) {
      forEachVector<V>(d, [&](std::int64_t c, auto lanes) {
        V::store(dv + token * call.dv.tokenStride + c, V::load(result + t * d + c, lanes), lanes);
      });
    });
  });
}

template <class V, class T>
constexpr SlaTiles kTable = {keyValues<V, T>, forward<V, T>, queryGradient<V, T>, keyGradient<V, T>};

}  // namespace slab::kernels::sla_tiles
