#include "core/nn/attention/spatial_reduction.h"

#include <ATen/ops/upsample_linear1d.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>

#include "core/nn/attention/depthwise.h"
#include "core/nn/attention/focused_linear_attention.h"
#include "core/nn/attention/simplified_linear_attention.h"
#include "core/nn/patch_embed.h"
#include "core/ops/attention.h"
#include "core/ops/linear.h"
#include "core/ops/reference.h"
#include "core/ops/simplified_linear_attention.h"

namespace slab::nn {
namespace {

// (B, M, C) -> (B, N, C) along the flattened axis.
at::Tensor stretched(const at::Tensor& v, std::int64_t tokens) {
  return at::upsample_linear1d(v.transpose(1, 2), {tokens}, /*align_corners=*/false).transpose(1, 2);
}

}  // namespace

SpatialReductionAttention::SpatialReductionAttention(AttentionPlace place, AttentionShape shape,
                                                     const NormFactory& norms)
    : Attention(std::move(place), shape, norms.context),
      q(register_module("q", std::make_shared<Linear>(shape.width, shape.width, shape.qkvBias))),
      kv(register_module("kv", std::make_shared<Linear>(shape.width, 2 * shape.width, shape.qkvBias))),
      proj(register_module("proj", std::make_shared<Linear>(shape.width, shape.width))) {
  const std::int64_t reduction = this->place().reduction;
  if (reduction == 1) return;
  sr = register_module("sr", std::make_shared<Conv2d>(ConvShape{shape.width, shape.width, reduction, reduction, 0, 1}));
  norm.emplace(*this, "norm", norms.make(shape.width));
}

void SpatialReductionAttention::setGrid(std::int64_t height, std::int64_t width) {
  AttentionPlace moved = place();
  moved.height = height;
  moved.width = width;
  moved.window = std::max(height, width);
  setPlace(std::move(moved));
}

at::Tensor SpatialReductionAttention::reduced(const at::Tensor& tokens) {
  if (!sr) return tokens;
  at::Tensor keys;
  {
    const StageScope scope(context(), "reduction");
    const at::Tensor map = tokensToMap(tokens, place().windowHeight(), place().windowWidth());
    keys = ops::linear(gatherPatches(map, place().reduction), sr->weight.flatten(1), sr->bias);
  }
  const StageScope scope(context(), "norm");
  return norm->forward(keys);
}

at::Tensor SpatialReductionAttention::forward(const at::Tensor& tokens) {
  const at::Tensor source = reduced(tokens);
  at::Tensor queries, packed;
  {
    const StageScope scope(context(), "qkv");
    queries = q->forward(tokens);
    packed = kv->forward(source);
  }
  at::Tensor output;
  {
    const StageScope scope(context(), "attention");
    output = attend(queries, packed.narrow(-1, 0, channels()), packed.narrow(-1, channels(), channels()));
  }
  const StageScope scope(context(), "proj");
  return proj->forward(output);
}

AttentionRecord SpatialReductionAttention::recordOf(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                                    const at::Tensor& output) const {
  AttentionRecord record;
  record.kind = kind();
  record.place = place();
  record.heads = heads();
  record.q = q;
  record.k = k;
  record.v = v;
  record.output = output;
  return record;
}

ReducedSoftmaxAttention::ReducedSoftmaxAttention(AttentionPlace place, AttentionShape shape, const NormFactory& norms)
    : SpatialReductionAttention(std::move(place), shape, norms),
      scale_(1.0 / std::sqrt(static_cast<double>(shape.width / shape.heads))) {}

at::Tensor ReducedSoftmaxAttention::attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) {
  const auto byHead = [&](const at::Tensor& x) {
    return x.unflatten(-1, {heads(), channels() / heads()}).transpose(1, 2);
  };
  const at::Tensor output =
      ops::softmaxAttention(byHead(q), byHead(k), byHead(v), {}, scale_).transpose(1, 2).flatten(2);
  if (auto* listener = probe()) {
    auto record = recordOf(q, k, v, output);
    record.scale = scale_;
    listener->record(record);
  }
  return output;
}

ReducedLinearAttention::ReducedLinearAttention(AttentionKind kind, AttentionPlace place, AttentionShape shape,
                                               const NormFactory& norms)
    : SpatialReductionAttention(std::move(place), shape, norms), kind_(kind) {
  if (kind == AttentionKind::FocusedLinear) scale = register_parameter("scale", at::zeros({1, 1, shape.width}));
  const std::int64_t keys = this->place().keyHeight() * this->place().keyWidth();
  positionalEncoding = register_parameter("positional_encoding", at::zeros({1, keys, shape.width}));
  const std::int64_t headWidth = shape.width / shape.heads;
  constexpr auto kKernel = SimplifiedLinearAttention::kKernel;
  dwc = register_module("dwc",
                        std::make_shared<Conv2d>(ConvShape{headWidth, headWidth, kKernel, 1, kKernel / 2, headWidth}));
}

at::Tensor ReducedLinearAttention::attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) {
  return kind_ == AttentionKind::FocusedLinear ? attendFocused(q, k, v) : attendSimplified(q, k, v);
}

at::Tensor ReducedLinearAttention::encoding() const {
  return stretchedOverGrid(positionalEncoding, place().keyHeight(), place().keyWidth());
}

at::Tensor ReducedLinearAttention::attendSimplified(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) {
  const ops::SlaShape shape{heads(), place().windowHeight(), place().windowWidth()};
  if (place().reduction == 1) {
    const at::Tensor output = ops::simplifiedLinearAttention(q, k, v, encoding(), dwc->weight, dwc->bias, shape);
    report(q, k, v, {}, output);
    return output;
  }
  const at::Tensor wide = stretched(v, q.size(1));
  const at::Tensor output =
      ops::reference::simplifiedLinearAttention(q, k, v, encoding(), dwc->weight, dwc->bias, shape, wide);
  report(q, k, v, wide, output);
  return output;
}

at::Tensor ReducedLinearAttention::attendFocused(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) {
  const at::Tensor query = focusedFeatures(q, scale), key = focusedFeatures(k + encoding(), scale);
  const at::Tensor wide = place().reduction == 1 ? at::Tensor{} : stretched(v, q.size(1));
  const at::Tensor local = headwiseOverGrid(wide.defined() ? wide : v, dwc->weight, dwc->bias, place().windowHeight(),
                                            place().windowWidth());
  const at::Tensor output = focusedLinearAttention(query, key, v, heads()) + local;
  report(query, key, v, wide, output);
  return output;
}

void ReducedLinearAttention::report(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                    const at::Tensor& wide, const at::Tensor& output) const {
  auto* listener = probe();
  if (listener == nullptr) return;
  auto record = recordOf(q, kind_ == AttentionKind::FocusedLinear ? k : k + encoding(), v, output);
  record.dwcWeight = dwc->weight;
  record.dwcBias = dwc->bias;
  record.stretchedV = wide;
  listener->record(record);
}

}  // namespace slab::nn
