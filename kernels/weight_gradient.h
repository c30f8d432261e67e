#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/common/parallel_for.h"
#include "kernels/common/status.h"

/// Parameter gradients of a linear layer y = x W^T + b from its input and the gradient of its output:
///
///     dW = dY^T X,   db = sum over rows of dY
///
/// Made for many rows and small matrices, where a general product copies its transposed left factor and leaves the
/// bias to another pass: dY is read once for both. On the CPU alone; a GPU's library has this case covered.
namespace slab::kernels {

/// float32, channels contiguous; strides in elements.
struct WeightGradient {
  std::int64_t rows = 0;  ///< 0: the gradients become zero
  std::int64_t in = 0;
  std::int64_t out = 0;
  const float* x = nullptr;  ///< (rows, in)
  std::int64_t xStride = 0;
  const float* dy = nullptr;  ///< (rows, out)
  std::int64_t dyStride = 0;
  float* dWeight = nullptr;  ///< (out, in), contiguous; overwritten
  float* dBias = nullptr;    ///< (out); null: not wanted

  void* workspace = nullptr;  ///< 64-byte aligned, contents undefined before and after
  std::size_t workspaceBytes = 0;
};

/// Bytes of workspace a call needs; depends on the sizes alone.
[[nodiscard]] std::size_t weightGradientWorkspaceBytes(const WeightGradient& call);

/// Vectorised for the processor at hand; the result does not depend on the number of threads.
[[nodiscard]] Status weightGradient(const WeightGradient& call, const ParallelFor& parallelFor);

/// Plain loops in double precision: what "correct" means. They need no workspace.
namespace reference {
[[nodiscard]] Status weightGradient(const WeightGradient& call);
}  // namespace reference

}  // namespace slab::kernels
