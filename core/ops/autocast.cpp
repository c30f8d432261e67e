#include "core/ops/autocast.h"

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>

namespace slab::ops {

Autocast::Autocast(c10::DeviceType device, std::optional<at::ScalarType> type) : device_(device), type_(type) {
  if (!type_) return;
  wasEnabled_ = at::autocast::is_autocast_enabled(device_);
  wasCached_ = at::autocast::is_autocast_cache_enabled();
  before_ = at::autocast::get_autocast_dtype(device_);
  at::autocast::set_autocast_enabled(device_, true);
  at::autocast::set_autocast_dtype(device_, *type_);
  at::autocast::set_autocast_cache_enabled(false);
}

Autocast::~Autocast() {
  if (!type_) return;
  at::autocast::set_autocast_enabled(device_, wasEnabled_);
  at::autocast::set_autocast_dtype(device_, before_);
  at::autocast::set_autocast_cache_enabled(wasCached_);
}

std::optional<at::ScalarType> autocastType(c10::DeviceType device) {
  if (!at::autocast::is_autocast_enabled(device)) return std::nullopt;
  return at::autocast::get_autocast_dtype(device);
}

at::Tensor widened(const at::Tensor& x) {
  const bool isReduced = x.scalar_type() == at::kBFloat16 || x.scalar_type() == at::kHalf;
  return isReduced && autocastType(x.device().type()) ? x.to(at::kFloat) : x;
}

}  // namespace slab::ops
