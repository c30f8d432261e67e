#pragma once

#include <cstdint>

namespace slab::kernels {

/// Boxes by coordinate, with their areas.
struct NmsColumns {
  float *x1, *y1, *x2, *y2, *area;
  float* suppressed;  ///< above 0: suppressed
};

/// Marks those of the boxes [begin, end) that box `index` overlaps by more than the threshold.
using NmsRow = void (*)(const NmsColumns&, std::int64_t index, std::int64_t begin, std::int64_t end, float threshold);

extern const NmsRow kNmsRowGeneric;
extern const NmsRow kNmsRowAvx2;
extern const NmsRow kNmsRowAvx512;

}  // namespace slab::kernels
