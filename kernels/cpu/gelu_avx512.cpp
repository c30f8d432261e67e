#include "kernels/cpu/gelu_loops_impl.h"
#include "kernels/cpu/simd/avx512.h"

namespace slab::kernels {

const GeluLoops kGeluLoopsAvx512[3] = {gelu_loops::kTable<simd::Avx512, float>,
                                       gelu_loops::kTable<simd::Avx512, BFloat16>,
                                       gelu_loops::kTable<simd::Avx512, Half>};

}  // namespace slab::kernels
