#include "kernels/cpu/simd/avx2.h"
#include "kernels/cpu/sla_tiles_impl.h"

namespace slab::kernels {

const SlaTiles kSlaTilesAvx2[3] = {sla_tiles::kTable<simd::Avx2, float>, sla_tiles::kTable<simd::Avx2, BFloat16>,
                                   sla_tiles::kTable<simd::Avx2, Half>};

}  // namespace slab::kernels
