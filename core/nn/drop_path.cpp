#include "core/nn/drop_path.h"

#include <ATen/ops/addcmul.h>
#include <ATen/ops/empty.h>
#include <c10/core/GradMode.h>

#include <vector>

namespace slab::nn {

at::Tensor ResidualDropPath::add(const at::Tensor& x, at::Tensor y, bool training) const {
  if (!training || rate_ <= 0.0) return c10::GradMode::is_enabled() ? x + y : y.add_(x);
  const double keep = 1.0 - rate_;
  if (keep <= 0.0) return x.clone();
  std::vector<std::int64_t> shape(static_cast<std::size_t>(x.dim()), 1);
  shape.front() = x.size(0);
  auto scale = at::empty(shape, x.options().requires_grad(false));
  scale.bernoulli_(keep, context_->generator).div_(keep);
  return at::addcmul(x, y, scale);
}

double dropPathRate(double rate, std::int64_t index, std::int64_t blocks) {
  return blocks > 1 ? rate * static_cast<double>(index) / static_cast<double>(blocks - 1) : 0.0;
}

}  // namespace slab::nn
