#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/common/dtype.h"
#include "kernels/common/parallel_for.h"
#include "kernels/common/status.h"

/// Progressive re-parameterised batch normalisation (SLAB, arXiv 2405.11582, section 3.2):
///
///     y = lambda LN(x) + (1 - lambda) (BN(x) + alpha x)
///
/// x is a matrix of rows (= batch * tokens) by channels, channels contiguous, `xStride` elements between rows.
/// LN normalises a row over its channels; BN a channel over all rows with the biased variance. Each direction reads x
/// twice: once for the reductions over rows, once for the output; LayerNorm alone needs one reading forward.
namespace slab::kernels {

/// Which branches are evaluated.
enum class PrepBnMode : std::uint8_t {
  Mixed,      ///< both, even when lambda is 0 or 1 (0 times infinity is NaN, as in the reference)
  LayerNorm,  ///< LN alone with weight 1: the warm-up; BN's parameters and running statistics are not touched
  RepBn,      ///< BN(x) + alpha x alone with weight 1; the LN pointers are ignored
};

/// Training forward. Pointers of branches that the mode leaves out are ignored and may be null.
struct PrepBnForward {
  PrepBnMode mode = PrepBnMode::Mixed;
  DType dtype = DType::F32;  ///< of x and y
  std::int64_t rows = 0;     ///< 0: nothing is done; with BN at least 2, as a variance needs two values
  std::int64_t channels = 0;
  float lambda = 1.0f;                   ///< weight of LN in Mixed
  const float* lambdaPointer = nullptr;  ///< read instead of `lambda` where given (device memory on CUDA: graphs)
  float lnEps = 1e-5f;
  float bnEps = 1e-5f;
  float momentum = 0.1f;  ///< running = (1 - momentum) running + momentum batch; variance unbiased, n/(n-1)

  const void* x = nullptr;
  std::int64_t xStride = 0;
  void* y = nullptr;  ///< must not overlap x
  std::int64_t yStride = 0;
  const float* lnWeight = nullptr;  ///< (channels)
  const float* lnBias = nullptr;
  const float* bnWeight = nullptr;
  const float* bnBias = nullptr;
  const float* alpha = nullptr;  ///< one value
  float* runningMean = nullptr;  ///< (channels); null: no running statistics
  float* runningVar = nullptr;

  float* lnMean = nullptr;  ///< (rows) written, for the backward; required with LN
  float* lnRstd = nullptr;  ///< (rows) 1/sqrt(var + eps)
  float* bnMean = nullptr;  ///< (channels) written, for the backward; required with BN
  float* bnRstd = nullptr;  ///< (channels)

  void* workspace = nullptr;  ///< 64-byte aligned, contents undefined before and after
  std::size_t workspaceBytes = 0;
};

/// Training backward. Gradients are overwritten, not accumulated; a null parameter gradient is not written. With
/// lambda = 0 the LN gradients are zeros, not absent.
struct PrepBnBackward {
  PrepBnMode mode = PrepBnMode::Mixed;
  DType dtype = DType::F32;  ///< of x, dy and dx
  std::int64_t rows = 0;     ///< 0: parameter gradients become zero
  std::int64_t channels = 0;
  float lambda = 1.0f;
  const float* lambdaPointer = nullptr;

  const void* x = nullptr;
  std::int64_t xStride = 0;
  const void* dy = nullptr;
  std::int64_t dyStride = 0;
  void* dx = nullptr;  ///< may be null; must not overlap x or dy
  std::int64_t dxStride = 0;
  const float* lnWeight = nullptr;
  const float* bnWeight = nullptr;
  const float* alpha = nullptr;
  const float* lnMean = nullptr;  ///< as written by the forward
  const float* lnRstd = nullptr;
  const float* bnMean = nullptr;
  const float* bnRstd = nullptr;

  float* dLnWeight = nullptr;  ///< (channels)
  float* dLnBias = nullptr;
  float* dBnWeight = nullptr;
  float* dBnBias = nullptr;
  float* dAlpha = nullptr;  ///< one value

  void* workspace = nullptr;
  std::size_t workspaceBytes = 0;
};

/// Inference of the folded form: y = a x + b with a = gamma/s + alpha, b = beta - gamma mean/s, s = sqrt(var + eps).
struct RepBnInference {
  DType dtype = DType::F32;
  std::int64_t rows = 0;
  std::int64_t channels = 0;
  float eps = 1e-5f;
  const void* x = nullptr;
  std::int64_t xStride = 0;
  void* y = nullptr;  ///< may be x
  std::int64_t yStride = 0;
  const float* weight = nullptr;
  const float* bias = nullptr;
  const float* alpha = nullptr;
  const float* runningMean = nullptr;
  const float* runningVar = nullptr;
  void* workspace = nullptr;
  std::size_t workspaceBytes = 0;
};

/// Bytes of workspace a call needs; depends on mode, rows and channels alone.
[[nodiscard]] std::size_t prepBnForwardWorkspaceBytes(const PrepBnForward& call);
[[nodiscard]] std::size_t prepBnBackwardWorkspaceBytes(const PrepBnBackward& call);
[[nodiscard]] std::size_t repBnInferenceWorkspaceBytes(const RepBnInference& call);

/// Vectorised for the processor at hand; the result does not depend on the number of threads.
[[nodiscard]] Status prepBnForward(const PrepBnForward& call, const ParallelFor& parallelFor);
[[nodiscard]] Status prepBnBackward(const PrepBnBackward& call, const ParallelFor& parallelFor);
[[nodiscard]] Status repBnInference(const RepBnInference& call, const ParallelFor& parallelFor);

/// Plain loops in double precision: what "correct" means. They need no workspace.
namespace reference {
[[nodiscard]] Status prepBnForward(const PrepBnForward& call);
[[nodiscard]] Status prepBnBackward(const PrepBnBackward& call);
[[nodiscard]] Status repBnInference(const RepBnInference& call);
}  // namespace reference

/// The same calls with device pointers, queued on the caller's cudaStream_t; nothing synchronises.
namespace cuda {
[[nodiscard]] std::size_t prepBnForwardWorkspaceBytes(const PrepBnForward& call);
[[nodiscard]] std::size_t prepBnBackwardWorkspaceBytes(const PrepBnBackward& call);
[[nodiscard]] std::size_t repBnInferenceWorkspaceBytes(const RepBnInference& call);
[[nodiscard]] Status prepBnForward(const PrepBnForward& call, void* stream);
[[nodiscard]] Status prepBnBackward(const PrepBnBackward& call, void* stream);
[[nodiscard]] Status repBnInference(const RepBnInference& call, void* stream);
}  // namespace cuda

}  // namespace slab::kernels
