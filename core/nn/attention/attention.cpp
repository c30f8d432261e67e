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
  qkv = register_module("qkv", std::make_shared<Linear>(shape_.width, 3 * shape_.width, shape_.qkvBias));
  proj = register_module("proj", std::make_shared<Linear>(shape_.width, shape_.width));
}

AttentionProbe* Attention::probe() const {
  return context_->probe != nullptr && context_->probe->wants(place_) ? context_->probe : nullptr;
}

}  // namespace slab::nn
