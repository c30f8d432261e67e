#include "core/train/ema.h"

#include <torch/torch.h>

#include "core/models/build_model.h"
#include "core/models/state_dict.h"

namespace slab::train {

Ema::Ema(const Backbone& model, double decay) : average_(buildModel(model.config())), decay_(decay) {
  average_->torch::nn::Module::to(model.parameters().front().device());
  average_->eval();
  for (auto& parameter : average_->parameters()) parameter.requires_grad_(false);
  const StateDict own = stateDict(*average_);
  for (const auto& item : stateDict(model)) {
    if (isDerived(item.key())) continue;
    const bool isFloat = item.value().is_floating_point();
    (isFloat ? averages_ : copies_).push_back(own[item.key()]);
    (isFloat ? values_ : counters_).push_back(item.value());
  }
  restart();
}

void Ema::update() {
  const at::NoGradGuard noGrad;
  at::_foreach_mul_(averages_, decay_);
  at::_foreach_add_(averages_, values_, 1.0 - decay_);
  for (std::size_t i = 0; i < copies_.size(); ++i) copies_[i].copy_(counters_[i]);
  // Operators on lists count no version, by which caches of derived values (packed weights) notice a change.
  for (const auto& average : averages_) average.unsafeGetTensorImpl()->bump_version();
}

void Ema::restart() {
  const at::NoGradGuard noGrad;
  for (std::size_t i = 0; i < averages_.size(); ++i) averages_[i].copy_(values_[i]);
  for (std::size_t i = 0; i < copies_.size(); ++i) copies_[i].copy_(counters_[i]);
}

}  // namespace slab::train
