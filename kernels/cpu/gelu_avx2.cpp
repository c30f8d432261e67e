#include "kernels/cpu/gelu_loops_impl.h"
#include "kernels/cpu/simd/avx2.h"

namespace slab::kernels {

const GeluLoops kGeluLoopsAvx2[3] = {gelu_loops::kTable<simd::Avx2, float>, gelu_loops::kTable<simd::Avx2, BFloat16>,
                                     gelu_loops::kTable<simd::Avx2, Half>};

}  // namespace slab::kernels
