#include "kernels/cpu/roi_align_bins_impl.h"
#include "kernels/cpu/simd/generic.h"

namespace slab::kernels {

const RoiAlignBins kRoiAlignBinsGeneric = roi_align_bins::kTable<simd::Generic>;

}  // namespace slab::kernels
