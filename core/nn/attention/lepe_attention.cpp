#include "core/nn/attention/lepe_attention.h"

#include <ATen/ops/zeros.h>

#include <cmath>

#include "core/nn/attention/depthwise.h"
#include "core/nn/attention/focused_linear_attention.h"
#include "core/ops/attention.h"
#include "core/ops/simplified_linear_attention.h"

namespace slab::nn {
namespace {

double softmaxScale(std::int64_t channels, std::int64_t heads) {
  return 1.0 / std::sqrt(static_cast<double>(channels / heads));
}

std::shared_ptr<Conv2d> depthwiseConv(std::int64_t channels, std::int64_t kernel) {
  return std::make_shared<Conv2d>(ConvShape{channels, channels, kernel, 1, kernel / 2, channels});
}

}  // namespace

LepeAttention::LepeAttention(AttentionKind kind, AttentionPlace place, AttentionShape shape, ContextPtr context)
    : Attention(std::move(place), shape, std::move(context)), kind_(kind) {
  const bool isLinear = kind != AttentionKind::Softmax;
  if (isLinear) {
    scale = register_parameter("scale", at::zeros({1, 1, shape.width}));
    positionalEncoding = register_parameter("positional_encoding", at::zeros({1, this->place().tokens(), shape.width}));
  }
  getV = register_module("get_v", depthwiseConv(shape.width, kLepeKernel));
  if (isLinear) dwc = register_module("dwc", depthwiseConv(shape.width / shape.heads, kKernel));
}

at::Tensor LepeAttention::forward(const at::Tensor& packed) {
  const StageScope scope(context(), "attention");
  const at::Tensor v = packed.slice(2, 2 * channels());
  at::Tensor output;
  switch (kind_) {
    case AttentionKind::Softmax: output = softmax(packed); break;
    case AttentionKind::FocusedLinear: output = focused(packed); break;
    case AttentionKind::SimplifiedLinear:
      output = ops::simplifiedLinearAttention(packed, positionalEncoding, dwc->weight, dwc->bias,
                                              {heads(), place().windowHeight(), place().windowWidth()});
      break;
  }
  output = output + lepe(v);
  if (auto* listener = probe()) record(*listener, packed, output);
  return output;
}

at::Tensor LepeAttention::softmax(const at::Tensor& packed) const {
  const auto batch = packed.size(0), count = packed.size(1);
  const at::Tensor split = packed.view({batch, count, 3, heads(), channels() / heads()}).permute({2, 0, 3, 1, 4});
  const at::Tensor output =
      ops::softmaxAttention(split[0], split[1], split[2], at::Tensor(), softmaxScale(channels(), heads()));
  return output.transpose(1, 2).reshape({batch, count, channels()});
}

at::Tensor LepeAttention::focused(const at::Tensor& packed) const {
  const auto parts = packed.chunk(3, -1);
  const at::Tensor q = focusedFeatures(parts[0], scale), k = focusedFeatures(parts[1] + positionalEncoding, scale);
  return focusedLinearAttention(q, k, parts[2], heads()) +
         headwiseOverGrid(parts[2], dwc->weight, dwc->bias, place().windowHeight(), place().windowWidth());
}

at::Tensor LepeAttention::lepe(const at::Tensor& v) const {
  return depthwiseOverGrid(v, getV->weight, getV->bias, place().windowHeight(), place().windowWidth());
}

void LepeAttention::record(AttentionProbe& probe, const at::Tensor& packed, const at::Tensor& output) const {
  const auto parts = packed.chunk(3, -1);
  AttentionRecord record;
  record.kind = kind_;
  record.place = place();
  record.heads = heads();
  record.q = parts[0];
  record.k = parts[1];
  record.v = parts[2];
  record.output = output;
  record.lepeWeight = getV->weight;
  record.lepeBias = getV->bias;
  if (kind_ == AttentionKind::Softmax) {
    record.scale = softmaxScale(channels(), heads());
  } else {
    record.k = parts[1] + positionalEncoding;
    record.dwcWeight = dwc->weight;
    record.dwcBias = dwc->bias;
  }
  if (kind_ == AttentionKind::FocusedLinear) {
    record.q = focusedFeatures(record.q, scale);
    record.k = focusedFeatures(record.k, scale);
  }
  probe.record(record);
}

}  // namespace slab::nn
