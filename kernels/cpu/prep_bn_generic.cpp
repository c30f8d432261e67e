#include "kernels/cpu/prep_bn_rows_impl.h"
#include "kernels/cpu/simd/generic.h"

namespace slab::kernels {

const PrepBnRows kPrepBnRowsGeneric[3] = {prep_bn_rows::kTable<simd::Generic, float>,
                                          prep_bn_rows::kTable<simd::Generic, BFloat16>,
                                          prep_bn_rows::kTable<simd::Generic, Half>};

}  // namespace slab::kernels
