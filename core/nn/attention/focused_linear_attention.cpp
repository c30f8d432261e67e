#include "core/nn/attention/focused_linear_attention.h"

#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/softplus.h>
#include <ATen/ops/zeros.h>

#include "core/nn/attention/depthwise.h"
#include "core/ops/autocast.h"

namespace slab::nn {
namespace {

constexpr double kEpsilon = 1e-6;

bool isReduced(const at::Tensor& x) {
  return x.scalar_type() == at::kHalf || x.scalar_type() == at::kBFloat16;
}

at::Tensor tokenNorm(const at::Tensor& x) {
  return at::linalg_vector_norm(x, 2, {-1}, /*keepdim=*/true);
}

// (B, N, C) -> (B, h, N, d)
at::Tensor splitHeads(const at::Tensor& x, std::int64_t heads) {
  return x.view({x.size(0), x.size(1), heads, x.size(2) / heads}).transpose(1, 2);
}

}  // namespace

at::Tensor focusedFeatures(const at::Tensor& x, const at::Tensor& scale) {
  const ops::AutocastOff core;
  const at::Tensor wide = isReduced(x) ? x.to(at::kFloat) : x;
  const at::Tensor positive = (at::relu(wide) + kEpsilon) / at::softplus(scale.to(wide.scalar_type()));
  const at::Tensor focused = positive * positive * positive;
  return focused * (tokenNorm(positive) / tokenNorm(focused));
}

at::Tensor focusedLinearAttention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, std::int64_t heads) {
  const ops::AutocastOff core;
  const auto batch = q.size(0), queries = q.size(1), keys = k.size(1), width = q.size(2), d = width / heads;
  const at::Tensor query = splitHeads(q, heads), key = splitHeads(k, heads);
  const at::Tensor value = splitHeads(v.reshape({batch, keys, width}).to(q.scalar_type()), heads);
  const at::Tensor normaliser = at::matmul(query, key.mean(2, /*keepdim=*/true).transpose(2, 3)) + kEpsilon;
  // The cheaper association; the reference scales by the keys' number, which keeps the sums small.
  const bool valuesFirst = 2 * queries * keys > d * (queries + keys);
  const at::Tensor scaled = value / static_cast<double>(keys);
  const at::Tensor sums = valuesFirst ? at::matmul(query, at::matmul(key.transpose(2, 3), scaled))
                                      : at::matmul(at::matmul(query, key.transpose(2, 3)), scaled);
  return (sums / normaliser).transpose(1, 2).reshape({batch, queries, width}).to(v.scalar_type());
}

FocusedLinearAttention::FocusedLinearAttention(AttentionPlace place, AttentionShape shape, ContextPtr context)
    : JointAttention(std::move(place), shape, std::move(context)) {
  TORCH_CHECK(this->place().prefixTokens == 0, "focused linear attention takes no class token");
  scale = register_parameter("scale", at::zeros({1, 1, shape.width}));
  positionalEncoding = register_parameter("positional_encoding", at::zeros({1, this->place().tokens(), shape.width}));
  const std::int64_t headWidth = shape.width / shape.heads;
  dwc = register_module("dwc",
                        std::make_shared<Conv2d>(ConvShape{headWidth, headWidth, kKernel, 1, kKernel / 2, headWidth}));
}

at::Tensor FocusedLinearAttention::mix(const at::Tensor& packed, const at::Tensor&) {
  const auto parts = packed.chunk(3, -1);
  const at::Tensor q = focusedFeatures(parts[0], scale), k = focusedFeatures(parts[1] + positionalEncoding, scale);
  const at::Tensor local =
      headwiseOverGrid(parts[2], dwc->weight, dwc->bias, place().windowHeight(), place().windowWidth());
  const at::Tensor output = focusedLinearAttention(q, k, parts[2], heads()) + local;
  if (auto* listener = probe()) {
    AttentionRecord record;
    record.kind = kind();
    record.place = place();
    record.heads = heads();
    record.q = q;
    record.k = k;
    record.v = parts[2];
    record.output = output;
    record.dwcWeight = dwc->weight;
    record.dwcBias = dwc->bias;
    listener->record(record);
  }
  return output;
}

}  // namespace slab::nn
