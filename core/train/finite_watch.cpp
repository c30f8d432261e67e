#include "core/train/finite_watch.h"

#include <torch/torch.h>

#include <limits>

#include "core/base/clock.h"

namespace slab::train {

FiniteWatch::FiniteWatch(const torch::nn::Module& model) {
  for (const auto& parameter : model.parameters()) watched_.push_back(parameter);
  for (const auto& buffer : model.buffers()) {
    if (buffer.is_floating_point() && buffer.numel() > 0) watched_.push_back(buffer);
  }
}

bool FiniteWatch::look(std::int64_t completed, double stepSeconds) {
  credit_ += kShare * stepSeconds;
  // What was broken from the start is told after the first step, with its batch.
  const bool isDue = !lastFinite_ || credit_ >= cost_;
  return !isDue || lookNow(completed);
}

bool FiniteWatch::lookNow(std::int64_t completed) {
  const Stopwatch watch;
  const at::NoGradGuard noGrad;
  // The largest magnitude of each is finite if and only if all its values are: NaN passes through the maximum.
  const auto largest = at::_foreach_norm(watched_, std::numeric_limits<double>::infinity());
  const bool isFinite = at::stack(largest).isfinite().all().item<bool>();
  if (isFinite) lastFinite_ = completed;
  cost_ = watch.seconds();
  credit_ -= cost_;
  return isFinite;
}

}  // namespace slab::train
