#include "core/nn/attention/window_attention.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/index_select.h>
#include <c10/core/GradMode.h>

#include "core/nn/attention/windows.h"
#include "core/nn/init.h"

namespace slab::nn {

WindowAttention::WindowAttention(AttentionPlace place, AttentionShape shape, ContextPtr context)
    : SoftmaxAttention(std::move(place), shape, std::move(context)) {
  const std::int64_t window = this->place().window;
  const std::int64_t offsets = 2 * window - 1;
  relativePositionBiasTable =
      register_parameter("relative_position_bias_table", at::empty({offsets * offsets, shape.heads}));
  init::normal(relativePositionBiasTable, init::kWeightStd);
  relativePositionIndex = register_buffer("relative_position_index", nn::relativePositionIndex(window));
}

at::Tensor WindowAttention::gatherBias(const at::Tensor& mask) const {
  const std::int64_t tokens = relativePositionIndex.size(0);
  const at::Tensor relative = at::index_select(relativePositionBiasTable, 0, relativePositionIndex.view(-1))
                                  .view({1, tokens, tokens, heads()})
                                  .permute({0, 3, 1, 2});
  return mask.defined() ? relative + mask.unsqueeze(1) : relative.contiguous();
}

at::Tensor WindowAttention::bias(std::int64_t batch, const at::Tensor& mask) {
  at::Tensor values;
  if (c10::GradMode::is_enabled() || relativePositionBiasTable.is_inference()) {
    values = gatherBias(mask);
  } else {
    const auto version = static_cast<std::uint32_t>(relativePositionBiasTable._version());
    const bool isSame = gathered_.values.defined() && gathered_.mask.is_same(mask) && gathered_.version == version &&
                        gathered_.table.is_alias_of(relativePositionBiasTable.storage());
    if (!isSame) gathered_ = {gatherBias(mask), mask, relativePositionBiasTable.storage(), version};
    values = gathered_.values;
  }
  const std::int64_t windows = values.size(0), tokens = values.size(2);
  if (windows == 1 || windows == batch) return values;
  return values.unsqueeze(0)
      .expand({batch / windows, windows, heads(), tokens, tokens})
      .reshape({batch, heads(), tokens, tokens});
}

}  // namespace slab::nn
