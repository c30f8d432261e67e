// Collectives on tensors of GPUs, between processes that have one each.
#pragma once

#include <ATen/core/Tensor.h>

namespace slab::device {

/// Made by the CUDA module (NCCL). One thread calls, in every process the same calls in the same order, on contiguous
/// tensors of its GPU, the same shape and type everywhere. A call is queued behind what the GPU's current stream holds
/// and returns; what is queued there after it sees the result. Throws what LibTorch throws where it cannot be queued.
///
/// Where another process ends meanwhile, the GPU waits for it: LibTorch ends this process with a message once it
/// notices, after ten minutes at the latest; a launcher that watches over its processes comes first.
class Exchange {
 public:
  virtual ~Exchange() = default;
  /// Rank 0's values, in place.
  virtual void broadcast(const at::Tensor& values) = 0;
  /// The sum over all processes, in place, the same bits everywhere.
  virtual void sum(const at::Tensor& values) = 0;
  /// The values of every process, (processes, ...) in the order of the ranks.
  virtual at::Tensor gather(const at::Tensor& values) = 0;
};

}  // namespace slab::device
