#pragma once

#include "kernels/cuda/sla_forward.cuh"

/// Backward device code of simplified linear attention: [keyValues, addPartials ->] queryGradient (q, dOut once; dq)
/// -> addPartials -> keyGradient (k, v once; dk, dP) -> valueGradient (k once, v once, dOut once with the borders of
/// the convolution; dv, the filter) -> addGroups.
namespace slab::kernels::cuda::sla {

template <int D>
constexpr int queryGradientSharedFloats() {
  return (3 * kTileTokens + D) * kPitch<D> + D + 2 * kTileTokens;
}

/// Normalisers and the slopes of the denominators of the staged tokens: four threads a token.
template <int D>
__device__ inline void normalize(const float* queries, const float* projected, const float* kSum, float* z,
                                 float* along) {
  const int token = threadIndex() / 4, part = threadIndex() % 4;
  float denominator = 0.0f, product = 0.0f;
  for (int c = part; c < D; c += 4) {
    denominator += queries[token * kPitch<D> + c] * kSum[c];
    product += queries[token * kPitch<D> + c] * projected[token * kPitch<D> + c];
  }
  for (int mask = 1; mask < 4; mask *= 2) {
    denominator += __shfl_xor_sync(0xffffffffu, denominator, mask);
    product += __shfl_xor_sync(0xffffffffu, product, mask);
  }
  const float scale = 1.0f / (denominator + kEpsilon);
  if (part == 0) z[token] = scale;
  if (part == 0) along[token] = -scale * (scale * product);
}

/// dq of a chunk of queries, and its part of the gradients of kv and of the sum of k'. Grid: heads of all images x
/// chunks.
template <class T, int D>
__global__ void __launch_bounds__(kMatrixThreads)
    queryGradient(SlaBackward call, bool wide, std::int64_t chunkTokens, const float* states, float* out) {
  constexpr int M = D / kSide, R = kTileTokens / kSide, P = kPitch<D>;
  auto* queries = reinterpret_cast<float*>(device::sharedMemory());
  float* gradients = queries + kTileTokens * P;
  float* projected = gradients + kTileTokens * P;
  float* transposed = projected + kTileTokens * P;
  float* kSum = transposed + D * P;
  float* z = kSum + D;
  float* along = z + kTileTokens;
  const SlaShape& shape = call.shape;
  const std::int64_t d = shape.headDim, begin = blockIdx.y * chunkTokens;
  const std::int64_t end = begin + chunkTokens < shape.queries ? begin + chunkTokens : shape.queries;
  const Head at = headAt(shape, blockIdx.x);
  const T* q = headOf<T>(call.q, shape, at);
  const T* dOut = headOf<T>(call.dOut, shape, at);
  T* dq = headOf<T>(call.dq, shape, at);
  stageSquare<D>(transposed, P, states + blockIdx.x * d * (d + 1), d, true);
  stageRow<D>(kSum, states + blockIdx.x * d * (d + 1) + d * d, d);
  float product[M][M] = {}, sum = 0.0f;
  for (std::int64_t first = begin; first < end; first += kTileTokens) {
    stage<T>(
        wide, queries, P, kTileTokens, D, d,
        [&](int row) -> const T* { return first + row < end ? q + (first + row) * call.q.tokenStride : nullptr; },
        Relu());
    stage<T>(
        wide, gradients, P, kTileTokens, D, d,
        [&](int row) -> const T* { return first + row < end ? dOut + (first + row) * call.dOut.tokenStride : nullptr; },
        Keep());
    __syncthreads();
    float tile[R][M] = {};
    addPlain(tile, gradients, transposed, P, D);
    putTogether(tile, projected, P);
    __syncthreads();
    normalize<D>(queries, projected, kSum, z, along);
    __syncthreads();
    unstage<T>(
        wide, kTileTokens, D, d,
        [&](int row) -> T* { return first + row < end ? dq + (first + row) * call.dq.tokenStride : nullptr; },
        [&](int row, int c) {
          const float whole = z[row] * projected[row * P + c] + along[row] * kSum[c];
          return queries[row * P + c] > 0.0f ? whole : 0.0f;
        });
    forElements<1>(kTileTokens, D, [&](int row, int c) { gradients[row * P + c] *= z[row]; });
    __syncthreads();
    addTransposed(product, queries, gradients, P, kTileTokens);
    for (int t = 0; t < kTileTokens && threadIndex() < D; ++t) sum += along[t] * queries[t * P + threadIndex()];
    __syncthreads();
  }
  writeState<D>(product, sum, queries, out + (blockIdx.x * gridDim.y + blockIdx.y) * d * (d + 1), d);
}

/// Tokens that a block of keyGradient takes: as many as its share of dP in shared memory allows.
template <int D>
constexpr int kKeyTokens = D == 32 ? 256 : 128;

template <int D>
constexpr int keyGradientSharedFloats() {
  return (kKeyTokens<D> + 2 * kTileTokens + D) * kPitch<D> + D;
}

/// Images [begin, end) of a group.
struct Group {
  std::int64_t begin, end;
};

__device__ inline Group groupAt(std::int64_t batch, std::int64_t group, std::int64_t groups) {
  return {group * batch / groups, (group + 1) * batch / groups};
}

/// dk of a stretch of keys for the images of a group, and the group's dP. Grid: stretches x heads x groups.
template <class T, int D>
__global__ void __launch_bounds__(kMatrixThreads)
    keyGradient(SlaBackward call, bool wide, const float* stateGradients, float* dPosition) {
  constexpr int M = D / kSide, R = kTileTokens / kSide, P = kPitch<D>;
  auto* position = reinterpret_cast<float*>(device::sharedMemory());
  float* keys = position + kKeyTokens<D> * P;
  float* values = keys + kTileTokens * P;
  float* transposed = values + kTileTokens * P;
  float* dSum = transposed + D * P;
  const SlaShape& shape = call.shape;
  const std::int64_t d = shape.headDim, channels = shape.heads * d, head = blockIdx.y;
  const std::int64_t begin = static_cast<std::int64_t>(blockIdx.x) * kKeyTokens<D>;
  const std::int64_t end = begin + kKeyTokens<D> < shape.keys ? begin + kKeyTokens<D> : shape.keys;
  const Group group = groupAt(shape.batch, blockIdx.z, gridDim.z);
  forElements<1>(kKeyTokens<D>, D, [&](int row, int c) { position[row * P + c] = 0.0f; });
  for (std::int64_t b = group.begin; b < group.end; ++b) {
    const Head at{b, head};
    const float* state = stateGradients + (b * shape.heads + head) * d * (d + 1);
    __syncthreads();
    stageSquare<D>(transposed, P, state, d, true);
    stageRow<D>(dSum, state + d * d, d);
    for (std::int64_t first = begin; first < end; first += kTileTokens) {
      const T* k = headOf<T>(call.k, shape, at);
      const T* v = headOf<T>(call.v, shape, at);
      T* dk = headOf<T>(call.dk, shape, at);
      const auto positionOf = [&](int row) { return call.position + (first + row) * channels + head * d; };
      stage<T>(
          wide, keys, P, kTileTokens, D, d,
          [&](int row) -> const T* { return first + row < end ? k + (first + row) * call.k.tokenStride : nullptr; },
          ReluSum<decltype(positionOf)>{positionOf});
      stage<T>(
          wide, values, P, kTileTokens, D, d,
          [&](int row) -> const T* { return first + row < end ? v + (first + row) * call.v.tokenStride : nullptr; },
          Keep());
      __syncthreads();
      float tile[R][M] = {};
      addPlain(tile, values, transposed, P, D);
      __syncthreads();
      putTogether(tile, values, P);
      __syncthreads();
      float* sums = position + (first - begin) * P;
      forElements<1>(kTileTokens, D, [&](int row, int c) {
        float& value = values[row * P + c];
        value = keys[row * P + c] > 0.0f ? value + dSum[c] : 0.0f;
        sums[row * P + c] += value;
      });
      __syncthreads();
      unstage<T>(
          wide, kTileTokens, D, d,
          [&](int row) -> T* { return first + row < end ? dk + (first + row) * call.dk.tokenStride : nullptr; },
          [&](int row, int c) { return values[row * P + c]; });
      __syncthreads();
    }
  }
  if (dPosition == nullptr) return;
  float* target = dPosition + blockIdx.z * shape.keys * channels + head * d;
  forElements<1>(static_cast<int>(end - begin), D, [&](int row, int c) {
    if (c < d) storeGlobal(target + (begin + row) * channels + c, position[row * P + c]);
  });
}

/// Floats of shared memory that valueGradient needs for a filter of this side.
template <int D, int rows>
constexpr int valueGradientSharedFloats(int kernel) {
  const int border = kernel / 2, threads = rows * kTileWidth;
  return D * D + threads * kPitch<D> + threads * kSlicePitch + kernel * kernel * kSlice +
         (kernel > 0 ? (kernel * kernel + 1) * D : 0) + (rows + 2 * border) * (kTileWidth + 2 * border) * kSlicePitch;
}

/// Adds one tile's part of the filter's gradient (tap, channel) and, behind it, of the bias. A thread owns its sums.
template <int D, int rows>
__device__ inline void addFilterSums(float* sums, const float* gradients, const float* values, int kernel, int first) {
  const int taps = kernel * kernel, across = kTileWidth + kernel - 1, border = kernel / 2;
  for (int i = threadIndex(); i < (taps + 1) * kSlice; i += threadCount()) {
    const int tap = i / kSlice, c = i % kSlice;
    // The input's pixel u meets the gradient of output u - tap + border; the bias meets each gradient once.
    const int shiftY = tap < taps ? 2 * border - tap / kernel : border;
    const int shiftX = tap < taps ? 2 * border - tap % kernel : border;
    float sum = 0.0f;
    for (int y = 0; y < rows; ++y) {
      for (int x = 0; x < kTileWidth; ++x) {
        const float gradient = gradients[((y + shiftY) * across + x + shiftX) * kSlicePitch + c];
        sum += tap < taps ? gradient * values[(y * kTileWidth + x) * kSlicePitch + c] : gradient;
      }
    }
    sums[tap * D + first + c] += sum;
  }
}

/// dv of a tile of the map for the images of a group, and the group's part of the filter's gradient: filter (block,
/// taps + 1, headDim). Grid: tiles x heads x groups.
template <class T, int D, int rows>
__global__ void __launch_bounds__(rows* kTileWidth)
    valueGradient(SlaBackward call, Map map, bool wide, const float* stateGradients, float* filter) {
  constexpr int kThreads = rows * kTileWidth, P = kPitch<D>;
  const SlaShape& shape = call.shape;
  const int kernel = static_cast<int>(shape.kernel), taps = kernel * kernel;
  auto* dKv = reinterpret_cast<float*>(device::sharedMemory());
  float* keys = dKv + D * D;
  float* values = keys + kThreads * P;
  float* weights = values + kThreads * kSlicePitch;
  float* sums = weights + taps * kSlice;
  float* gradients = sums + (kernel > 0 ? (taps + 1) * D : 0);
  const MapTile tile = map.tile<rows>(blockIdx.x);
  const std::int64_t d = shape.headDim, channels = shape.heads * d, head = blockIdx.y;
  const Group group = groupAt(shape.batch, blockIdx.z, gridDim.z);
  for (int i = threadIndex(); kernel > 0 && i < (taps + 1) * D; i += kThreads) sums[i] = 0.0f;
  for (std::int64_t b = group.begin; b < group.end; ++b) {
    const Head at{b, head};
    const T* k = headOf<T>(call.k, shape, at);
    const T* v = headOf<T>(call.v, shape, at);
    const T* dOut = headOf<T>(call.dOut, shape, at);
    T* dv = headOf<T>(call.dv, shape, at);
    stageSquare<D>(dKv, D, stateGradients + (b * shape.heads + head) * d * (d + 1), d, false);
    const auto positionOf = [&](int row) { return call.position + tile.token(row) * channels + head * d; };
    stage<T>(
        wide, keys, P, kThreads, D, d,
        [&](int row) -> const T* {
          const std::int64_t token = tile.token(row);
          return token < 0 ? nullptr : k + token * call.k.tokenStride;
        },
        ReluSum<decltype(positionOf)>{positionOf});
    for (int first = 0; first < d; first += kSlice) {
      if (kernel > 0) {
        stageMap<T>(wide, gradients, tile, rows, kernel / 2, dOut + first, call.dOut.tokenStride, d - first);
        stageMap<T>(wide, values, tile, rows, 0, v + first, call.v.tokenStride, d - first);
        stageTaps(weights, call.convWeight, first, d, kernel, true);
      }
      __syncthreads();
      float sum[kSlice] = {};
      addRowTimes<D>(sum, keys + threadIndex() * P, dKv + first);
      convolve(sum, gradients, weights, kernel);
      if (kernel > 0) addFilterSums<D, rows>(sums, gradients, values, kernel, first);
      __syncthreads();
      for (int i = 0; i < kSlice; ++i) values[threadIndex() * kSlicePitch + i] = sum[i];
      __syncthreads();
      unstage<T>(
          wide, kThreads, kSlice, d - first,
          [&](int row) -> T* {
            const std::int64_t token = tile.token(row);
            return token < 0 ? nullptr : dv + token * call.dv.tokenStride + first;
          },
          [&](int row, int c) { return values[row * kSlicePitch + c]; });
      __syncthreads();
    }
  }
  if (kernel == 0) return;
  float* target = filter + ((blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x) * (taps + 1) * d;
  for (int i = threadIndex(); i < (taps + 1) * d; i += kThreads) storeGlobal(target + i, sums[i / d * D + i % d]);
}

/// Sums of `count` values over `parts` partial results. Grid: count / kMatrixThreads.
__global__ void __launch_bounds__(kMatrixThreads)
    addGroups(const float* partial, std::int64_t parts, std::int64_t count, float* total) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * kMatrixThreads + threadIdx.x;
  if (i >= count) return;
  double sum = 0.0;
  for (std::int64_t part = 0; part < parts; ++part) {
    sum += static_cast<double>(loadGlobal<float>(partial + part * count + i));
  }
  storeGlobal(total + i, static_cast<float>(sum));
}

/// Sums of the filter's gradient over the blocks, turned to (headDim, 1, kernel, kernel), and of the bias's. Grid:
/// (taps + 1) headDim / kMatrixThreads. With no parts the gradients become zero.
__global__ void __launch_bounds__(kMatrixThreads)
    finishFilter(SlaBackward call, const float* partial, std::int64_t parts) {
  const std::int64_t d = call.shape.headDim, taps = call.shape.kernel * call.shape.kernel;
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * kMatrixThreads + threadIdx.x;
  if (i >= (taps + 1) * d) return;
  double sum = 0.0;
  for (std::int64_t part = 0; part < parts; ++part) {
    sum += static_cast<double>(loadGlobal<float>(partial + part * (taps + 1) * d + i));
  }
  const std::int64_t tap = i / d, c = i % d;
  float* target = tap == taps ? call.dConvBias : call.dConvWeight;
  if (target != nullptr) storeGlobal(target + (tap == taps ? c : c * taps + tap), static_cast<float>(sum));
}

}  // namespace slab::kernels::cuda::sla
