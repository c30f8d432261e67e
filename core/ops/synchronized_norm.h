// BatchNorm statistics over all processes of a distributed training.
#pragma once

#include <ATen/core/Tensor.h>

namespace slab::ops {

/// What a distributed forward and backward need of the other processes. Called in the same order in every process.
class RankGather {
 public:
  virtual ~RankGather() = default;
  /// The values of every process, (processes, ...) in the order of the ranks: the same bits everywhere.
  virtual at::Tensor gather(const at::Tensor& values) = 0;
};

/// While it lives, RepBN and PRepBN of this whole program take the batch statistics of all processes' tokens, in
/// training, forward and backward. One at a time; it must outlive the backward of what was computed in it.
class SynchronizedStatistics {
 public:
  explicit SynchronizedStatistics(RankGather& ranks);
  ~SynchronizedStatistics();
  SynchronizedStatistics(const SynchronizedStatistics&) = delete;
  SynchronizedStatistics& operator=(const SynchronizedStatistics&) = delete;
};

/// True inside the scope of a SynchronizedStatistics.
[[nodiscard]] bool areStatisticsSynchronized();

/// BN(x) + alpha x with the statistics of all processes; x (..., C), parameters as in norm.h. The gradient of x is that
/// of the sum of all processes' losses, those of the parameters are of this process's own tokens, so that averaging
/// gradients over the processes gives the single process's with all tokens in one batch. Updates the running statistics
/// as norm.h says, with the number of all tokens. A composite of ATen operations, float32 inside for reduced types.
at::Tensor synchronizedRepBn(const at::Tensor& x, const at::Tensor& bnWeight, const at::Tensor& bnBias,
                             const at::Tensor& alpha, const at::Tensor& runningMean, const at::Tensor& runningVar,
                             double momentum, double eps);

}  // namespace slab::ops
