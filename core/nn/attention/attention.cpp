#include "core/nn/attention/attention.h"

#include "core/base/error.h"

namespace slab::nn {

Attention::Attention(AttentionPlace place, AttentionShape shape, ContextPtr context)
    : place_(std::move(place)), shape_(shape), context_(std::move(context)) {
  if (shape_.heads < 1 || shape_.width % shape_.heads != 0) {
    throw Error(ErrorKind::Config, "Width " + std::to_string(shape_.width) + " of " + place_.layer +
                                       " is not divided by its " + std::to_string(shape_.heads) +
                                       " heads; change model.heads or model.embed_dim.");
  }
}

AttentionProbe* Attention::probe() const {
  return context_->probe != nullptr && context_->probe->wants(place_) ? context_->probe : nullptr;
}

JointAttention::JointAttention(AttentionPlace place, AttentionShape shape, ContextPtr context)
    : Attention(std::move(place), shape, std::move(context)),
      qkv(register_module("qkv", std::make_shared<Linear>(shape.width, 3 * shape.width, shape.qkvBias))),
      proj(register_module("proj", std::make_shared<Linear>(shape.width, shape.width))) {}

at::Tensor JointAttention::forward(const at::Tensor& tokens, const at::Tensor& mask) {
  at::Tensor packed;
  {
    const StageScope scope(context(), "qkv");
    packed = qkv->forward(tokens);
  }
  return attend(packed, mask);
}

at::Tensor JointAttention::attend(const at::Tensor& packed, const at::Tensor& mask) {
  at::Tensor output;
  {
    const StageScope scope(context(), "attention");
    output = mix(packed, mask);
  }
  const StageScope scope(context(), "proj");
  return proj->forward(output);
}

void JointAttention::setGrid(std::int64_t height, std::int64_t width) {
  AttentionPlace moved = place();
  moved.height = height;
  moved.width = width;
  setPlace(std::move(moved));
}

}  // namespace slab::nn
