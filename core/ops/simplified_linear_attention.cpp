#include "core/ops/simplified_linear_attention.h"

#include <ATen/ATen.h>

#include <string>

#include "core/base/error.h"
#include "core/ops/options.h"
#include "core/ops/reference.h"
#include "core/ops/sla_binding.h"

namespace slab::ops {
namespace {

void require(bool condition, const std::string& what) {
  if (!condition) throw Error(ErrorKind::Internal, "simplified linear attention: " + what);
}

void checkShapes(std::int64_t tokens, std::int64_t channels, const at::Tensor& positionalEncoding,
                 const at::Tensor& dwcWeight, const at::Tensor& dwcBias, SlaShape shape) {
  require(shape.heads > 0 && channels % shape.heads == 0,
          std::to_string(channels) + " channels are not divisible by " + std::to_string(shape.heads) + " heads");
  const auto width = channels / shape.heads;
  require(tokens == shape.height * shape.width, std::to_string(tokens) + " tokens are not a " +
                                                    std::to_string(shape.height) + " x " + std::to_string(shape.width) +
                                                    " grid");
  require(positionalEncoding.dim() == 3 && positionalEncoding.size(0) == 1 && positionalEncoding.size(1) == tokens &&
              positionalEncoding.size(2) == channels,
          "the positional encoding is not (1, tokens, channels)");
  require(dwcWeight.dim() == 4 && dwcWeight.size(0) == width && dwcWeight.size(1) == 1 &&
              dwcWeight.size(2) == dwcWeight.size(3) && dwcWeight.size(2) % 2 == 1,
          "the depthwise weight is not (channels / heads, 1, k, k) with k odd");
  require(dwcBias.dim() == 1 && dwcBias.size(0) == width, "the depthwise bias is not (channels / heads)");
}

bool takesKernel(const at::Tensor& q, const at::Tensor& dwcWeight) {
  const auto backend = options().backend;
  if (backend == Backend::Reference) return false;
  if (slaKernelSupports(q, dwcWeight)) return true;
  if (backend == Backend::Auto) return false;
  throw Error(ErrorKind::Config, std::string("ops.backend=kernel has no simplified linear attention for ") +
                                     at::toString(q.scalar_type()) + " on " + q.device().str() +
                                     "; set ops.backend to auto");
}

}  // namespace

at::Tensor simplifiedLinearAttention(const at::Tensor& qkv, const at::Tensor& positionalEncoding,
                                     const at::Tensor& dwcWeight, const at::Tensor& dwcBias, SlaShape shape) {
  require(qkv.dim() == 3 && qkv.size(2) % 3 == 0, "qkv is not (batch, tokens, 3 channels)");
  const auto channels = qkv.size(2) / 3;
  checkShapes(qkv.size(1), channels, positionalEncoding, dwcWeight, dwcBias, shape);
  if (takesKernel(qkv, dwcWeight)) return slaKernel(qkv, {positionalEncoding, dwcWeight, dwcBias}, shape);
  return simplifiedLinearAttention(qkv.slice(2, 0, channels), qkv.slice(2, channels, 2 * channels),
                                   qkv.slice(2, 2 * channels, 3 * channels), positionalEncoding, dwcWeight, dwcBias,
                                   shape);
}

at::Tensor simplifiedLinearAttention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                     const at::Tensor& positionalEncoding, const at::Tensor& dwcWeight,
                                     const at::Tensor& dwcBias, SlaShape shape) {
  require(q.dim() == 3 && k.sizes() == q.sizes() && v.sizes() == q.sizes(),
          "q, k and v are not all (batch, tokens, channels)");
  checkShapes(q.size(1), q.size(2), positionalEncoding, dwcWeight, dwcBias, shape);
  if (takesKernel(q, dwcWeight)) return slaKernel(q, k, v, {positionalEncoding, dwcWeight, dwcBias}, shape);
  return reference::simplifiedLinearAttention(q, k, v, positionalEncoding, dwcWeight, dwcBias, shape);
}

}  // namespace slab::ops
