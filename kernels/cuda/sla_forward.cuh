#pragma once

#include "kernels/cuda/sla_blocks.cuh"

/// Forward device code of simplified linear attention: keyValues (k and v once) -> addPartials -> attend (q once, v
/// once with the borders of the convolution, the output once). On a GPU sum_j k'_j^T v_j always comes first.
namespace slab::kernels::cuda::sla {

/// What the sums over keys read, forward and backward.
struct Keys {
  SlaShape shape;
  ConstTokens k, v;
  const float* position;
};

/// Writes a D x D product and a row of sums as headDim x headDim and headDim floats. `buffer`: D x D floats.
template <int D, int M>
__device__ inline void writeState(const float (&product)[M][M], float rowSum, float* buffer, float* out,
                                  std::int64_t headDim) {
  putTogether(product, buffer, D);
  __syncthreads();
  for (int i = threadIndex(); i < headDim * headDim; i += threadCount()) {
    storeGlobal(out + i, buffer[i / headDim * D + i % headDim]);
  }
  if (threadIndex() < headDim) storeGlobal(out + headDim * headDim + threadIndex(), rowSum);
}

/// kv and the sum of k' over a chunk of keys. Grid: heads of all images x chunks. Shared: 2 kTileTokens kPitch floats.
template <class T, int D>
__global__ void __launch_bounds__(kMatrixThreads) keyValues(Keys in, bool wide, std::int64_t chunkTokens, float* out) {
  constexpr int M = D / kSide;
  auto* keys = reinterpret_cast<float*>(device::sharedMemory());
  float* values = keys + kTileTokens * kPitch<D>;
  const SlaShape& shape = in.shape;
  const Head at = headAt(shape, blockIdx.x);
  const T* k = headOf<T>(in.k, shape, at);
  const T* v = headOf<T>(in.v, shape, at);
  const float* position = in.position + at.head * shape.headDim;
  const std::int64_t channels = shape.heads * shape.headDim, begin = blockIdx.y * chunkTokens;
  const std::int64_t end = begin + chunkTokens < shape.keys ? begin + chunkTokens : shape.keys;
  float product[M][M] = {}, sum = 0.0f;
  for (std::int64_t first = begin; first < end; first += kTileTokens) {
    const auto positionOf = [&](int row) { return position + (first + row) * channels; };
    stage<T>(
        wide, keys, kPitch<D>, kTileTokens, D, shape.headDim,
        [&](int row) -> const T* { return first + row < end ? k + (first + row) * in.k.tokenStride : nullptr; },
        ReluSum<decltype(positionOf)>{positionOf});
    stage<T>(
        wide, values, kPitch<D>, kTileTokens, D, shape.headDim,
        [&](int row) -> const T* { return first + row < end ? v + (first + row) * in.v.tokenStride : nullptr; },
        Keep());
    __syncthreads();
    addTransposed(product, keys, values, kPitch<D>, kTileTokens);
    for (int t = 0; t < kTileTokens && threadIndex() < D; ++t) sum += keys[t * kPitch<D> + threadIndex()];
    __syncthreads();
  }
  const std::int64_t floats = shape.headDim * (shape.headDim + 1);
  writeState<D>(product, sum, keys, out + (blockIdx.x * gridDim.y + blockIdx.y) * floats, shape.headDim);
}

/// total = the chunks added up. Grid: heads of all images.
__global__ void __launch_bounds__(kMatrixThreads)
    addPartials(const float* partial, std::int64_t chunks, std::int64_t floats, float* total) {
  for (std::int64_t i = threadIdx.x; i < floats; i += kMatrixThreads) {
    double sum = 0.0;
    for (std::int64_t chunk = 0; chunk < chunks; ++chunk) {
      sum += static_cast<double>(loadGlobal<float>(partial + (blockIdx.x * chunks + chunk) * floats + i));
    }
    storeGlobal(total + blockIdx.x * floats + i, static_cast<float>(sum));
  }
}

/// Floats of shared memory that attend needs for a filter of this side.
template <int D, int rows>
constexpr int attendSharedFloats(int kernel) {
  const int border = kernel / 2;
  return D * D + D + rows * kTileWidth * kPitch<D> + kernel * kernel * kSlice +
         (rows + 2 * border) * (kTileWidth + 2 * border) * kSlicePitch;
}

/// The output of a tile of the map, a thread a token, a slice of channels at a time. Grid: tiles x heads of all images.
template <class T, int D, int rows>
__global__ void __launch_bounds__(rows* kTileWidth) attend(SlaForward call, Map map, bool wide, const float* states) {
  constexpr int kThreads = rows * kTileWidth;
  const SlaShape& shape = call.shape;
  const int kernel = static_cast<int>(shape.kernel);
  auto* kv = reinterpret_cast<float*>(device::sharedMemory());
  float* kSum = kv + D * D;
  float* queries = kSum + D;
  float* taps = queries + kThreads * kPitch<D>;
  float* slice = taps + kernel * kernel * kSlice;
  const MapTile tile = map.tile<rows>(blockIdx.x);
  const Head at = headAt(shape, blockIdx.y);
  const T* q = headOf<T>(call.q, shape, at);
  const T* v = headOf<T>(call.v, shape, at);
  T* out = headOf<T>(call.out, shape, at);
  const float* state = states + blockIdx.y * shape.headDim * (shape.headDim + 1);
  stageSquare<D>(kv, D, state, shape.headDim, false);
  stageRow<D>(kSum, state + shape.headDim * shape.headDim, shape.headDim);
  stage<T>(
      wide, queries, kPitch<D>, kThreads, D, shape.headDim,
      [&](int row) -> const T* {
        const std::int64_t token = tile.token(row);
        return token < 0 ? nullptr : q + token * call.q.tokenStride;
      },
      Relu());
  __syncthreads();
  const float* query = queries + threadIndex() * kPitch<D>;
  float denominator = kEpsilon;
  for (int c = 0; c < D; ++c) denominator += query[c] * kSum[c];
  const float z = 1.0f / denominator;
  for (int first = 0; first < shape.headDim; first += kSlice) {
    const std::int64_t inside = shape.headDim - first;
    if (kernel > 0) {
      stageMap<T>(wide, slice, tile, rows, kernel / 2, v + first, call.v.tokenStride, inside);
      stageTaps(taps, call.convWeight, first, shape.headDim, kernel, false);
      __syncthreads();
    }
    float sum[kSlice] = {};
    addRowTimes<D>(sum, query, kv + first);
    for (int i = 0; i < kSlice; ++i) {
      const bool biased = kernel > 0 && i < inside;
      sum[i] = z * sum[i] + (biased ? loadGlobal<float>(call.convBias + first + i) : 0.0f);
    }
    convolve(sum, slice, taps, kernel);
    __syncthreads();
    for (int i = 0; i < kSlice; ++i) slice[threadIndex() * kSlicePitch + i] = sum[i];
    __syncthreads();
    unstage<T>(
        wide, kThreads, kSlice, inside,
        [&](int row) -> T* {
          const std::int64_t token = tile.token(row);
          return token < 0 ? nullptr : out + token * call.out.tokenStride + first;
        },
        [&](int row, int c) { return slice[row * kSlicePitch + c]; });
    __syncthreads();
  }
}

}  // namespace slab::kernels::cuda::sla
