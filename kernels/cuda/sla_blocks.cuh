#pragma once

#include <cstdint>

#include "kernels/cuda/device.cuh"
#include "kernels/simplified_linear_attention.h"

/// What the device code of simplified linear attention is put together from. T is the storage type, D the head's
/// width rounded up to 32 or 64; buffers in shared memory are float32, columns beyond headDim are zeros.
namespace slab::kernels::cuda::sla {

using device::loadGlobal;
using device::storeGlobal;

/// A block of the matrix kernels is kSide x kSide threads; each holds (D / kSide)^2 elements of a D x D product.
constexpr int kSide = 16;
constexpr int kMatrixThreads = kSide * kSide;
/// Tokens that the matrix kernels stage at a time.
constexpr int kTileTokens = 64;
/// Channels of V or dOut that the map kernels stage at a time, and the pitch that keeps their rows in distinct banks.
constexpr int kSlice = 16;
constexpr int kSlicePitch = 20;
/// Width of the map kernels' tiles.
constexpr int kTileWidth = 16;
constexpr float kEpsilon = 1e-6f;

/// Floats between the rows of a staged token matrix: 16-byte aligned, neighbouring rows in different banks.
template <int D>
constexpr int kPitch = D + 4;

/// Where one head of one image stands.
struct Head {
  std::int64_t batch, head;
};

__device__ inline Head headAt(const SlaShape& shape, std::int64_t index) {
  return {index / shape.heads, index % shape.heads};
}

/// First channel of a head's first token.
template <class T>
__device__ inline const T* headOf(const ConstTokens& tokens, const SlaShape& shape, Head at) {
  return static_cast<const T*>(tokens.data) + at.batch * tokens.batchStride + at.head * shape.headDim;
}

template <class T>
__device__ inline T* headOf(const Tokens& tokens, const SlaShape& shape, Head at) {
  return static_cast<T*>(tokens.data) + at.batch * tokens.batchStride + at.head * shape.headDim;
}

__device__ inline float relu(float value) {
  return value < 0.0f ? 0.0f : value;
}

__device__ inline int threadIndex() {
  return static_cast<int>(threadIdx.y * blockDim.x + threadIdx.x);
}
__device__ inline int threadCount() {
  return static_cast<int>(blockDim.x * blockDim.y);
}

/// N consecutive floats, 16 bytes at a time where N allows.
template <int N>
__device__ inline void readFloats(const float* from, float (&to)[N]) {
  constexpr int kStep = N >= 4 ? 4 : 1;
  for (int i = 0; i < N; i += kStep) {
    const auto pack = loadGlobal<device::Pack<float, kStep>>(from + i);
    for (int j = 0; j < kStep; ++j) to[i + j] = pack.values[j];
  }
}

/// Calls body(row, column) over rows x columns elements in steps of N columns, neighbouring threads along a row.
template <int N, class Body>
__device__ inline void forElements(int rows, int columns, Body body) {
  const int each = columns / N;
  for (int i = threadIndex(); i < rows * each; i += threadCount()) body(i / each, i % each * N);
}

/// Stages `rows` tokens x `columns` channels: to[row * pitch + c] = change(row, c, value). source(row) is the token's
/// first staged channel or null; channels from `inside` on are zeros.
template <class T, int N, class Source, class Change>
__device__ inline void stageWith(float* to, int pitch, int rows, int columns, std::int64_t inside, Source source,
                                 Change change) {
  forElements<N>(rows, columns, [&](int row, int c) {
    const T* from = source(row);
    float values[N] = {};
    if (from != nullptr && c < inside) {
      device::read(from + c, values);
      change(row, c, values);
    }
    for (int i = 0; i < N; ++i) to[row * pitch + c + i] = values[i];
  });
}

/// What is done to values on their way into shared memory; kWidest: elements that one thread should take.
struct Keep {
  static constexpr int kWidest = 8;

  template <int N>
  __device__ void operator()(int, int, float (&)[N]) const {}
};

struct Relu {
  static constexpr int kWidest = 8;

