#include "kernels/cpu/roi_align_bins_impl.h"
#include "kernels/cpu/simd/avx2.h"

namespace slab::kernels {

const RoiAlignBins kRoiAlignBinsAvx2 = roi_align_bins::kTable<simd::Avx2>;

}  // namespace slab::kernels
