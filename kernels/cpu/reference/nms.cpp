#include "kernels/nms.h"

#include <algorithm>

#include "kernels/common/checks.h"

namespace slab::kernels::reference {
namespace {

float overlap(const float* a, const float* b) {
  const float areaA = (a[2] - a[0]) * (a[3] - a[1]), areaB = (b[2] - b[0]) * (b[3] - b[1]);
  const float width = std::max(std::min(a[2], b[2]) - std::max(a[0], b[0]), 0.0f);
  const float height = std::max(std::min(a[3], b[3]) - std::max(a[1], b[1]), 0.0f);
  const float shared = width * height;
  return shared / (areaA + areaB - shared);
}

}  // namespace

Status nms(const Nms& call) {
  if (const Status status = check(call); status != Status::Ok || call.boxes == 0) return status;
  for (std::int64_t group = 0; group < call.groups; ++group) {
    const std::int64_t begin = call.groupBegin[group], end = call.groupBegin[group + 1];
    for (std::int64_t i = begin; i < end; ++i) {
      call.keep[i] = 1;
      for (std::int64_t j = begin; j < i && call.keep[i] != 0; ++j) {
        if (call.keep[j] != 0 && overlap(call.box + 4 * j, call.box + 4 * i) > call.threshold) call.keep[i] = 0;
      }
    }
  }
  return Status::Ok;
}

}  // namespace slab::kernels::reference
