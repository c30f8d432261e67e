#include "kernels/cpu/simd/avx512.h"
#include "kernels/cpu/weight_gradient_tiles_impl.h"

namespace slab::kernels {

const WeightGradientTiles kWeightGradientAvx512 = weight_gradient_tiles::run<simd::Avx512>;

}  // namespace slab::kernels
