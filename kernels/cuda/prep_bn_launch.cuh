#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/common/checks.h"
#include "kernels/common/workspace.h"
#include "kernels/cuda/prep_bn.cuh"

/// Grids, blocks, workspace and choice of variants of prep_bn, for any launcher: launch(kernel, grid, block,
/// sharedBytes, arguments...), then launch.failed(). The CUDA launcher stands in kernels/cuda/launcher.cuh; the tests
/// bring one that runs the kernels on the CPU.
namespace slab::kernels::cuda::prep_bn {

/// Chunks of rows whose sums are formed apart: at most kMaxChunks of at least kMinChunkRows rows.
constexpr std::int64_t kMaxChunks = 512;
constexpr std::int64_t kMinChunkRows = 128;
/// What every architecture from sm_80 to sm_120 grants a block.
constexpr std::int64_t kMaxSharedBytes = 96 * 1024;

inline std::int64_t chunkRowsOf(std::int64_t rows) {
  return std::max(kMinChunkRows, ceilDiv(rows, kMaxChunks));
}
inline std::int64_t chunksOf(std::int64_t rows) {
  return ceilDiv(rows, chunkRowsOf(rows));
}

inline unsigned blocks(std::int64_t count, std::int64_t each) {
  return static_cast<unsigned>(ceilDiv(count, each));
}

inline std::size_t outputSharedBytes(std::int64_t channels) {
  return static_cast<std::size_t>(kChannelArrays * channels) * sizeof(float);
}

inline bool fitsShared(std::int64_t channels) {
  return static_cast<std::int64_t>(outputSharedBytes(channels)) <= kMaxSharedBytes;
}

struct ForwardPlan {
  ForwardPlan(const PrepBnForward& call, void* base) {
    Workspace workspace(base);
    if (hasRepBn(call.mode)) {
      means = workspace.take<double>(chunksOf(call.rows) * call.channels);
      deviations = workspace.take<double>(chunksOf(call.rows) * call.channels);
    }
    bytes = workspace.used();
  }
  double* means = nullptr;
  double* deviations = nullptr;
  std::size_t bytes = 0;
};

struct BackwardPlan {
  BackwardPlan(const PrepBnBackward& call, void* base) {
    Workspace workspace(base);
    sums = workspace.take<double>(chunksOf(call.rows) * 3 * call.channels);
    coefficients.direct = workspace.take<float>(call.channels);
    coefficients.constant = workspace.take<float>(call.channels);
    coefficients.slope = workspace.take<float>(call.channels);
    coefficients.alphaTerms = workspace.take<double>(call.channels);
    bytes = workspace.used();
  }
  double* sums;
  Coefficients coefficients;
  std::size_t bytes = 0;
};

struct InferencePlan {
  InferencePlan(const RepBnInference& call, void* base) {
    Workspace workspace(base);
    slope = workspace.take<float>(call.channels);
    offset = workspace.take<float>(call.channels);
    bytes = workspace.used();
  }
  float* slope;
  float* offset;
  std::size_t bytes = 0;
};

/// A matrix whose rows can be read 16 bytes at a time.
inline bool isWide(DType dtype, const void* data, std::int64_t stride) {
  const std::int64_t elements = 16 / static_cast<std::int64_t>(sizeOf(dtype));
  return reinterpret_cast<std::uintptr_t>(data) % 16 == 0 && stride % elements == 0;
}

template <class T>
struct Storage {
  using Type = T;
};

/// Calls body(Storage<T>) with the type of the dtype.
template <class Body>
void withStorage(DType dtype, Body body) {
  switch (dtype) {
    case DType::F32: return body(Storage<float>());
    case DType::BF16: return body(Storage<BFloat16>());
    case DType::F16: return body(Storage<Half>());
  }
}

/// Calls body<T, N>() for the reduction kernels: 16-byte accesses where the layout has them.
template <class Body>
void withWidth(DType dtype, bool wide, Body body) {
  withStorage(dtype, [&]<class T>(Storage<T>) {
    if (wide) {
      body.template operator()<T, device::kWide<T>>();
    } else {
      body.template operator()<T, 1>();
    }
  });
}

/// Calls body<T, N, K>() for the output kernels: K vectors a lane hold a row of `channels`, or K = 0 reads it again.
template <class Body>
void withRow(DType dtype, bool wide, std::int64_t channels, Body body) {
  withStorage(dtype, [&]<class T>(Storage<T>) {
    constexpr int kWide = device::kWide<T>;
    const std::int64_t vectors = ceilDiv(channels, kWarp * kWide);
    if (!wide) {
      body.template operator()<T, 1, 0>();
    } else if (vectors <= 2) {
      body.template operator()<T, kWide, 2>();
    } else if (vectors <= 6) {
      body.template operator()<T, kWide, 6>();
    } else {
      body.template operator()<T, kWide, 0>();
    }
  });
}

template <class Launch>
Status launchForward(const PrepBnForward& call, Launch& launch) {
  if (const Status status = check(call); status != Status::Ok || call.rows == 0) return status;
  if (!fitsShared(call.channels)) return Status::Unsupported;
  const ForwardPlan plan(call, call.workspace);
  const Status room = checkWorkspace(call.workspace, call.workspaceBytes, plan.bytes);
  if (room != Status::Ok) return room;
  const bool wide = isWide(call.dtype, call.x, call.xStride) && isWide(call.dtype, call.y, call.yStride) &&
                    isWide(call.dtype, nullptr, call.channels);
  if (hasRepBn(call.mode)) {
    const std::int64_t chunkRows = chunkRowsOf(call.rows), chunks = chunksOf(call.rows);
    withWidth(call.dtype, wide, [&]<class T, int N>() {
      launch(statistics<T, N>, dim3(blocks(call.channels, kWarp * N), static_cast<unsigned>(chunks)),
             dim3(kWarp, kLanesY), 2 * kLanesY * kWarp * N * sizeof(double), call, chunkRows, plan.means,
             plan.deviations);
    });
    launch(finishStatistics, dim3(blocks(call.channels, kWarp)), dim3(kWarp, kLanesY),
           kLanesY * kWarp * sizeof(Moments), call, chunkRows, chunks, plan.means, plan.deviations);
  }
  withRow(call.dtype, wide, call.channels, [&]<class T, int N, int K>() {
    launch(output<T, N, K>, dim3(blocks(call.rows, kOutputRows)), dim3(kWarp * kOutputWarps),
           outputSharedBytes(call.channels), call);
  });
  return launch.failed() ? Status::DeviceError : Status::Ok;
}

template <class Launch>
Status launchBackward(const PrepBnBackward& call, Launch& launch) {
  if (const Status status = check(call); status != Status::Ok) return status;
  if (!fitsShared(call.channels)) return Status::Unsupported;
  const BackwardPlan plan(call, call.workspace);
  const Status room = checkWorkspace(call.workspace, call.workspaceBytes, plan.bytes);
  if (room != Status::Ok) return room;
  const bool wide = isWide(call.dtype, call.x, call.xStride) && isWide(call.dtype, call.dy, call.dyStride) &&
                    (call.dx == nullptr || isWide(call.dtype, call.dx, call.dxStride)) &&
                    isWide(call.dtype, nullptr, call.channels);
  const std::int64_t chunkRows = chunkRowsOf(call.rows), chunks = chunksOf(call.rows);
  if (chunks > 0) {
    withWidth(call.dtype, wide, [&]<class T, int N>() {
      launch(gradientSums<T, N>, dim3(blocks(call.channels, kWarp * N), static_cast<unsigned>(chunks)),
             dim3(kWarp, kLanesY), (3 * kLanesY + 1) * kWarp * N * sizeof(float), call, chunkRows, plan.sums);
    });
  }
  launch(finishGradients, dim3(blocks(call.channels, kWarp)), dim3(kWarp, kLanesY),
         3 * kLanesY * kWarp * sizeof(double), call, chunks, plan.sums, plan.coefficients);
  withRow(call.dtype, wide, call.channels, [&]<class T, int N, int K>() {
    launch(inputGradient<T, N, K>, dim3(std::max(1u, blocks(call.rows, kOutputRows))), dim3(kWarp * kOutputWarps),
           outputSharedBytes(call.channels), call, plan.coefficients);
  });
  return launch.failed() ? Status::DeviceError : Status::Ok;
}

template <class Launch>
Status launchInference(const RepBnInference& call, Launch& launch) {
  if (const Status status = check(call); status != Status::Ok || call.rows == 0) return status;
  const InferencePlan plan(call, call.workspace);
  const Status room = checkWorkspace(call.workspace, call.workspaceBytes, plan.bytes);
  if (room != Status::Ok) return room;
  const bool wide = isWide(call.dtype, call.x, call.xStride) && isWide(call.dtype, call.y, call.yStride) &&
                    isWide(call.dtype, nullptr, call.channels);
  launch(foldedCoefficients, dim3(blocks(call.channels, 256)), dim3(256), std::size_t{0}, call, plan.slope,
         plan.offset);
  withWidth(call.dtype, wide, [&]<class T, int N>() {
    launch(affine<T, N>, dim3(blocks(call.channels, kWarp * N), blocks(call.rows, kOutputRows)), dim3(kWarp, kLanesY),
           std::size_t{0}, call, plan.slope, plan.offset);
  });
  return launch.failed() ? Status::DeviceError : Status::Ok;
}

}  // namespace slab::kernels::cuda::prep_bn
