#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/common/dtype.h"
#include "kernels/common/parallel_for.h"
#include "kernels/common/status.h"

/// Simplified linear attention (SLAB, arXiv 2405.11582, section 3.3), from projected q, k, v to the tokens that the
/// output projection reads. Per image (or window) and head, with row vectors of length headDim:
///
///     q' = ReLU(q),  k' = ReLU(k + P)
///     o_i = (q'_i sum_j k'_j^T v_j) / (q'_i . sum_j k'_j + 1e-6)  +  depthwiseConv(V)_i + bias
///
/// The convolution sees V as a height x width map, zero-padded, one filter per channel of a head, shared by all heads.
/// Channel index = head * headDim + c; C = heads * headDim. Windows are images of their own: batch = windows * images.
/// Sums are float32 or wider whatever the storage type.
namespace slab::kernels {

/// Sizes that both directions share.
struct SlaShape {
  DType dtype = DType::F32;  ///< of q, k, v, the output and their gradients
  std::int64_t batch = 0;    ///< 0 is allowed: parameter gradients become zero
  std::int64_t queries = 0;
  std::int64_t keys = 0;  ///< with a convolution, keys = queries = height * width
  std::int64_t heads = 0;
  std::int64_t headDim = 0;
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::int64_t kernel = 0;  ///< side of the convolution, odd, at most 15; 0: no convolution
};

/// Tokens of a (batch, tokens, C) tensor; C is contiguous. A packed (B, N, 3C) projection is read in place with
/// tokenStride = 3C and q, k, v starting C elements apart. Strides count elements.
struct ConstTokens {
  const void* data = nullptr;
  std::int64_t batchStride = 0;
  std::int64_t tokenStride = 0;
};

struct Tokens {
  void* data = nullptr;
  std::int64_t batchStride = 0;
  std::int64_t tokenStride = 0;
};

struct SlaForward {
  SlaShape shape;
  ConstTokens q, k, v;
  const float* position = nullptr;    ///< P, (keys, C)
  const float* convWeight = nullptr;  ///< (headDim, 1, kernel, kernel)
  const float* convBias = nullptr;    ///< (headDim)
  Tokens out;                         ///< must not overlap the inputs
  float* state = nullptr;     ///< slaStateFloats(shape) floats kept for the backward; null: not wanted (inference)
  void* workspace = nullptr;  ///< 64-byte aligned, contents undefined before and after
  std::size_t workspaceBytes = 0;
};

/// Gradients are overwritten, not accumulated. dq, dk and dv may be slices of one packed (B, N, 3C) tensor; they are
/// all written. Null parameter gradients are not written.
struct SlaBackward {
  SlaShape shape;
  ConstTokens q, k, v;
  const float* position = nullptr;
  const float* convWeight = nullptr;
  const float* state = nullptr;  ///< as written by the forward; null: computed again
  ConstTokens dOut;
  Tokens dq, dk, dv;             ///< must not overlap the inputs
  float* dPosition = nullptr;    ///< (keys, C)
  float* dConvWeight = nullptr;  ///< (headDim, 1, kernel, kernel)
  float* dConvBias = nullptr;    ///< (headDim)
  void* workspace = nullptr;
  std::size_t workspaceBytes = 0;
};

/// True where sum_j k'_j^T v_j is formed first (the linear order), false where q' k'^T is: the cheaper of the two,
/// kv first iff queries * keys * 2 headDim > headDim^2 (queries + keys). Mathematically equal.
[[nodiscard]] constexpr bool slaKeyValueFirst(const SlaShape& shape) {
  return 2 * shape.queries * shape.keys > shape.headDim * (shape.queries + shape.keys);
}

/// Floats of state that a training forward keeps: kv (headDim x headDim) and the sum of k' per image and head; 0 where
/// q' k'^T comes first.
[[nodiscard]] constexpr std::int64_t slaStateFloats(const SlaShape& shape) {
  return slaKeyValueFirst(shape) ? shape.batch * shape.heads * shape.headDim * (shape.headDim + 1) : 0;
}

/// Bytes of workspace a call needs; depends on the shape (and on whether state is given) alone.
[[nodiscard]] std::size_t slaForwardWorkspaceBytes(const SlaForward& call);
[[nodiscard]] std::size_t slaBackwardWorkspaceBytes(const SlaBackward& call);

/// Vectorised for the processor at hand; the result does not depend on the number of threads.
[[nodiscard]] Status slaForward(const SlaForward& call, const ParallelFor& parallelFor);
[[nodiscard]] Status slaBackward(const SlaBackward& call, const ParallelFor& parallelFor);

/// Plain loops in double precision: what "correct" means. They need no workspace and ignore `state`.
namespace reference {
[[nodiscard]] Status slaForward(const SlaForward& call);
[[nodiscard]] Status slaBackward(const SlaBackward& call);
}  // namespace reference

/// The same calls with device pointers, queued on the caller's cudaStream_t; nothing synchronises.
namespace cuda {
[[nodiscard]] std::size_t slaForwardWorkspaceBytes(const SlaForward& call);
[[nodiscard]] std::size_t slaBackwardWorkspaceBytes(const SlaBackward& call);
[[nodiscard]] Status slaForward(const SlaForward& call, void* stream);
[[nodiscard]] Status slaBackward(const SlaBackward& call, void* stream);
}  // namespace cuda

}  // namespace slab::kernels
