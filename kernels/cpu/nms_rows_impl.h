#pragma once

#include "kernels/cpu/nms_rows.h"
#include "kernels/cpu/simd/lanes.h"

/// The body of NmsRow as a template over the vector type V.
namespace slab::kernels::nms_rows {

template <class V>
void suppress(const NmsColumns& boxes, std::int64_t index, std::int64_t begin, std::int64_t end, float threshold) {
  using F = typename V::F;
  const F x1 = V::broadcast(boxes.x1[index]), y1 = V::broadcast(boxes.y1[index]);
  const F x2 = V::broadcast(boxes.x2[index]), y2 = V::broadcast(boxes.y2[index]);
  const F area = V::broadcast(boxes.area[index]), limit = V::broadcast(threshold), one = V::broadcast(1.0f);
  simd::forEachVector<V>(end - begin, [&](std::int64_t offset, auto lanes) {
    const std::int64_t at = begin + offset;
    const F left = V::max(x1, V::load(boxes.x1 + at, lanes)), right = V::min(x2, V::load(boxes.x2 + at, lanes));
    const F top = V::max(y1, V::load(boxes.y1 + at, lanes)), bottom = V::min(y2, V::load(boxes.y2 + at, lanes));
    const F width = V::relu(right - left), height = V::relu(bottom - top);
    const F shared = width * height;
    const F both = area + V::load(boxes.area + at, lanes);
    const F overlap = shared / (both - shared);
    float* to = boxes.suppressed + at;
    V::store(to, V::load(to, lanes) + V::wherePositive(overlap - limit, one), lanes);
  });
}

}  // namespace slab::kernels::nms_rows
