// Where batches come from: what the trainer and the evaluator ask of a data set.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace slab::train {

/// images (N, C, H, W) float32, normalised; labels (N) int64. On the CPU.
struct Batch {
  at::Tensor images;
  at::Tensor labels;
};

/// An endless sequence of batches, epoch after epoch. The batch with a given number is the same
/// whichever way it was reached, so that a position is one integer. One thread at a time.
class BatchSource {
 public:
  virtual ~BatchSource() = default;
  /// Waits for the batch. Throws Error(Data) when the data set can give none any more.
  virtual Batch next() = 0;
  /// Makes `next` give batch number `batch`, counted from the start of training.
  virtual void seek(std::int64_t batch) = 0;
  [[nodiscard]] virtual std::int64_t batchesPerEpoch() const = 0;
};

}  // namespace slab::train
