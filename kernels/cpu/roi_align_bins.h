#pragma once

#include <cstdint>

#include "kernels/common/roi_tables.h"

namespace slab::kernels {

/// The loops of RoIAlign over filled tables, for one instruction set.
struct RoiAlignBins {
  /// Regions [begin, end).
  void (*forward)(const RoiAlignForward&, const RoiTables&, std::int64_t begin, std::int64_t end);
  /// All regions of `image`, channels [begin, end) of its gradient, which is set to zero first.
  void (*backward)(const RoiAlignBackward&, const RoiTables&, std::int64_t image, std::int64_t begin, std::int64_t end);
};

extern const RoiAlignBins kRoiAlignBinsGeneric;
extern const RoiAlignBins kRoiAlignBinsAvx2;
extern const RoiAlignBins kRoiAlignBinsAvx512;

}  // namespace slab::kernels
