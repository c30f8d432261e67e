#include "core/ops/reference.h"

#include <ATen/ATen.h>

#include "core/ops/autocast.h"

namespace slab::ops::reference {
namespace {

/// (B, N, C) -> (B h, N, d), as einops' "b n (h c) -> (b h) n c".
at::Tensor splitHeads(const at::Tensor& x, std::int64_t heads) {
  const auto batch = x.size(0), tokens = x.size(1), width = x.size(2) / heads;
  return x.reshape({batch, tokens, heads, width}).permute({0, 2, 1, 3}).reshape({batch * heads, tokens, width});
}

at::Tensor mergeHeads(const at::Tensor& x, std::int64_t heads) {
  const auto batch = x.size(0) / heads, tokens = x.size(1), width = x.size(2);
  return x.reshape({batch, heads, tokens, width}).permute({0, 2, 1, 3}).reshape({batch, tokens, heads * width});
}

/// ReLU(q) (ReLU(k)^T v) with the normaliser multiplied last; the cheaper association, as the reference picks.
at::Tensor linearAttention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) {
  const auto z = at::reciprocal(at::einsum("bic,bc->bi", {q, k.sum(1)}) + 1e-6);
  const auto i = q.size(1), j = k.size(1), c = k.size(2), d = v.size(2);
  if (i * j * (c + d) > c * d * (i + j)) {
    const auto kv = at::einsum("bjc,bjd->bcd", {k, v});
    return at::einsum("bic,bcd,bi->bid", {q, kv, z});
  }
  const auto qk = at::einsum("bic,bjc->bij", {q, k});
  return at::einsum("bij,bjd,bi->bid", {qk, v, z});
}

bool isReduced(const at::Tensor& x) {
  return x.scalar_type() == at::kHalf || x.scalar_type() == at::kBFloat16;
}

}  // namespace

at::Tensor layerNorm(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, double eps) {
  return at::layer_norm(x, {x.size(-1)}, weight, bias, eps);
}

at::Tensor repBn(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, const at::Tensor& alpha,
                 const at::Tensor& runningMean, const at::Tensor& runningVar, bool training, double momentum,
                 double eps) {
  const auto tokens = x.dim() == 3 ? x : x.dim() == 2 ? x.unsqueeze(0) : x.flatten(1, -2);
  const auto view = tokens.transpose(1, 2);
  const auto normalised =
      at::batch_norm(view, weight, bias, runningMean, runningVar, training, momentum, eps, /*cudnn_enabled=*/true);
  return (normalised + alpha * view).transpose(1, 2).reshape(x.sizes());
}

at::Tensor simplifiedLinearAttention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                     const at::Tensor& positionalEncoding, const at::Tensor& dwcWeight,
                                     const at::Tensor& dwcBias, SlaShape shape, const at::Tensor& dwcInput) {
  const AutocastOff core;
  const auto island = isReduced(q) ? at::kFloat : q.scalar_type();
  const auto heads = shape.heads;
  const auto query = splitHeads(at::relu(q), heads).to(island);
  const auto key = splitHeads(at::relu(k + positionalEncoding), heads).to(island);
  const auto value = splitHeads(v, heads).to(island);
  const auto attended = linearAttention(query, key, value);

  const auto width = value.size(2);
  const auto seen = dwcInput.defined() ? splitHeads(dwcInput, heads).to(island) : value;
  const auto map = seen.reshape({-1, shape.height, shape.width, width}).permute({0, 3, 1, 2});
  const auto pad = dwcWeight.size(2) / 2;
  const auto local = at::conv2d(map, dwcWeight.to(island), dwcBias.to(island), 1, pad, 1, width);
  const auto sum = attended + local.permute({0, 2, 3, 1}).reshape({-1, shape.height * shape.width, width});
  return mergeHeads(sum, heads).to(q.scalar_type());
}

at::Tensor softmaxAttention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& bias,
                            double scale) {
  auto logits = at::matmul(q * scale, k.transpose(-2, -1));
  if (bias.defined()) logits = logits + bias;
  return at::matmul(at::softmax(logits, -1), v);
}

}  // namespace slab::ops::reference
