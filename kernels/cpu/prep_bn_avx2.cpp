#include "kernels/cpu/prep_bn_rows_impl.h"
#include "kernels/cpu/simd/avx2.h"

namespace slab::kernels {

const PrepBnRows kPrepBnRowsAvx2[3] = {prep_bn_rows::kTable<simd::Avx2, float>,
                                       prep_bn_rows::kTable<simd::Avx2, BFloat16>,
                                       prep_bn_rows::kTable<simd::Avx2, Half>};

}  // namespace slab::kernels
