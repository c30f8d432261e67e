#pragma once

#include <cstdint>

#include "kernels/cuda/device.cuh"
#include "kernels/prep_bn.h"

/// Device code of prep_bn: T is the storage type, N the elements of one access.
///
/// Forward: statistics (x once) -> finishStatistics -> output (x once, y once; LN's moments on the way).
/// Backward: gradientSums (x, dy once) -> finishGradients -> inputGradient (x, dy once, dx once).
namespace slab::kernels::cuda::prep_bn {

using device::kWarp;
using device::loadGlobal;
using device::storeGlobal;

/// Rows of threads in the reduction kernels: a block is kWarp x kLanesY threads.
constexpr int kLanesY = 8;
/// Warps of a block in the output kernels, and the rows they take together.
constexpr int kOutputWarps = 8;
constexpr int kOutputRows = 128;
/// Per-channel arrays that the output kernels keep in shared memory.
constexpr int kChannelArrays = 5;

__device__ inline float lambdaOf(float lambda, const float* pointer) {
  return pointer != nullptr ? loadGlobal<float>(pointer) : lambda;
}

/// Weights of the branches: x of LN, y of BN(x) + alpha x.
struct Weights {
  float layerNorm, repBn;
};

__device__ inline Weights weightsOf(PrepBnMode mode, float lambda, const float* pointer) {
  if (mode == PrepBnMode::LayerNorm) return {1.0f, 0.0f};
  if (mode == PrepBnMode::RepBn) return {0.0f, 1.0f};
  const float value = lambdaOf(lambda, pointer);
  return {value, 1.0f - value};
}

/// Count, mean and sum of squared deviations; join is Chan, Golub, LeVeque 1979.
struct Moments {
  double count = 0.0, mean = 0.0, deviations = 0.0;

