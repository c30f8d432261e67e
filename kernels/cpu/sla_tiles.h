#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/simplified_linear_attention.h"

namespace slab::kernels {

/// Where one head of one image stands.
struct SlaHead {
  std::int64_t batch, head;
};

/// Tokens seen as rows of a map; without a convolution the rows are only a way to divide them.
struct SlaGrid {
  std::int64_t height, width, tokens;
};

/// What the sums over keys read, forward and backward.
struct SlaKeys {
  SlaShape shape;
  ConstTokens k, v;
  const float* position;
};

/// kv (headDim x headDim, row-major) followed by the sum of k' (headDim).
struct SlaState {
  const float* kv;
  const float* kSum;
};

/// The tiles of work, for one instruction set and storage type; ranges are [begin, end).
struct SlaTiles {
  /// out = kv and k' sum over a range of keys.
  void (*keyValues)(const SlaKeys&, SlaHead, std::int64_t begin, std::int64_t end, float* out);
  /// Output of rows [begin, end) of the grid. `taps`: filter as (tap, headDim). state.kv null: q' k'^T first.
  void (*forward)(const SlaForward&, const SlaGrid&, SlaState state, const float* taps, SlaHead, std::int64_t begin,
                  std::int64_t end);
  /// dq of a range of queries; out = their part of the gradients of kv and of the sum of k'. `transposed`: kv^T.
  void (*queryGradient)(const SlaBackward&, SlaState state, const float* transposed, SlaHead, std::int64_t begin,
                        std::int64_t end, float* out);
  /// dk and dv of rows [begin, end) of the grid; dPosition (keys x C, or null) = or += with `accumulate`; adds to the
  /// sums of the filter (tap, headDim) and, behind them, of the bias (null without a convolution).
  void (*keyGradient)(const SlaBackward&, const SlaGrid&, SlaState gradient, const float* transposed, const float* taps,
                      SlaHead, std::int64_t begin, std::int64_t end, float* dPosition, bool accumulate,
                      double* filterSums);
};

constexpr std::int64_t kSlaMaxHeadDim = 256;
/// Floats of each token buffer of a tile.
constexpr std::int64_t kSlaTileFloats = 8192;
constexpr std::int64_t kSlaTileRows = 8;
constexpr std::int64_t kSlaTileWidth = 28;

/// Rows of the grid that one tile takes, so that its tokens fit the buffers.
[[nodiscard]] inline std::int64_t slaTileRows(const SlaGrid& grid, std::int64_t headDim) {
  const std::int64_t width = std::min(grid.width, kSlaTileWidth);
  return std::clamp<std::int64_t>(kSlaTileFloats / (width * headDim), 1, kSlaTileRows);
}

/// One table an instruction set: tiles for F32, BF16, F16.
extern const SlaTiles kSlaTilesGeneric[3];
extern const SlaTiles kSlaTilesAvx2[3];
extern const SlaTiles kSlaTilesAvx512[3];

}  // namespace slab::kernels
