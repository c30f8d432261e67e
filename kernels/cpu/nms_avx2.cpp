#include "kernels/cpu/nms_rows_impl.h"
#include "kernels/cpu/simd/avx2.h"

namespace slab::kernels {

const NmsRow kNmsRowAvx2 = nms_rows::suppress<simd::Avx2>;

}  // namespace slab::kernels