  __device__ void join(double otherCount, double otherMean, double otherDeviations) {
    if (otherCount == 0.0) return;
    const double total = count + otherCount, delta = otherMean - mean;
    mean += delta * otherCount / total;
    deviations += otherDeviations + delta * delta * count * otherCount / total;
    count = total;
  }
};

/// Rows that thread row y of a block sees among `rows`.
__device__ inline std::int64_t rowsOfLane(std::int64_t rows, int y) {
  return (rows - y + kLanesY - 1) / kLanesY;
}

/// Means and squared deviations of a chunk of rows: means, deviations (chunk, channels). Grid: channel tiles x chunks.
/// Shared: 2 kLanesY kWarp N doubles.
template <class T, int N>
__global__ void __launch_bounds__(kWarp* kLanesY)
    statistics(PrepBnForward call, std::int64_t chunkRows, double* means, double* deviations) {
  auto* sharedMeans = reinterpret_cast<double*>(device::sharedMemory());
  double* sharedDeviations = sharedMeans + kLanesY * kWarp * N;
  const int lane = static_cast<int>(threadIdx.x), y = static_cast<int>(threadIdx.y);
  const std::int64_t tile = static_cast<std::int64_t>(blockIdx.x) * kWarp * N, c = tile + lane * N;
  const std::int64_t begin = blockIdx.y * chunkRows;
  const std::int64_t rows = call.rows - begin < chunkRows ? call.rows - begin : chunkRows;
  float shift[N] = {}, sum[N] = {}, squares[N] = {};
  if (c < call.channels) {
    for (std::int64_t r = y; r < rows; r += kLanesY) {
      float x[N];
      device::read(static_cast<const T*>(call.x) + (begin + r) * call.xStride + c, x);
      for (int i = 0; i < N; ++i) {
        // The thread's first row as a shift keeps the squares small.
        if (r == y) shift[i] = x[i];
        const float centred = x[i] - shift[i];
        sum[i] += centred;
        squares[i] += centred * centred;
      }
    }
  }
  const auto count = static_cast<double>(rowsOfLane(rows, y));
  for (int i = 0; i < N; ++i) {
    const double offset = count > 0.0 ? sum[i] / count : 0.0;
    sharedMeans[y * kWarp * N + lane * N + i] = shift[i] + offset;
    sharedDeviations[y * kWarp * N + lane * N + i] = squares[i] - sum[i] * offset;
  }
  __syncthreads();
  for (int i = y * kWarp + lane; i < kWarp * N && tile + i < call.channels; i += kWarp * kLanesY) {
    Moments all;
    for (int row = 0; row < kLanesY; ++row) {
      all.join(static_cast<double>(rowsOfLane(rows, row)), sharedMeans[row * kWarp * N + i],
               sharedDeviations[row * kWarp * N + i]);
    }
    storeGlobal(means + blockIdx.y * call.channels + tile + i, all.mean);
    storeGlobal(deviations + blockIdx.y * call.channels + tile + i, all.deviations);
  }
}

/// Joins the chunks; writes bnMean, bnRstd and the running statistics. Grid: channels / kWarp. Shared: 3 kLanesY kWarp
/// doubles.
__global__ void __launch_bounds__(kWarp* kLanesY)
    finishStatistics(PrepBnForward call, std::int64_t chunkRows, std::int64_t chunks, const double* means,
                     const double* deviations) {
  auto* shared = reinterpret_cast<Moments*>(device::sharedMemory());
  const int lane = static_cast<int>(threadIdx.x), y = static_cast<int>(threadIdx.y);
  const std::int64_t c = static_cast<std::int64_t>(blockIdx.x) * kWarp + lane;
  Moments mine;
  if (c < call.channels) {
    for (std::int64_t chunk = y; chunk < chunks; chunk += kLanesY) {
      const std::int64_t left = call.rows - chunk * chunkRows;
      mine.join(static_cast<double>(left < chunkRows ? left : chunkRows),
                loadGlobal<double>(means + chunk * call.channels + c),
                loadGlobal<double>(deviations + chunk * call.channels + c));
    }
  }
  shared[y * kWarp + lane] = mine;
  __syncthreads();
  if (y != 0 || c >= call.channels) return;
  Moments all;
  for (int row = 0; row < kLanesY; ++row) {
    const Moments& other = shared[row * kWarp + lane];
    all.join(other.count, other.mean, other.deviations);
  }
  // A NaN must stay one: no maximum that would swallow it.
  const double variance = all.deviations < 0.0 ? 0.0 : all.deviations / all.count;
  storeGlobal(call.bnMean + c, static_cast<float>(all.mean));
  storeGlobal(call.bnRstd + c, static_cast<float>(1.0 / sqrt(variance + static_cast<double>(call.bnEps))));
  if (call.runningMean == nullptr) return;
  const double momentum = call.momentum, kept = 1.0 - momentum;
  const double oldMean = loadGlobal<float>(call.runningMean + c), oldVar = loadGlobal<float>(call.runningVar + c);
  const double unbiased = variance * all.count / (all.count - 1.0);
  storeGlobal(call.runningMean + c, static_cast<float>(kept * oldMean + momentum * all.mean));
  storeGlobal(call.runningVar + c, static_cast<float>(kept * oldVar + momentum * unbiased));
}

/// A warp's row: kept in registers where K vectors a lane hold it (K > 0), else read again at each use.
template <class T, int N, int K>
class Row {
 public:
  __device__ Row(const void* data, std::int64_t stride, std::int64_t row, std::int64_t channels, int lane)
      : from_(static_cast<const T*>(data) + row * stride), channels_(channels), lane_(lane) {
    if constexpr (K > 0) {
#pragma unroll
      for (int k = 0; k < K; ++k) {
        if (inside(k)) kept_[k] = loadGlobal<Pack>(from_ + channel(k));
      }
    }
  }

  __device__ static int steps(std::int64_t channels) {
    return K > 0 ? K : static_cast<int>((channels + kWarp * N - 1) / (kWarp * N));
  }
  [[nodiscard]] __device__ std::int64_t channel(int k) const {
    return static_cast<std::int64_t>(k * kWarp + lane_) * N;
  }
  [[nodiscard]] __device__ bool inside(int k) const {
    return channel(k) < channels_;
  }

  __device__ void get(int k, float (&values)[N]) const {
    if constexpr (K > 0) {
      for (int i = 0; i < N; ++i) values[i] = device::widen(kept_[k].values[i]);
    } else {
      device::read(from_ + channel(k), values);
    }
  }

 private:
  using Pack = device::Pack<T, N>;

