#include "core/nn/attention/simplified_linear_attention.h"

#include <ATen/ops/zeros.h>

#include "core/ops/simplified_linear_attention.h"

namespace slab::nn {

SimplifiedLinearAttention::SimplifiedLinearAttention(AttentionPlace place, AttentionShape shape, ContextPtr context)
    : JointAttention(std::move(place), shape, std::move(context)) {
  TORCH_CHECK(this->place().prefixTokens == 0, "simplified linear attention takes no class token");
  positionalEncoding = register_parameter("positional_encoding", at::zeros({1, this->place().tokens(), shape.width}));
  const std::int64_t headWidth = shape.width / shape.heads;
  dwc = register_module("dwc",
                        std::make_shared<Conv2d>(ConvShape{headWidth, headWidth, kKernel, 1, kKernel / 2, headWidth}));
}

at::Tensor SimplifiedLinearAttention::mix(const at::Tensor& packed, const at::Tensor&) {
  at::Tensor output = ops::simplifiedLinearAttention(packed, positionalEncoding, dwc->weight, dwc->bias,
                                                     {heads(), place().windowHeight(), place().windowWidth()});
  if (auto* listener = probe()) record(*listener, packed, output);
  return output;
}

void SimplifiedLinearAttention::record(AttentionProbe& probe, const at::Tensor& packed,
                                       const at::Tensor& output) const {
  AttentionRecord record;
  record.kind = AttentionKind::SimplifiedLinear;
  record.place = place();
  record.heads = heads();
  const auto parts = packed.chunk(3, -1);
  record.q = parts[0];
  record.k = parts[1] + positionalEncoding;
  record.v = parts[2];
  record.output = output;
  record.dwcWeight = dwc->weight;
  record.dwcBias = dwc->bias;
  probe.record(record);
}

}  // namespace slab::nn
