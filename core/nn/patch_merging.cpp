#include "core/nn/patch_merging.h"

#include <ATen/ops/constant_pad_nd.h>

namespace slab::nn {

PatchMerging::PatchMerging(std::int64_t channels, const NormFactory& norms)
    : reduction(register_module("reduction", std::make_shared<Linear>(4 * channels, 2 * channels, false))),
      norm(*this, "norm", norms.make(4 * channels)),
      context_(norms.context) {}

at::Tensor PatchMerging::forward(const at::Tensor& tokens, std::int64_t height, std::int64_t width) {
  const auto batch = tokens.size(0), channels = tokens.size(2);
  const auto rows = (height + 1) / 2, columns = (width + 1) / 2;
  at::Tensor map = tokens.view({batch, height, width, channels});
  if (height % 2 != 0 || width % 2 != 0) map = at::constant_pad_nd(map, {0, 0, 0, width % 2, 0, height % 2});
  at::Tensor merged = map.view({batch, rows, 2, columns, 2, channels})
                          .permute({0, 1, 3, 4, 2, 5})
                          .reshape({batch, rows * columns, 4 * channels});
  {
    const StageScope scope(*context_, "norm");
    merged = norm.forward(merged);
  }
  return reduction->forward(merged);
}

}  // namespace slab::nn
