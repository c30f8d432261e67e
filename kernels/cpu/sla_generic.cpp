#include "kernels/cpu/simd/generic.h"
#include "kernels/cpu/sla_tiles_impl.h"

namespace slab::kernels {

const SlaTiles kSlaTilesGeneric[3] = {sla_tiles::kTable<simd::Generic, float>,
                                      sla_tiles::kTable<simd::Generic, BFloat16>,
                                      sla_tiles::kTable<simd::Generic, Half>};

}  // namespace slab::kernels
