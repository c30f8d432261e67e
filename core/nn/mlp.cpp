#include "core/nn/mlp.h"

#include <ATen/ops/gelu.h>

#include "core/nn/patch_embed.h"

namespace slab::nn {

Mlp::Mlp(std::int64_t width, std::int64_t hidden)
    : fc1(register_module("fc1", std::make_shared<Linear>(width, hidden))),
      fc2(register_module("fc2", std::make_shared<Linear>(hidden, width))) {}

Mlp::Mlp(std::int64_t width, std::int64_t hidden, const std::string& name, std::shared_ptr<torch::nn::Module> middle)
    : fc1(register_module("fc1", std::make_shared<Linear>(width, hidden))) {
  register_module(name, std::move(middle));
  fc2 = register_module("fc2", std::make_shared<Linear>(hidden, width));
}

at::Tensor Mlp::forward(const at::Tensor& tokens) {
  return fc2->forward(fc1->forwardGelu(tokens));
}

DepthwiseTokens::DepthwiseTokens(std::int64_t width, std::int64_t rows, std::int64_t columns)
    : dwconv(register_module("dwconv", std::make_shared<Conv2d>(ConvShape{width, width, 3, 1, 1, width}))),
      rows_(rows),
      columns_(columns) {}

at::Tensor DepthwiseTokens::forward(const at::Tensor& tokens) {
  return mapToTokens(dwconv->forward(tokensToMap(tokens, rows_, columns_)));
}

ConvolutionalMlp::ConvolutionalMlp(std::int64_t width, std::int64_t hidden, std::int64_t rows, std::int64_t columns)
    : Mlp(width, hidden, "dwconv", std::make_shared<DepthwiseTokens>(hidden, rows, columns)),
      dwconv_(std::dynamic_pointer_cast<DepthwiseTokens>(named_children()["dwconv"])) {}

at::Tensor ConvolutionalMlp::forward(const at::Tensor& tokens) {
  const at::Tensor hidden = dwconv_->forward(fc1->forward(tokens));
  return fc2->forward(at::gelu(hidden).contiguous());
}

}  // namespace slab::nn
