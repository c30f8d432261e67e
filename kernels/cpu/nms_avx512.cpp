#include "kernels/cpu/nms_rows_impl.h"
#include "kernels/cpu/simd/avx512.h"

namespace slab::kernels {

const NmsRow kNmsRowAvx512 = nms_rows::suppress<simd::Avx512>;

}  // namespace slab::kernels
