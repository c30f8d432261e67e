#include "kernels/cpu/simd/avx2.h"
#include "kernels/cpu/weight_gradient_tiles_impl.h"

namespace slab::kernels {

const WeightGradientTiles kWeightGradientAvx2 = weight_gradient_tiles::run<simd::Avx2>;

}  // namespace slab::kernels
