#pragma once

#include <cstdint>

#include "kernels/prep_bn.h"

namespace slab::kernels {

/// Weights of the branches and per-channel coefficients that the output passes read.
struct PrepBnForwardCoefficients {
  float layerNorm;  ///< weight of LN
  float repBn;      ///< weight of BN(x) + alpha x
  float alpha;
  const float* scale;  ///< (channels) bnWeight * bnRstd
};

/// dx = dy (layerNorm rstd_r lnWeight + direct) - (LN terms of the row) - constant - (x - bnMean) slope
struct PrepBnBackwardCoefficients {
  float layerNorm;
  const float* direct;    ///< (channels) repBn (bnWeight bnRstd + alpha)
  const float* constant;  ///< (channels) repBn bnWeight bnRstd mean(dy)
  const float* slope;     ///< (channels) repBn bnWeight bnRstd^3 mean(dy (x - bnMean))
};

/// Sums over a chunk of rows, (channels) values each.
struct PrepBnStatistics {
  float* shift;     ///< a value near the chunk's mean: keeps the squares small
  double* sum;      ///< of x - shift
  double* squares;  ///< of (x - shift)^2
};

struct PrepBnGradientSums {
  double* dy;
  double* dyCentred;  ///< of dy (x - bnMean); zeros without BN
  double* dyLn;       ///< of dy (x - lnMean) lnRstd; zeros without LN
};

/// The loops over rows, for one instruction set and storage type. Row ranges are [begin, end).
struct PrepBnRows {
  void (*statistics)(const PrepBnForward&, std::int64_t begin, std::int64_t end, const PrepBnStatistics&);
  void (*forward)(const PrepBnForward&, const PrepBnForwardCoefficients&, std::int64_t begin, std::int64_t end);
  void (*gradientSums)(const PrepBnBackward&, std::int64_t begin, std::int64_t end, const PrepBnGradientSums&);
  void (*inputGradient)(const PrepBnBackward&, const PrepBnBackwardCoefficients&, std::int64_t begin, std::int64_t end);
  void (*affine)(const RepBnInference&, const float* slope, const float* offset, std::int64_t begin, std::int64_t end);
};

/// One table an instruction set: rows for F32, BF16, F16.
extern const PrepBnRows kPrepBnRowsGeneric[3];
extern const PrepBnRows kPrepBnRowsAvx2[3];
extern const PrepBnRows kPrepBnRowsAvx512[3];

}  // namespace slab::kernels
