#pragma once

#include <cstdint>

#include "kernels/weight_gradient.h"

namespace slab::kernels {

/// A part of the sum: rows of x and dY, and columns of dY (rows of dW). Ranges are [begin, end).
struct WeightGradientPart {
  std::int64_t rowBegin, rowEnd;
  std::int64_t outBegin, outEnd;  ///< at most kWeightGradientColumns
};

/// Columns of dY that one part may take: what is packed of a block of rows stays in the second-level cache.
constexpr std::int64_t kWeightGradientColumns = 256;

/// The part's own dW, written to rows [outBegin, outEnd) of `dWeight` (out, in), and db (null: not wanted).
using WeightGradientTiles = void (*)(const WeightGradient&, const WeightGradientPart&, float* dWeight, float* dBias);

extern const WeightGradientTiles kWeightGradientGeneric;
extern const WeightGradientTiles kWeightGradientAvx2;
extern const WeightGradientTiles kWeightGradientAvx512;

}  // namespace slab::kernels