  template <int N>
  __device__ void operator()(int, int, float (&values)[N]) const {
    for (int i = 0; i < N; ++i) values[i] = relu(values[i]);
  }
};

/// ReLU(k + P); positionOf(row) is the token's row of P at the head's first channel.
template <class PositionOf>
struct ReluSum {
  static constexpr int kWidest = 4;  // P is float32: neighbouring threads then read neighbouring 16 bytes
  PositionOf positionOf;

  template <int N>
  __device__ void operator()(int row, int c, float (&values)[N]) const {
    float position[N];
    readFloats<N>(positionOf(row) + c, position);
    for (int i = 0; i < N; ++i) values[i] = relu(values[i] + position[i]);
  }
};

template <class T, class Source, class Change>
__device__ inline void stage(bool wide, float* to, int pitch, int rows, int columns, std::int64_t inside, Source source,
                             Change change) {
  if (wide) {
    constexpr int kElements = device::kWide<T> < Change::kWidest ? device::kWide<T> : Change::kWidest;
    stageWith<T, kElements>(to, pitch, rows, columns, inside, source, change);
  } else {
    stageWith<T, 1>(to, pitch, rows, columns, inside, source, change);
  }
}

/// Writes rows x columns elements: target(row) is the token's first channel or null; value(row, c) the element.
template <class T, int N, class Target, class Value>
__device__ inline void unstageWith(int rows, int columns, std::int64_t inside, Target target, Value value) {
  forElements<N>(rows, columns, [&](int row, int c) {
    T* to = target(row);
    if (to == nullptr || c >= inside) return;
    float values[N];
    for (int i = 0; i < N; ++i) values[i] = value(row, c + i);
    device::write(to + c, values);
  });
}

template <class T, class Target, class Value>
__device__ inline void unstage(bool wide, int rows, int columns, std::int64_t inside, Target target, Value value) {
  if (wide) {
    unstageWith<T, device::kWide<T>>(rows, columns, inside, target, value);
  } else {
    unstageWith<T, 1>(rows, columns, inside, target, value);
  }
}

/// sum (R x C of the block's threads) += a^T b over `depth` rows of a and b; both pitch floats apart.
template <int R, int C>
__device__ inline void addTransposed(float (&sum)[R][C], const float* a, const float* b, int pitch, int depth) {
  for (int p = 0; p < depth; ++p) {
    float left[R], right[C];
    for (int i = 0; i < R; ++i) left[i] = a[p * pitch + static_cast<int>(threadIdx.y) * R + i];
    for (int n = 0; n < C; ++n) right[n] = b[p * pitch + static_cast<int>(threadIdx.x) * C + n];
    for (int i = 0; i < R; ++i) {
      for (int n = 0; n < C; ++n) sum[i][n] += left[i] * right[n];
    }
  }
}

/// sum += a b: rows of a are the block's tokens, `depth` columns; both pitch floats apart.
template <int R, int C>
__device__ inline void addPlain(float (&sum)[R][C], const float* a, const float* b, int pitch, int depth) {
  for (int p = 0; p < depth; ++p) {
    float left[R], right[C];
    for (int i = 0; i < R; ++i) left[i] = a[(static_cast<int>(threadIdx.y) * R + i) * pitch + p];
    for (int n = 0; n < C; ++n) right[n] = b[p * pitch + static_cast<int>(threadIdx.x) * C + n];
    for (int i = 0; i < R; ++i) {
      for (int n = 0; n < C; ++n) sum[i][n] += left[i] * right[n];
    }
  }
}

/// Puts the threads' elements together: to[row * pitch + column].
template <int R, int C>
__device__ inline void putTogether(const float (&sum)[R][C], float* to, int pitch) {
  for (int i = 0; i < R; ++i) {
    for (int n = 0; n < C; ++n) {
      to[(static_cast<int>(threadIdx.y) * R + i) * pitch + static_cast<int>(threadIdx.x) * C + n] = sum[i][n];
    }
  }
}

/// Stages a headDim x headDim matrix from global memory, zeros beyond; transposed on the way if asked for.
template <int D>
__device__ inline void stageSquare(float* to, int pitch, const float* from, std::int64_t headDim, bool transposed) {
  for (int i = threadIndex(); i < D * D; i += threadCount()) {
    const int row = i / D, column = i % D;
    const float value = row < headDim && column < headDim ? loadGlobal<float>(from + row * headDim + column) : 0.0f;
    to[transposed ? column * pitch + row : row * pitch + column] = value;
  }
}

template <int D>
__device__ inline void stageRow(float* to, const float* from, std::int64_t headDim) {
  for (int i = threadIndex(); i < D; i += threadCount()) to[i] = i < headDim ? loadGlobal<float>(from + i) : 0.0f;
}

/// A tile of the map: thread t stands at row t / kTileWidth, column t % kTileWidth.
struct MapTile {
  std::int64_t top, left, height, width, tokens;

