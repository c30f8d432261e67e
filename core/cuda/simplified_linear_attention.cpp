// The CUDA kernels of simplified linear attention under the schemas of core/ops/sla_binding.h.
#include "kernels/simplified_linear_attention.h"

#include <ATen/ATen.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <torch/library.h>

#include "core/ops/sla_binding.h"

namespace slab::cuda {
namespace {

ops::SlaForwardResult forward(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& position,
                              const at::Tensor& convWeight, const at::Tensor& convBias, std::int64_t heads,
                              std::int64_t height, std::int64_t width, bool keepState) {
  const c10::cuda::CUDAGuard device(q.device());
  void* stream = c10::cuda::getCurrentCUDAStream().stream();
  return ops::runSlaForward(q, k, v, {position, convWeight, convBias}, {heads, height, width}, keepState,
                            {&kernels::cuda::slaForwardWorkspaceBytes,
                             [&](const kernels::SlaForward& call) { return kernels::cuda::slaForward(call, stream); }});
}

ops::SlaBackwardResult backward(const at::Tensor& dOut, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                const at::Tensor& position, const at::Tensor& convWeight,
                                const std::optional<at::Tensor>& state, std::int64_t heads, std::int64_t height,
                                std::int64_t width) {
  const c10::cuda::CUDAGuard device(q.device());
  void* stream = c10::cuda::getCurrentCUDAStream().stream();
  return ops::runSlaBackward(
      dOut, q, k, v, {position, convWeight, {}}, state.value_or(at::Tensor()), {heads, height, width},
      {&kernels::cuda::slaBackwardWorkspaceBytes,
       [&](const kernels::SlaBackward& call) { return kernels::cuda::slaBackward(call, stream); }});
}

TORCH_LIBRARY_IMPL(slab, CUDA, library) {
  library.impl("sla_forward", forward);
  library.impl("sla_backward", backward);
}

}  // namespace
}  // namespace slab::cuda
