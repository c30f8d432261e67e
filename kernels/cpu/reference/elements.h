#pragma once

#include <cstdint>

#include "kernels/common/dtype.h"

namespace slab::kernels::reference {

/// Element `index` of an array of the storage type.
[[nodiscard]] inline double get(DType dtype, const void* data, std::int64_t index) {
  switch (dtype) {
    case DType::F32: return static_cast<const float*>(data)[index];
    case DType::BF16: return toFloat(static_cast<const BFloat16*>(data)[index]);
    case DType::F16: return toFloat(static_cast<const Half*>(data)[index]);
  }
  return 0.0;
}

/// Rounds to float32 and then to the storage type, as the kernels do.
inline void put(DType dtype, void* data, std::int64_t index, double value) {
  const auto single = static_cast<float>(value);
  switch (dtype) {
    case DType::F32: static_cast<float*>(data)[index] = single; break;
    case DType::BF16: static_cast<BFloat16*>(data)[index] = fromFloat<BFloat16>(single); break;
    case DType::F16: static_cast<Half*>(data)[index] = fromFloat<Half>(single); break;
  }
}

}  // namespace slab::kernels::reference
