#include "kernels/cpu/simd/avx512.h"
#include "kernels/cpu/sla_tiles_impl.h"

namespace slab::kernels {

const SlaTiles kSlaTilesAvx512[3] = {sla_tiles::kTable<simd::Avx512, float>, sla_tiles::kTable<simd::Avx512, BFloat16>,
                                     sla_tiles::kTable<simd::Avx512, Half>};

}  // namespace slab::kernels
