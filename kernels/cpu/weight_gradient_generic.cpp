#include "kernels/cpu/simd/generic.h"
#include "kernels/cpu/weight_gradient_tiles_impl.h"

namespace slab::kernels {

const WeightGradientTiles kWeightGradientGeneric = weight_gradient_tiles::run<simd::Generic>;

}  // namespace slab::kernels
