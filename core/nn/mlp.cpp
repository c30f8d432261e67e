#include "core/nn/mlp.h"

namespace slab::nn {

Mlp::Mlp(std::int64_t width, std::int64_t hidden)
    : fc1(register_module("fc1", std::make_shared<Linear>(width, hidden))),
      fc2(register_module("fc2", std::make_shared<Linear>(hidden, width))) {}

at::Tensor Mlp::forward(const at::Tensor& tokens) {
  return fc2->forward(fc1->forwardGelu(tokens));
}

}  // namespace slab::nn