  /// Index of the token at a place relative to the tile, or -1 outside the map.
  [[nodiscard]] __device__ std::int64_t token(std::int64_t y, std::int64_t x) const {
    const std::int64_t row = top + y, column = left + x;
    if (row < 0 || row >= height || column < 0 || column >= width) return -1;
    const std::int64_t index = row * width + column;
    return index < tokens ? index : -1;
  }
  [[nodiscard]] __device__ std::int64_t token(int thread) const {
    return token(thread / kTileWidth, thread % kTileWidth);
  }
};

/// The map as the kernels divide it; without a convolution the tokens are laid out kTileWidth wide.
struct Map {
  std::int64_t height, width, tokens, tilesAcross;

  template <int rows>
  [[nodiscard]] __device__ MapTile tile(std::int64_t index) const {
    return {index / tilesAcross * rows, index % tilesAcross * kTileWidth, height, width, tokens};
  }
};

/// Stages one slice of a map with a border of kernel / 2 pixels, row-major, kSlicePitch floats a pixel.
template <class T>
__device__ inline void stageMap(bool wide, float* to, const MapTile& tile, int rows, int border, const T* from,
                                std::int64_t tokenStride, std::int64_t inside) {
  const int across = kTileWidth + 2 * border;
  stage<T>(
      wide, to, kSlicePitch, (rows + 2 * border) * across, kSlice, inside,
      [&](int pixel) -> const T* {
        const std::int64_t token = tile.token(pixel / across - border, pixel % across - border);
        return token < 0 ? nullptr : from + token * tokenStride;
      },
      Keep());
}

/// Stages the taps of one slice of channels as (tap, channel), turned by 180 degrees for the gradient.
__device__ inline void stageTaps(float* to, const float* weight, std::int64_t first, std::int64_t headDim, int kernel,
                                 bool flipped) {
  const int taps = kernel * kernel;
  for (int i = threadIndex(); i < kSlice * taps; i += threadCount()) {
    const int c = i / taps, tap = i % taps;
    const float value = first + c < headDim ? loadGlobal<float>(weight + (first + c) * taps + tap) : 0.0f;
    to[(flipped ? taps - 1 - tap : tap) * kSlice + c] = value;
  }
}

/// sum += the convolution at the thread's token of a staged map.
__device__ inline void convolve(float (&sum)[kSlice], const float* map, const float* taps, int kernel) {
  const int across = kTileWidth + kernel - 1, y = threadIndex() / kTileWidth, x = threadIndex() % kTileWidth;
  for (int ky = 0; ky < kernel; ++ky) {
    for (int kx = 0; kx < kernel; ++kx) {
      const float* pixel = map + ((y + ky) * across + x + kx) * kSlicePitch;
      const float* tap = taps + (ky * kernel + kx) * kSlice;
      for (int i = 0; i < kSlice; ++i) sum[i] += pixel[i] * tap[i];
    }
  }
}

/// sum += row (D) times kSlice columns of a D x D matrix.
template <int D>
__device__ inline void addRowTimes(float (&sum)[kSlice], const float* row, const float* matrix) {
  for (int c = 0; c < D; c += 4) {
    float left[4];
    for (int j = 0; j < 4; ++j) left[j] = row[c + j];
    for (int j = 0; j < 4; ++j) {
      for (int i = 0; i < kSlice; ++i) sum[i] += left[j] * matrix[(c + j) * D + i];
    }
  }
}

}  // namespace slab::kernels::cuda::sla
