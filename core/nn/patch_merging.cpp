#include "core/nn/patch_merging.h"

namespace slab::nn {

PatchMerging::PatchMerging(std::int64_t height, std::int64_t width, std::int64_t channels, const NormFactory& norms)
    : reduction(register_module("reduction", std::make_shared<Linear>(4 * channels, 2 * channels, false))),
      norm(*this, "norm", norms.make(4 * channels)),
      height_(height),
      width_(width),
      context_(norms.context) {}

at::Tensor PatchMerging::forward(const at::Tensor& tokens) {
  const auto batch = tokens.size(0), channels = tokens.size(2);
  at::Tensor merged = tokens.view({batch, height_ / 2, 2, width_ / 2, 2, channels})
                          .permute({0, 1, 3, 4, 2, 5})
                          .reshape({batch, height_ * width_ / 4, 4 * channels});
  {
    const StageScope scope(*context_, "norm");
    merged = norm.forward(merged);
  }
  return reduction->forward(merged);
}

}  // namespace slab::nn
