#include "core/train/kept_buffers.h"

#include <torch/torch.h>

#include "core/models/state_dict.h"

namespace slab::train {

std::vector<at::Tensor> movingBuffers(const torch::nn::Module& model) {
  std::vector<at::Tensor> buffers;
  for (const auto& item : model.named_buffers()) {
    if (!isDerived(item.key())) buffers.push_back(item.value());
  }
  return buffers;
}

KeptBuffers::KeptBuffers(const torch::nn::Module& model) : buffers_(movingBuffers(model)) {
  const at::NoGradGuard noGrad;
  for (const auto& buffer : buffers_) copies_.push_back(buffer.clone());
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
