#include "core/ops/gelu.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "core/device/parallel_for.h"
#include "core/ops/kernel_call.h"
#include "core/ops/options.h"
#include "kernels/gelu.h"

namespace slab::ops {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

void requireOk(kernels::Status status) {
  if (status == kernels::Status::Ok) return;
  throw Error(ErrorKind::Internal, std::string("the kernel gelu refused its arguments (") + kernels::toString(status) +
                                       "); ops.backend=reference avoids it");
}

class GeluFunction : public torch::autograd::Function<GeluFunction> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& given) {
    const at::AutoDispatchBelowADInplaceOrView below;
    const auto x = given.contiguous();
    context->save_for_backward({x});
    const auto y = at::empty_like(x);
    requireOk(kernels::geluForward({kernelType(x), x.numel(), x.const_data_ptr(), y.mutable_data_ptr()},
                                   device::kernelParallelFor()));
    return y;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const at::AutoDispatchBelowADInplaceOrView below;
    const auto x = context->get_saved_variables()[0];
    const auto dy = gradients[0].contiguous();
    const auto dx = at::empty_like(x);
    requireOk(kernels::geluBackward(
        {kernelType(x), x.numel(), x.const_data_ptr(), dy.const_data_ptr(), dx.mutable_data_ptr()},
        device::kernelParallelFor()));
    return {dx};
  }
};

}  // namespace

at::Tensor gelu(const at::Tensor& x) {
  const bool kernel = options().backend != Backend::Reference && x.device().is_cpu() && hasKernelType(x);
  return kernel ? GeluFunction::apply(x) : at::gelu(x);
}

}  // namespace slab::ops
