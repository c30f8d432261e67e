#pragma once

#include <cstdint>

#include "kernels/common/dtype.h"
#include "kernels/common/parallel_for.h"
#include "kernels/common/status.h"

/// The exact GELU (Hendrycks and Gimpel, 2016), y = x Phi(x), and its derivative Phi(x) + x phi(x), with the normal
/// distribution's integral after Abramowitz and Stegun, 7.1.26: absolute error below 1e-7. On the CPU alone.
namespace slab::kernels {

struct GeluForward {
  DType dtype = DType::F32;
  std::int64_t count = 0;
  const void* x = nullptr;
  void* y = nullptr;  ///< may be x
};

struct GeluBackward {
  DType dtype = DType::F32;
  std::int64_t count = 0;
  const void* x = nullptr;
  const void* dy = nullptr;
  void* dx = nullptr;  ///< may be x or dy
};

/// Vectorised for the processor at hand; the result does not depend on the number of threads.
[[nodiscard]] Status geluForward(const GeluForward& call, const ParallelFor& parallelFor);
[[nodiscard]] Status geluBackward(const GeluBackward& call, const ParallelFor& parallelFor);

/// Plain loops in double precision: what "correct" means.
namespace reference {
[[nodiscard]] Status geluForward(const GeluForward& call);
[[nodiscard]] Status geluBackward(const GeluBackward& call);
}  // namespace reference

}  // namespace slab::kernels
