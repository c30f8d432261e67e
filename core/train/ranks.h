// The processes of one data-parallel training, and what they exchange, by the collectives of LibTorch.
//
// Every process makes the same calls in the same order; a call waits for the others. Tensors of a GPU travel through
// the host's memory unless `useGpu` found another way.
#pragma once

#include <c10/core/Device.h>

#include <memory>
#include <string>
#include <vector>

#include "core/base/rank_environment.h"
#include "core/ops/synchronized_norm.h"
#include "core/train/named_tensors.h"

namespace slab::train {

class RankGroup;

/// One process's place among all. Used by one thread at a time. What another process's end, or a broken connection,
/// makes impossible is an Error(Device) that says so; nothing can be exchanged after it.
class Ranks : public ops::RankGather {
 public:
  /// Meets the other processes; null where this one is alone. Processes of one machine talk over the loopback device
  /// alone. Throws Error(Device) when they do not all come within five minutes.
  static std::unique_ptr<Ranks> join(const RankEnvironment& environment);
  ~Ranks() override;

  [[nodiscard]] int rank() const;
  [[nodiscard]] int size() const;
  [[nodiscard]] bool isFirst() const { return rank() == 0; }

  /// Lets tensors of this GPU go straight to the other processes' GPUs from now on, by NCCL: where the CUDA module was
  /// built with it, every process has a GPU of its own, and the variable SLAB_EXCHANGE is not "host". True where it is
  /// so, which is the same in every process; all make the call, once.
  bool useGpu(c10::Device device);

  /// Rank 0's values in every process, in place. The same shapes and types everywhere.
  void broadcast(const std::vector<at::Tensor>& tensors);
  /// Rank 0's text.
  std::string broadcast(const std::string& text);
  /// The sum over all processes in place: the same bits everywhere, and every time for the same values.
  void sum(const at::Tensor& values);
  at::Tensor gather(const at::Tensor& values) override;
  /// In rank 0 the bytes of every process, in the order of the ranks, whatever their lengths; nothing elsewhere.
  std::vector<std::string> collect(std::string bytes);

 private:
  explicit Ranks(std::unique_ptr<RankGroup> group);

  std::unique_ptr<RankGroup> group_;
};

/// The mean over all processes of each tensor, in place. Tensors of one type travel together, 25 MB at a time, in the
/// order of the list: which ones does not depend on their values, so the bits do not either.
void average(Ranks& ranks, const std::vector<at::Tensor>& tensors);

/// Throws Error(Internal) in every process, naming the first that holds other bits than rank 0 and `what` they are of.
void requireSameBits(Ranks& ranks, const NamedTensors& tensors, const std::string& what);

}  // namespace slab::train
