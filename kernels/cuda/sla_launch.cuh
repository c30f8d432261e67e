#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/common/checks.h"
#include "kernels/common/workspace.h"
#include "kernels/cuda/sla_backward.cuh"

/// Grids, blocks, workspace and choice of variants of simplified linear attention, for any launcher (see
/// kernels/cuda/prep_bn_launch.cuh).
namespace slab::kernels::cuda::sla {

/// Blocks that fill a large GPU; the division of the work follows from it and from the sizes alone.
constexpr std::int64_t kEnoughBlocks = 264;
constexpr std::int64_t kMinChunkTokens = 256;
constexpr std::int64_t kMaxHeadDim = 64;
/// What every architecture from sm_80 to sm_120 grants a block.
constexpr std::size_t kMaxSharedBytes = 99 * 1024;
/// Rows of the map kernels' tiles.
template <int D>
constexpr int kAttendRows = D == 32 ? 16 : 8;
constexpr int kValueRows = 8;

inline Map mapOf(const SlaShape& shape, std::int64_t tokens) {
  if (shape.kernel > 0) return {shape.height, shape.width, tokens, ceilDiv(shape.width, kTileWidth)};
  return {ceilDiv(tokens, kTileWidth), kTileWidth, tokens, 1};
}

inline std::int64_t tilesOf(const Map& map, int rows) {
  return map.tilesAcross * ceilDiv(map.height, rows);
}

/// Chunks of tokens whose sums are formed apart, and where the sums go.
struct ChunkedSums {
  ChunkedSums(const SlaShape& shape, std::int64_t tokens, Workspace& workspace, float* given)
      : heads(shape.batch * shape.heads), floats(shape.headDim * (shape.headDim + 1)) {
    const std::int64_t wanted = ceilDiv(kEnoughBlocks, std::max<std::int64_t>(1, heads));
    chunks = std::clamp<std::int64_t>(wanted, 1, ceilDiv(tokens, kMinChunkTokens));
    chunkTokens = ceilDiv(ceilDiv(tokens, chunks), kTileTokens) * kTileTokens;
    chunks = ceilDiv(tokens, chunkTokens);
    total = given != nullptr ? given : workspace.take<float>(heads * floats);
    partial = chunks == 1 ? total : workspace.take<float>(heads * chunks * floats);
  }

  template <class Launch>
  void add(Launch& launch) const {
    if (chunks == 1) return;
    launch(addPartials, dim3(static_cast<unsigned>(heads)), dim3(kMatrixThreads), std::size_t{0}, partial, chunks,
           floats, total);
  }
  [[nodiscard]] dim3 grid() const { return dim3(static_cast<unsigned>(heads), static_cast<unsigned>(chunks)); }

  std::int64_t heads, floats, chunks = 0, chunkTokens = 0;
  float* total = nullptr;
  float* partial = nullptr;
};

struct ForwardPlan {
  ForwardPlan(const SlaForward& call, void* base)
      : workspace(base),
        sums(call.shape, call.shape.keys, workspace, slaKeyValueFirst(call.shape) ? call.state : nullptr) {}
  Workspace workspace;
  ChunkedSums sums;
};

struct BackwardPlan {
  BackwardPlan(const SlaBackward& call, void* base)
      : workspace(base),
        given(slaKeyValueFirst(call.shape) ? const_cast<float*>(call.state) : nullptr),
        state(call.shape, call.shape.keys, workspace, given),
        gradient(call.shape, call.shape.queries, workspace, nullptr),
        keyGroups(
            groups(call.shape, ceilDiv(call.shape.keys, call.shape.headDim <= 32 ? kKeyTokens<32> : kKeyTokens<64>))),
        valueTiles(tilesOf(mapOf(call.shape, call.shape.keys), kValueRows)),
        valueGroups(groups(call.shape, valueTiles)) {
    const SlaShape& shape = call.shape;
    positionFloats = shape.keys * shape.heads * shape.headDim;
    position = keyGroups == 1 ? call.dPosition : workspace.take<float>(keyGroups * positionFloats);
    filterFloats = shape.kernel > 0 ? (shape.kernel * shape.kernel + 1) * shape.headDim : 0;
    filter = workspace.take<float>(filterParts(shape) * filterFloats);
  }