  const T* from_;
  std::int64_t channels_;
  int lane_;
  Pack kept_[K > 0 ? K : 1] = {};
};

/// Copies `count` floats from global to shared memory with the whole block; null copies zeros.
__device__ inline void stage(float* to, const float* from, std::int64_t count) {
  for (std::int64_t i = threadIdx.x; i < count; i += kWarp * kOutputWarps) {
    to[i] = from != nullptr ? loadGlobal<float>(from + i) : 0.0f;
  }
}

/// Mean and 1/sqrt(variance + eps) of a warp's row.
template <class T, int N, int K>
__device__ inline void rowMoments(const Row<T, N, K>& row, const PrepBnForward& call, float& mean, float& rstd) {
  const int steps = Row<T, N, K>::steps(call.channels);
  const auto share = static_cast<float>(call.channels);
  float sum = 0.0f, squares = 0.0f;
#pragma unroll
  for (int k = 0; k < steps; ++k) {
    if (!row.inside(k)) continue;
    float x[N];
    row.get(k, x);
    for (int i = 0; i < N; ++i) sum += x[i];
  }
  mean = device::warpSum(sum) / share;
#pragma unroll
  for (int k = 0; k < steps; ++k) {
    if (!row.inside(k)) continue;
    float x[N];
    row.get(k, x);
    for (int i = 0; i < N; ++i) squares += (x[i] - mean) * (x[i] - mean);
  }
  rstd = 1.0f / sqrtf(device::warpSum(squares) / share + call.lnEps);
}

/// y, and LN's moments of every row. Grid: rows / kOutputRows. Shared: kChannelArrays channels floats.
template <class T, int N, int K>
__global__ void __launch_bounds__(kWarp* kOutputWarps) output(PrepBnForward call) {
  auto* lnWeight = reinterpret_cast<float*>(device::sharedMemory());
  float* lnBias = lnWeight + call.channels;
  float* bnMean = lnBias + call.channels;
  float* bnScale = bnMean + call.channels;
  float* bnBias = bnScale + call.channels;
  const bool hasLn = call.mode != PrepBnMode::RepBn, hasBn = call.mode != PrepBnMode::LayerNorm;
  stage(lnWeight, hasLn ? call.lnWeight : nullptr, call.channels);
  stage(lnBias, hasLn ? call.lnBias : nullptr, call.channels);
  stage(bnMean, hasBn ? call.bnMean : nullptr, call.channels);
  stage(bnBias, hasBn ? call.bnBias : nullptr, call.channels);
  for (std::int64_t i = threadIdx.x; i < call.channels; i += kWarp * kOutputWarps) {
    bnScale[i] = hasBn ? loadGlobal<float>(call.bnWeight + i) * loadGlobal<float>(call.bnRstd + i) : 0.0f;
  }
  const Weights weights = weightsOf(call.mode, call.lambda, call.lambdaPointer);
  const float alpha = hasBn ? loadGlobal<float>(call.alpha) : 0.0f;
  __syncthreads();
  const int lane = static_cast<int>(threadIdx.x) % kWarp, warp = static_cast<int>(threadIdx.x) / kWarp;
  const std::int64_t first = static_cast<std::int64_t>(blockIdx.x) * kOutputRows;
  for (std::int64_t r = first + warp; r < first + kOutputRows && r < call.rows; r += kOutputWarps) {
    const Row<T, N, K> row(call.x, call.xStride, r, call.channels, lane);
    float mean = 0.0f, rstd = 0.0f;
    if (hasLn) {
      rowMoments(row, call, mean, rstd);
      if (lane == 0) storeGlobal(call.lnMean + r, mean);
      if (lane == 0) storeGlobal(call.lnRstd + r, rstd);
    }
#pragma unroll
    for (int k = 0; k < (Row<T, N, K>::steps(call.channels)); ++k) {
      if (!row.inside(k)) continue;
      const std::int64_t c = row.channel(k);
      float x[N], y[N];
      row.get(k, x);
      for (int i = 0; i < N; ++i) {
        const float ln = (x[i] - mean) * rstd * lnWeight[c + i] + lnBias[c + i];
        const float bn = (x[i] - bnMean[c + i]) * bnScale[c + i] + bnBias[c + i] + alpha * x[i];
        y[i] = hasLn && hasBn ? weights.layerNorm * ln + weights.repBn * bn : hasLn ? ln : bn;
      }
      device::write(static_cast<T*>(call.y) + r * call.yStride + c, y);
    }
  }
}

/// Sums over a chunk of rows of dy, dy (x - bnMean) and dy (x - lnMean) lnRstd: sums (chunk, 3, channels). Grid:
/// channel tiles x chunks. Shared: (3 kLanesY + 1) kWarp N floats.
template <class T, int N>
__global__ void __launch_bounds__(kWarp* kLanesY)
    gradientSums(PrepBnBackward call, std::int64_t chunkRows, double* sums) {
  auto* shared = reinterpret_cast<float*>(device::sharedMemory());
  const int lane = static_cast<int>(threadIdx.x), y = static_cast<int>(threadIdx.y);
  const bool hasLn = call.mode != PrepBnMode::RepBn, hasBn = call.mode != PrepBnMode::LayerNorm;
  const std::int64_t tile = static_cast<std::int64_t>(blockIdx.x) * kWarp * N, c = tile + lane * N;
  const std::int64_t begin = blockIdx.y * chunkRows;
  const std::int64_t rows = call.rows - begin < chunkRows ? call.rows - begin : chunkRows;
  const int width = kWarp * N, plane = kLanesY * width;
  float* means = shared + 3 * plane;
  for (int i = y * kWarp + lane; i < width; i += kWarp * kLanesY) {
    means[i] = hasBn && tile + i < call.channels ? loadGlobal<float>(call.bnMean + tile + i) : 0.0f;
  }
  __syncthreads();
  float dySum[N] = {}, centredSum[N] = {}, lnSum[N] = {}, bnMean[N];
  for (int i = 0; i < N; ++i) bnMean[i] = means[lane * N + i];
  if (c < call.channels) {
    for (std::int64_t r = begin + y; r < begin + rows; r += kLanesY) {
      const float mean = hasLn ? loadGlobal<float>(call.lnMean + r) : 0.0f;
      const float rstd = hasLn ? loadGlobal<float>(call.lnRstd + r) : 0.0f;
      float x[N], dy[N];
      device::read(static_cast<const T*>(call.x) + r * call.xStride + c, x);
      device::read(static_cast<const T*>(call.dy) + r * call.dyStride + c, dy);
      for (int i = 0; i < N; ++i) {
        dySum[i] += dy[i];
        centredSum[i] += dy[i] * (x[i] - bnMean[i]);
        lnSum[i] += dy[i] * ((x[i] - mean) * rstd);
      }
    }
  }
  for (int i = 0; i < N; ++i) {
    shared[y * width + lane * N + i] = dySum[i];
    shared[plane + y * width + lane * N + i] = centredSum[i];
    shared[2 * plane + y * width + lane * N + i] = lnSum[i];
  }
  __syncthreads();
  for (int i = y * kWarp + lane; i < width && tile + i < call.channels; i += kWarp * kLanesY) {
    for (int kind = 0; kind < 3; ++kind) {
      double sum = 0.0;
      for (int row = 0; row < kLanesY; ++row) sum += static_cast<double>(shared[kind * plane + row * width + i]);
      storeGlobal(sums + (blockIdx.y * 3 + kind) * call.channels + tile + i, sum);
    }
  }
}

/// Per-channel coefficients of the output pass, and each channel's part of the gradient of alpha.
struct Coefficients {
  float* direct;
  float* constant;
  float* slope;
  double* alphaTerms;
};

/// Parameter gradients of one channel from its sums over all rows.
__device__ inline void finishChannel(const PrepBnBackward& call, const Coefficients& out, const double (&total)[3],
                                     std::int64_t c) {
  const Weights weights = weightsOf(call.mode, call.lambda, call.lambdaPointer);
  if (call.mode != PrepBnMode::RepBn) {
    if (call.dLnWeight != nullptr) storeGlobal(call.dLnWeight + c, static_cast<float>(weights.layerNorm * total[2]));
    if (call.dLnBias != nullptr) storeGlobal(call.dLnBias + c, static_cast<float>(weights.layerNorm * total[0]));
  }
  if (call.mode == PrepBnMode::LayerNorm) return;
  const bool empty = call.rows == 0;
  const double share = weights.repBn, n = empty ? 1.0 : static_cast<double>(call.rows);
  const double rstd = empty ? 0.0 : loadGlobal<float>(call.bnRstd + c);
  const double mean = empty ? 0.0 : loadGlobal<float>(call.bnMean + c);
  if (call.dBnWeight != nullptr) storeGlobal(call.dBnWeight + c, static_cast<float>(share * total[1] * rstd));
  if (call.dBnBias != nullptr) storeGlobal(call.dBnBias + c, static_cast<float>(share * total[0]));
  storeGlobal(out.alphaTerms + c, share * (total[1] + total[0] * mean));
  if (empty) return;
  const double gain = share * loadGlobal<float>(call.bnWeight + c) * rstd;
  storeGlobal(out.direct + c, static_cast<float>(gain + share * loadGlobal<float>(call.alpha)));
  storeGlobal(out.constant + c, static_cast<float>(gain * total[0] / n));
  storeGlobal(out.slope + c, static_cast<float>(gain * rstd * rstd * total[1] / n));
}

/// Adds the chunks up. Grid: channels / kWarp. Shared: 3 kLanesY kWarp doubles.
__global__ void __launch_bounds__(kWarp* kLanesY)
    finishGradients(PrepBnBackward call, std::int64_t chunks, const double* sums, Coefficients out) {
  auto* shared = reinterpret_cast<double*>(device::sharedMemory());
  const int lane = static_cast<int>(threadIdx.x), y = static_cast<int>(threadIdx.y);
  const std::int64_t c = static_cast<std::int64_t>(blockIdx.x) * kWarp + lane;
  for (int kind = 0; kind < 3; ++kind) {
    double sum = 0.0;
    for (std::int64_t chunk = y; chunk < chunks && c < call.channels; chunk += kLanesY) {
      sum += loadGlobal<double>(sums + (chunk * 3 + kind) * call.channels + c);
    }
    shared[(kind * kLanesY + y) * kWarp + lane] = sum;
  }
  __syncthreads();
  if (y != 0 || c >= call.channels) return;
  double total[3] = {};
  for (int kind = 0; kind < 3; ++kind) {
    for (int row = 0; row < kLanesY; ++row) total[kind] += shared[(kind * kLanesY + row) * kWarp + lane];
  }
  finishChannel(call, out, total, c);
}

/// The gradient of alpha, by one warp.
__device__ inline void sumAlpha(const PrepBnBackward& call, const double* terms, int lane) {
  double sum = 0.0;
  for (std::int64_t c = lane; c < call.channels; c += kWarp) sum += loadGlobal<double>(terms + c);
  sum = device::warpSum(sum);
  if (lane == 0) storeGlobal(call.dAlpha, static_cast<float>(sum));
}

/// What LN contributes to a row of dx: gain dy lnWeight - offset - (x - mean) slope.
struct RowGradient {
  float mean = 0.0f, gain = 0.0f, offset = 0.0f, slope = 0.0f;
};

template <class T, int N, int K>
__device__ inline RowGradient rowGradient(const PrepBnBackward& call, const Row<T, N, K>& x, const Row<T, N, K>& dy,
                                          const float* lnWeight, float layerNorm, std::int64_t r) {
  RowGradient result;
  result.mean = loadGlobal<float>(call.lnMean + r);
  const float rstd = loadGlobal<float>(call.lnRstd + r), channels = static_cast<float>(call.channels);
  float sum = 0.0f, sumTimesX = 0.0f;
#pragma unroll
  for (int k = 0; k < (Row<T, N, K>::steps(call.channels)); ++k) {
    if (!x.inside(k)) continue;
    float value[N], gradient[N];
    x.get(k, value);
    dy.get(k, gradient);
    for (int i = 0; i < N; ++i) {
      const float h = gradient[i] * lnWeight[x.channel(k) + i];
      sum += h;
      sumTimesX += h * (value[i] - result.mean);
    }
  }
  result.gain = layerNorm * rstd;
  result.offset = result.gain * (device::warpSum(sum) / channels);
  result.slope = result.gain * (device::warpSum(sumTimesX) * rstd / channels) * rstd;
  return result;
}

/// dx, and by the first block the gradient of alpha. Grid: rows / kOutputRows, at least 1. Shared: kChannelArrays
/// channels floats.
template <class T, int N, int K>
__global__ void __launch_bounds__(kWarp* kOutputWarps) inputGradient(PrepBnBackward call, Coefficients with) {
  auto* lnWeight = reinterpret_cast<float*>(device::sharedMemory());
  float* bnMean = lnWeight + call.channels;
  float* direct = bnMean + call.channels;
  float* constant = direct + call.channels;
  float* slope = constant + call.channels;
  const bool hasLn = call.mode != PrepBnMode::RepBn, hasBn = call.mode != PrepBnMode::LayerNorm;
  const int lane = static_cast<int>(threadIdx.x) % kWarp, warp = static_cast<int>(threadIdx.x) / kWarp;
  if (hasBn && call.dAlpha != nullptr && blockIdx.x == 0 && warp == 0) sumAlpha(call, with.alphaTerms, lane);
  if (call.dx == nullptr || call.rows == 0) return;
  stage(lnWeight, hasLn ? call.lnWeight : nullptr, call.channels);
  stage(bnMean, hasBn ? call.bnMean : nullptr, call.channels);
  stage(direct, hasBn ? with.direct : nullptr, call.channels);
  stage(constant, hasBn ? with.constant : nullptr, call.channels);
  stage(slope, hasBn ? with.slope : nullptr, call.channels);
  const float layerNorm = weightsOf(call.mode, call.lambda, call.lambdaPointer).layerNorm;
  __syncthreads();
  const std::int64_t first = static_cast<std::int64_t>(blockIdx.x) * kOutputRows;
  for (std::int64_t r = first + warp; r < first + kOutputRows && r < call.rows; r += kOutputWarps) {
    const Row<T, N, K> x(call.x, call.xStride, r, call.channels, lane);
    const Row<T, N, K> dy(call.dy, call.dyStride, r, call.channels, lane);
    const RowGradient ln = hasLn ? rowGradient(call, x, dy, lnWeight, layerNorm, r) : RowGradient{};
#pragma unroll
    for (int k = 0; k < (Row<T, N, K>::steps(call.channels)); ++k) {
      if (!x.inside(k)) continue;
      const std::int64_t c = x.channel(k);
      float value[N], gradient[N], dx[N];
      x.get(k, value);
      dy.get(k, gradient);
      for (int i = 0; i < N; ++i) {
        const float factor = ln.gain * lnWeight[c + i] + direct[c + i];
        const float rest = (value[i] - bnMean[c + i]) * slope[c + i] + constant[c + i];
        dx[i] = gradient[i] * factor - (rest + ((value[i] - ln.mean) * ln.slope + ln.offset));
      }
      device::write(static_cast<T*>(call.dx) + r * call.dxStride + c, dx);
    }
  }
}

/// a = weight/s + alpha, b = bias - weight mean/s with s = sqrt(var + eps). Grid: channels / 256.
__global__ void __launch_bounds__(256) foldedCoefficients(RepBnInference call, float* slope, float* offset) {
  const std::int64_t c = static_cast<std::int64_t>(blockIdx.x) * 256 + threadIdx.x;
  if (c >= call.channels) return;
  const double variance = loadGlobal<float>(call.runningVar + c);
  const double scale = loadGlobal<float>(call.weight + c) / sqrt(variance + static_cast<double>(call.eps));
  const double mean = loadGlobal<float>(call.runningMean + c);
  storeGlobal(slope + c, static_cast<float>(scale + loadGlobal<float>(call.alpha)));
  storeGlobal(offset + c, static_cast<float>(loadGlobal<float>(call.bias + c) - scale * mean));
}

/// y = slope x + offset. Grid: channel tiles x row blocks of kOutputRows; block kWarp x kLanesY.
template <class T, int N>
__global__ void __launch_bounds__(kWarp* kLanesY) affine(RepBnInference call, const float* slope, const float* offset) {
  const std::int64_t c = (static_cast<std::int64_t>(blockIdx.x) * kWarp + threadIdx.x) * N;
  if (c >= call.channels) return;
  float a[N], b[N];
  device::read(slope + c, a);
  device::read(offset + c, b);
  const std::int64_t first = static_cast<std::int64_t>(blockIdx.y) * kOutputRows;
  for (std::int64_t r = first + threadIdx.y; r < first + kOutputRows && r < call.rows; r += kLanesY) {
    float x[N], y[N];
    device::read(static_cast<const T*>(call.x) + r * call.xStride + c, x);
    for (int i = 0; i < N; ++i) y[i] = a[i] * x[i] + b[i];
    device::write(static_cast<T*>(call.y) + r * call.yStride + c, y);
  }
}

}  // namespace slab::kernels::cuda::prep_bn
