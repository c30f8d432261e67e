// Looks on while a model trains: what each PRepBN and RepBN is about to normalise.
#pragma once

#include <ATen/core/Tensor.h>

namespace slab::nn {

class Norm;

/// Set in a model's Context for one training forward, null otherwise. What it does must change no bit of the
/// training: no tensor of the model, no random number.
class NormProbe {
 public:
  virtual ~NormProbe() = default;

  /// `norm`, in training, is about to normalise `tokens` (..., C); the running statistics do not hold this batch yet.
  virtual void observe(const Norm& norm, const at::Tensor& tokens) = 0;
};

}  // namespace slab::nn
