// How far a norm has come from LayerNorm to RepBN, and whether its running statistics fit the batch: the figures and
// their arithmetic, in double precision on plain vectors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace slab::train {

/// What a watch tells of one PRepBN or RepBN norm, before the optimizer's step. A series of run.db each:
/// "norm/<layer>/<quantity>".
struct NormReading {
  std::string layer;  // path of the module: "layers.0.blocks.0.norm1"
  /// Share of the output that comes from RepBN, by L2 norm over the watched tokens:
  /// ||(1 - lambda) RepBN(x)|| / (||lambda LN(x)|| + ||(1 - lambda) RepBN(x)||). LayerNorm has the rest. 1 for a RepBN
  /// that stands alone, 0 in the warm-up.
  double repBnShare = 0;
  /// RepBN's skip: RepBN(x) = BN(x) + alpha x.
  double alpha = 0;
  /// Over the channels, before the batch was taken in.
  double runningVarMean = 0, runningVarMin = 0, runningVarMax = 0;
  /// Of the batch from the running statistics: the symmetric Kullback-Leibler divergence of two Gaussians,
  /// (KL(b||r) + KL(r||b)) / 2 = (b/r + r/b - 2 + (mean_b - mean_r)^2 (1/b + 1/r)) / 4 with b, r the variances plus
  /// eps, averaged over the channels. 0 where evaluation would normalise as training does; a variance off by
  /// half gives 0.12, a mean off by one standard deviation 0.5. None in the warm-up, where running statistics rest.
  std::optional<double> distance;
};

/// A norm, and tokens it is about to normalise. Vectors over the channels have C entries.
struct NormSample {
  std::vector<double> tokens;                          // n x C, a token after the other; n >= 2
  std::vector<double> layerNormWeight, layerNormBias;  // empty for a RepBN that stands alone
  double layerNormEps = 0;
  std::vector<double> gamma, beta, runningMean, runningVar;
  double batchNormEps = 0;
  double alpha = 0;
  double lambda = 0;
  bool isWarmup = false;
};

/// All figures but the layer's name.
NormReading readNorm(const NormSample& sample);

}  // namespace slab::train
