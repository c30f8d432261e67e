// The processes of a training as c10d knows them: where they meet, and what their tensors travel by.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

#include "core/base/rank_environment.h"
#include "core/device/exchange.h"

namespace slab::train {

/// What Ranks are made of: Gloo for tensors of the host, and for those of a GPU the CUDA module's exchange where there
/// is one. Used by one thread; errors are those of Ranks.
class RankGroup {
 public:
  /// Meets the others.
  explicit RankGroup(const RankEnvironment& environment);

  [[nodiscard]] int rank() const { return rank_; }
  [[nodiscard]] int size() const { return size_; }

  /// True where tensors of that GPU travel by NCCL from now on. Every process makes the call.
  bool useGpu(c10::Device device);

  /// The values where they travel, contiguous: on their GPU, else on the host. Shares their memory where it can.
  [[nodiscard]] at::Tensor packed(const at::Tensor& values) const;

  // Of packed tensors. The first two work in place.
  void broadcast(const at::Tensor& values);
  void sum(const at::Tensor& values);
  at::Tensor gather(const at::Tensor& values);
  /// Of bytes of the host; in rank 0 and the other process alone.
  void send(const at::Tensor& bytes, int to);
  void receive(const at::Tensor& bytes, int from);

 private:
  template <typename Work>
  void watched(Work&& work);

  int size_, rank_;
  c10::intrusive_ptr<c10d::Store> store_;
  c10::intrusive_ptr<c10d::ProcessGroupGloo> gloo_;
  std::unique_ptr<device::Exchange> gpus_;  // null: tensors of a GPU travel through the host's memory
};

/// "process 1 of 4"
std::string nameOfRank(int rank, int size);

}  // namespace slab::train
