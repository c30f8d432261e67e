#include "core/nn/attention/softmax_attention.h"

#include <cmath>

#include "core/ops/attention.h"

namespace slab::nn {

SoftmaxAttention::SoftmaxAttention(AttentionPlace place, AttentionShape shape, ContextPtr context)
    : JointAttention(std::move(place), shape, std::move(context)),
      scale_(1.0 / std::sqrt(static_cast<double>(shape.width / shape.heads))) {}

at::Tensor SoftmaxAttention::mix(const at::Tensor& packed, const at::Tensor& mask) {
  const auto batch = packed.size(0), count = packed.size(1), width = channels();
  const at::Tensor split = packed.view({batch, count, 3, heads(), width / heads()}).permute({2, 0, 3, 1, 4});
  const at::Tensor logitBias = bias(batch, mask);
  at::Tensor output = ops::softmaxAttention(split[0], split[1], split[2], logitBias, scale_);
  output = output.transpose(1, 2).reshape({batch, count, width});
  if (auto* listener = probe()) record(*listener, packed, logitBias, output);
  return output;
}

at::Tensor SoftmaxAttention::bias(std::int64_t, const at::Tensor&) {
  return {};
}

void SoftmaxAttention::record(AttentionProbe& probe, const at::Tensor& packed, const at::Tensor& logitBias,
                              const at::Tensor& output) const {
  AttentionRecord record;
  record.kind = AttentionKind::Softmax;
  record.place = place();
  record.heads = heads();
  const auto parts = packed.chunk(3, -1);
  record.q = parts[0];
  record.k = parts[1];
  record.v = parts[2];
  record.output = output;
  record.scale = scale_;
  record.bias = logitBias;
  probe.record(record);
}

}  // namespace slab::nn
