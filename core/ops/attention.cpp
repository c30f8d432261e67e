#include "core/ops/attention.h"

#include <ATen/ATen.h>

#include "core/ops/options.h"
#include "core/ops/reference.h"

namespace slab::ops {

at::Tensor softmaxAttention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& bias,
                            double scale) {
  return reference::softmaxAttention(q, k, v, bias, scale);
}

}  // namespace slab::ops
