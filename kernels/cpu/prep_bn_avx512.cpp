#include "kernels/cpu/prep_bn_rows_impl.h"
#include "kernels/cpu/simd/avx512.h"

namespace slab::kernels {

const PrepBnRows kPrepBnRowsAvx512[3] = {prep_bn_rows::kTable<simd::Avx512, float>,
                                         prep_bn_rows::kTable<simd::Avx512, BFloat16>,
                                         prep_bn_rows::kTable<simd::Avx512, Half>};

}  // namespace slab::kernels
