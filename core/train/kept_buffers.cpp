#include "core/train/kept_buffers.h"

#include <torch/torch.h>

#include "core/models/state_dict.h"

namespace slab::train {

KeptBuffers::KeptBuffers(const torch::nn::Module& model) {
  const at::NoGradGuard noGrad;
  for (const auto& item : model.named_buffers()) {
    if (isDerived(item.key())) continue;
    buffers_.push_back(item.value());
    copies_.push_back(item.value().clone());
  }
}

void KeptBuffers::keep() {
  const at::NoGradGuard noGrad;
  for (std::size_t i = 0; i < buffers_.size(); ++i) copies_[i].copy_(buffers_[i]);
}

void KeptBuffers::restore() {
  const at::NoGradGuard noGrad;
  for (std::size_t i = 0; i < buffers_.size(); ++i) buffers_[i].copy_(copies_[i]);
}

}  // namespace slab::train
