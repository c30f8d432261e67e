// What every normalisation offers, and the place in a model where one stands.
#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace slab::nn {

/// y = scale * x + shift per channel; both (C), float64, on the CPU.
struct ChannelAffine {
  at::Tensor scale;
  at::Tensor shift;
};

/// A normalisation over the last dimension of tokens (..., C).
class Norm : public torch::nn::Module {
 public:
  virtual at::Tensor forward(const at::Tensor& tokens) = 0;

  /// What the norm does in evaluation, if that is the same per-channel affine map for every input: the
  /// condition for folding it. Nothing for LayerNorm.
  [[nodiscard]] virtual std::optional<ChannelAffine> evalAffine() const { return std::nullopt; }

  [[nodiscard]] virtual std::int64_t channels() const = 0;
};

/// A member of a module that holds its norm until the norm is folded away. An empty slot passes tokens
/// through and contributes no key to the state dict.
class NormSlot {
 public:
  /// Registers `norm` in `owner` under `name`. The slot must be a member of `owner`.
  NormSlot(torch::nn::Module& owner, std::string name, std::shared_ptr<Norm> norm)
      : owner_(&owner), name_(std::move(name)), norm_(std::move(norm)) {
    owner_->register_module(name_, norm_);
  }
  NormSlot(const NormSlot&) = delete;
  NormSlot& operator=(const NormSlot&) = delete;

  at::Tensor forward(const at::Tensor& tokens) const { return norm_ ? norm_->forward(tokens) : tokens; }

  [[nodiscard]] Norm* norm() const { return norm_.get(); }
  [[nodiscard]] bool isEmpty() const { return norm_ == nullptr; }

  /// Takes the norm out for good: the forward is the identity from now on.
  void clear() {
    if (!norm_) return;
    owner_->unregister_module(name_);
    norm_.reset();
  }

 private:
  torch::nn::Module* owner_;
  std::string name_;
  std::shared_ptr<Norm> norm_;
};

}  // namespace slab::nn
