#include "kernels/cpu/gelu_loops_impl.h"
#include "kernels/cpu/simd/generic.h"

namespace slab::kernels {

const GeluLoops kGeluLoopsGeneric[3] = {gelu_loops::kTable<simd::Generic, float>,
                                        gelu_loops::kTable<simd::Generic, BFloat16>,
                                        gelu_loops::kTable<simd::Generic, Half>};

}  // namespace slab::kernels
