// Mixed precision: products in a shorter type, sums and statistics in float32.
//
// Inside an Autocast scope LibTorch's autocast casts the inputs of matrix products and convolutions, and ops::linear
// does the same for the backends of its own. Norms and the linear attentions' cores stay in float32 (section 2.1 of
// the reference's description calls it the float32 island): our kernels compute in float32 whatever they read and
// write, and their composite forms step out of autocast.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/dispatch/Dispatcher.h>

#include <optional>

namespace slab::ops {

/// Turns autocast on for a scope; with nothing as `type` the scope changes nothing. The cast of a weight is not kept:
/// each is used once a forward.
class Autocast {
 public:
  Autocast(c10::DeviceType device, std::optional<at::ScalarType> type);
  ~Autocast();
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  c10::DeviceType device_;
  std::optional<at::ScalarType> type_;
  bool wasEnabled_ = false, wasCached_ = false;
  at::ScalarType before_ = at::kFloat;
};

/// Steps out of autocast for a scope.
class AutocastOff {
 private:
  c10::impl::ExcludeDispatchKeyGuard guard_{c10::autocast_dispatch_keyset};
};

/// The type of the scope; nothing outside of one.
[[nodiscard]] std::optional<at::ScalarType> autocastType(c10::DeviceType device);

/// x in float32 inside a scope, differentiable; x itself outside.
[[nodiscard]] at::Tensor widened(const at::Tensor& x);

}  // namespace slab::ops
