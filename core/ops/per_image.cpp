#include "core/ops/per_image.h"

#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include "core/device/parallel_for.h"
#include "core/ops/autocast.h"

namespace slab::ops {

void perImage(std::int64_t count, c10::Device device, const std::function<void(std::int64_t)>& each) {
  const auto range = [&](std::int64_t begin, std::int64_t end) {
    const c10::NoGradGuard noGrad;
    const AutocastOff off;
    for (std::int64_t i = begin; i < end; ++i) each(i);
  };
  if (device.is_cpu() && count >= at::get_num_threads()) {
    device::parallelFor(0, count, 1, range);
  } else {
    range(0, count);
  }
}

}  // namespace slab::ops
