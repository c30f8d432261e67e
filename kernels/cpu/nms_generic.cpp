#include "kernels/cpu/nms_rows_impl.h"
#include "kernels/cpu/simd/generic.h"

namespace slab::kernels {

const NmsRow kNmsRowGeneric = nms_rows::suppress<simd::Generic>;

}  // namespace slab::kernels