  static std::int64_t groups(const SlaShape& shape, std::int64_t stretches) {
    return std::clamp<std::int64_t>(ceilDiv(kEnoughBlocks, stretches * shape.heads), 1,
                                    std::max<std::int64_t>(1, shape.batch));
  }
  [[nodiscard]] std::int64_t filterParts(const SlaShape& shape) const { return valueTiles * shape.heads * valueGroups; }

  Workspace workspace;
  float* given;
  ChunkedSums state, gradient;
  std::int64_t keyGroups, valueTiles, valueGroups, positionFloats = 0, filterFloats = 0;
  float* position = nullptr;
  float* filter = nullptr;
};

template <class T>
struct Storage {
  using Type = T;
};

/// Calls body<T, D>() with the storage type and the head's width rounded up.
template <class Body>
void withVariant(const SlaShape& shape, Body body) {
  const auto withType = [&]<class T>(Storage<T>) {
    if (shape.headDim <= 32) {
      body.template operator()<T, 32>();
    } else {
      body.template operator()<T, 64>();
    }
  };
  switch (shape.dtype) {
    case DType::F32: return withType(Storage<float>());
    case DType::BF16: return withType(Storage<BFloat16>());
    case DType::F16: return withType(Storage<Half>());
  }
}

/// Tokens that can be read 16 bytes at a time.
template <class AnyTokens>
bool isWide(const SlaShape& shape, const AnyTokens& tokens) {
  const std::int64_t elements = 16 / static_cast<std::int64_t>(sizeOf(shape.dtype));
  return reinterpret_cast<std::uintptr_t>(tokens.data) % 16 == 0 && tokens.tokenStride % elements == 0 &&
         tokens.batchStride % elements == 0 && shape.headDim % elements == 0;
}

inline bool isWide(const float* position) {
  return reinterpret_cast<std::uintptr_t>(position) % 16 == 0;
}

template <int D>
bool fitsShared(const SlaShape& shape) {
  const int kernel = static_cast<int>(shape.kernel);
  const int floats =
      std::max(attendSharedFloats<D, kAttendRows<D>>(kernel), valueGradientSharedFloats<D, kValueRows>(kernel));
  return static_cast<std::size_t>(floats) * sizeof(float) <= kMaxSharedBytes;
}

inline bool isSupported(const SlaShape& shape) {
  return shape.headDim <= kMaxHeadDim && (shape.headDim <= 32 ? fitsShared<32>(shape) : fitsShared<64>(shape));
}

template <class T, int D, class Launch>
void launchKeyValues(const Keys& keys, bool wide, const ChunkedSums& sums, Launch& launch) {
  launch(keyValues<T, D>, sums.grid(), dim3(kSide, kSide), 2 * kTileTokens * kPitch<D> * sizeof(float), keys, wide,
         sums.chunkTokens, sums.partial);
  sums.add(launch);
}

template <class Launch>
Status launchForward(const SlaForward& call, Launch& launch) {
  const SlaShape& shape = call.shape;
  if (const Status status = check(call); status != Status::Ok || shape.batch == 0) return status;
  if (!isSupported(shape)) return Status::Unsupported;
  const ForwardPlan plan(call, call.workspace);
  const Status room = checkWorkspace(call.workspace, call.workspaceBytes, plan.workspace.used());
  if (room != Status::Ok) return room;
  const bool wide = isWide(shape, call.q) && isWide(shape, call.k) && isWide(shape, call.v) &&
                    isWide(shape, call.out) && isWide(call.position);
  withVariant(shape, [&]<class T, int D>() {
    constexpr int kRows = kAttendRows<D>;
    launchKeyValues<T, D>({shape, call.k, call.v, call.position}, wide, plan.sums, launch);
    const Map map = mapOf(shape, shape.queries);
    launch(attend<T, D, kRows>,
           dim3(static_cast<unsigned>(tilesOf(map, kRows)), static_cast<unsigned>(shape.batch * shape.heads)),
           dim3(kRows * kTileWidth),
           static_cast<std::size_t>(attendSharedFloats<D, kRows>(static_cast<int>(shape.kernel))) * sizeof(float), call,
           map, wide, plan.sums.total);
  });
  return launch.failed() ? Status::DeviceError : Status::Ok;
}

/// The kernels that write dq, dk and dv.
template <class T, int D, class Launch>
void launchGradients(const SlaBackward& call, const BackwardPlan& plan, bool wide, Launch& launch) {
  const SlaShape& shape = call.shape;
  if (plan.given == nullptr) {
    launchKeyValues<T, D>({shape, call.k, call.v, call.position}, wide, plan.state, launch);
  }
  launch(queryGradient<T, D>, plan.gradient.grid(), dim3(kSide, kSide), queryGradientSharedFloats<D>() * sizeof(float),
         call, wide, plan.gradient.chunkTokens, plan.state.total, plan.gradient.partial);
  plan.gradient.add(launch);
  const auto heads = static_cast<unsigned>(shape.heads);
  launch(keyGradient<T, D>,
         dim3(static_cast<unsigned>(ceilDiv(shape.keys, kKeyTokens<D>)), heads, static_cast<unsigned>(plan.keyGroups)),
         dim3(kSide, kSide), keyGradientSharedFloats<D>() * sizeof(float), call, wide, plan.gradient.total,
         call.dPosition == nullptr ? nullptr : plan.position);
  const int floats = valueGradientSharedFloats<D, kValueRows>(static_cast<int>(shape.kernel));
  launch(valueGradient<T, D, kValueRows>,
         dim3(static_cast<unsigned>(plan.valueTiles), heads, static_cast<unsigned>(plan.valueGroups)),
         dim3(kValueRows * kTileWidth), static_cast<std::size_t>(floats) * sizeof(float), call,
         mapOf(shape, shape.keys), wide, plan.gradient.total, plan.filter);
}

template <class Launch>
Status launchBackward(const SlaBackward& call, Launch& launch) {
  const SlaShape& shape = call.shape;
  if (const Status status = check(call); status != Status::Ok) return status;
  if (!isSupported(shape)) return Status::Unsupported;
  const BackwardPlan plan(call, call.workspace);
  const Status room = checkWorkspace(call.workspace, call.workspaceBytes, plan.workspace.used());
  if (room != Status::Ok) return room;
  const bool any = shape.batch > 0;
  const bool wide = isWide(shape, call.q) && isWide(shape, call.k) && isWide(shape, call.v) &&
                    isWide(shape, call.dOut) && isWide(shape, call.dq) && isWide(shape, call.dk) &&
                    isWide(shape, call.dv) && isWide(call.position);
  if (any) {
    withVariant(shape, [&]<class T, int D>() { launchGradients<T, D>(call, plan, wide, launch); });
  }
  if (call.dPosition != nullptr && (plan.keyGroups > 1 || !any)) {
    launch(addGroups, dim3(static_cast<unsigned>(ceilDiv(plan.positionFloats, kMatrixThreads))), dim3(kMatrixThreads),
           std::size_t{0}, plan.position, any ? plan.keyGroups : 0, plan.positionFloats, call.dPosition);
  }
  if (shape.kernel > 0) {
    launch(finishFilter, dim3(static_cast<unsigned>(ceilDiv(plan.filterFloats, kMatrixThreads))), dim3(kMatrixThreads),
           std::size_t{0}, call, plan.filter, any ? plan.filterParts(shape) : 0);
  }
  return launch.failed() ? Status::DeviceError : Status::Ok;
}

}  // namespace slab::kernels::cuda::sla
