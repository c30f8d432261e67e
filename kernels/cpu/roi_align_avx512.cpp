#include "kernels/cpu/roi_align_bins_impl.h"
#include "kernels/cpu/simd/avx512.h"

namespace slab::kernels {

const RoiAlignBins kRoiAlignBinsAvx512 = roi_align_bins::kTable<simd::Avx512>;

}  // namespace slab::kernels
