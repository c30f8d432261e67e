#include "core/ops/sla_binding.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include "core/device/cuda_module.h"
#include "core/device/parallel_for.h"

namespace slab::ops {
namespace {

using OptionalTensor = std::optional<at::Tensor>;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// The largest depthwise kernel that the attention kernel covers.
constexpr std::int64_t kMaxConvolution = 15;

at::Tensor orUndefined(const OptionalTensor& tensor) {
  return tensor.value_or(at::Tensor());
}

SlaForwardResult forwardOnCpu(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& position,
                              const at::Tensor& convWeight, const at::Tensor& convBias, std::int64_t heads,
                              std::int64_t height, std::int64_t width, bool keepState) {
  const auto pool = device::kernelParallelFor();
  return runSlaForward(q, k, v, {position, convWeight, convBias}, {heads, height, width}, keepState,
                       {&kernels::slaForwardWorkspaceBytes,
                        [&](const kernels::SlaForward& call) { return kernels::slaForward(call, pool); }});
}

SlaBackwardResult backwardOnCpu(const at::Tensor& dOut, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                const at::Tensor& position, const at::Tensor& convWeight, const OptionalTensor& state,
                                std::int64_t heads, std::int64_t height, std::int64_t width) {
  const auto pool = device::kernelParallelFor();
  return runSlaBackward(dOut, q, k, v, {position, convWeight, {}}, orUndefined(state), {heads, height, width},
                        {&kernels::slaBackwardWorkspaceBytes,
                         [&](const kernels::SlaBackward& call) { return kernels::slaBackward(call, pool); }});
}

SlaForwardResult dispatchForward(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                 const at::Tensor& position, const at::Tensor& convWeight, const at::Tensor& convBias,
                                 SlaShape shape, bool keepState) {
  static const auto op =
      c10::Dispatcher::singleton().findSchemaOrThrow("slab::sla_forward", "").typed<decltype(forwardOnCpu)>();
  return op.call(q, k, v, position, convWeight, convBias, shape.heads, shape.height, shape.width, keepState);
}

SlaBackwardResult dispatchBackward(const at::Tensor& dOut, const at::Tensor& q, const at::Tensor& k,
                                   const at::Tensor& v, const at::Tensor& position, const at::Tensor& convWeight,
                                   const at::Tensor& state, SlaShape shape) {
  static const auto op =
      c10::Dispatcher::singleton().findSchemaOrThrow("slab::sla_backward", "").typed<decltype(backwardOnCpu)>();
  const auto kept = state.defined() ? OptionalTensor(state) : std::nullopt;
  return op.call(dOut, q, k, v, position, convWeight, kept, shape.heads, shape.height, shape.width);
}

at::Tensor block(const at::Tensor& qkv, std::int64_t index) {
  const auto channels = qkv.size(2) / 3;
  return qkv.slice(2, index * channels, (index + 1) * channels);
}

void keepShape(AutogradContext* context, SlaShape shape) {
  context->saved_data["heads"] = shape.heads;
  context->saved_data["height"] = shape.height;
  context->saved_data["width"] = shape.width;
}

SlaShape keptShape(AutogradContext* context) {
  return {context->saved_data["heads"].toInt(), context->saved_data["height"].toInt(),
          context->saved_data["width"].toInt()};
}

/// One gradient tensor for the packed projection, so that no slices have to be padded and added.
class PackedSlaFunction : public torch::autograd::Function<PackedSlaFunction> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& qkv, const at::Tensor& position,
                            const at::Tensor& convWeight, const at::Tensor& convBias, std::int64_t heads,
                            std::int64_t height, std::int64_t width, bool keepState) {
    const at::AutoDispatchBelowADInplaceOrView below;
    const SlaShape shape{heads, height, width};
    const auto [out, state] =
        dispatchForward(block(qkv, 0), block(qkv, 1), block(qkv, 2), position, convWeight, convBias, shape, keepState);
    context->save_for_backward({qkv, position, convWeight, state});
    keepShape(context, shape);
    return out;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const at::AutoDispatchBelowADInplaceOrView below;
    const auto& qkv = saved[0];
    const auto [packed, dPosition, dConvWeight, dConvBias] = dispatchBackward(
        gradients[0], block(qkv, 0), block(qkv, 1), block(qkv, 2), saved[1], saved[2], saved[3], keptShape(context));
    return {packed, dPosition, dConvWeight, dConvBias, {}, {}, {}, {}};
  }
};

class SeparateSlaFunction : public torch::autograd::Function<SeparateSlaFunction> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                            const at::Tensor& position, const at::Tensor& convWeight, const at::Tensor& convBias,
                            std::int64_t heads, std::int64_t height, std::int64_t width, bool keepState) {
    const at::AutoDispatchBelowADInplaceOrView below;
    const SlaShape shape{heads, height, width};
    const auto [out, state] = dispatchForward(q, k, v, position, convWeight, convBias, shape, keepState);
    context->save_for_backward({q, k, v, position, convWeight, state});
    keepShape(context, shape);
    return out;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const at::AutoDispatchBelowADInplaceOrView below;
    const auto [packed, dPosition, dConvWeight, dConvBias] =
        dispatchBackward(gradients[0], saved[0], saved[1], saved[2], saved[3], saved[4], saved[5], keptShape(context));
    return {block(packed, 0), block(packed, 1), block(packed, 2), dPosition, dConvWeight, dConvBias, {}, {}, {}, {}};
  }
};

template <class... Tensors>
bool recordsGraph(const Tensors&... tensors) {
  return at::GradMode::is_enabled() && (... || tensors.requires_grad());
}

at::Tensor packedWithAutograd(const at::Tensor& qkv, const at::Tensor& position, const at::Tensor& convWeight,
                              const at::Tensor& convBias, std::int64_t heads, std::int64_t height, std::int64_t width) {
  return PackedSlaFunction::apply(qkv, position, convWeight, convBias, heads, height, width,
                                  recordsGraph(qkv, position, convWeight, convBias));
}

at::Tensor separateWithAutograd(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                const at::Tensor& position, const at::Tensor& convWeight, const at::Tensor& convBias,
                                std::int64_t heads, std::int64_t height, std::int64_t width) {
  return SeparateSlaFunction::apply(q, k, v, position, convWeight, convBias, heads, height, width,
                                    recordsGraph(q, k, v, position, convWeight, convBias));
}

at::Tensor packedWithoutAutograd(const at::Tensor& qkv, const at::Tensor& position, const at::Tensor& convWeight,
                                 const at::Tensor& convBias, std::int64_t heads, std::int64_t height,
                                 std::int64_t width) {
  return std::get<0>(dispatchForward(block(qkv, 0), block(qkv, 1), block(qkv, 2), position, convWeight, convBias,
                                     {heads, height, width}, false));
}

at::Tensor separateWithoutAutograd(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                   const at::Tensor& position, const at::Tensor& convWeight, const at::Tensor& convBias,
                                   std::int64_t heads, std::int64_t height, std::int64_t width) {
  return std::get<0>(dispatchForward(q, k, v, position, convWeight, convBias, {heads, height, width}, false));
}

/// Kernels take float32 parameters; a cast stays differentiable.
at::Tensor asParameter(const at::Tensor& tensor) {
  return tensor.to(at::kFloat).contiguous();
}

TORCH_LIBRARY_FRAGMENT(slab, library) {
  library.def(
      "sla(Tensor q, Tensor k, Tensor v, Tensor position, Tensor conv_weight, Tensor conv_bias, int heads, "
      "int height, int width) -> Tensor");
  library.def(
      "sla.packed(Tensor qkv, Tensor position, Tensor conv_weight, Tensor conv_bias, int heads, int height, "
      "int width) -> Tensor");
  library.def(
      "sla_forward(Tensor q, Tensor k, Tensor v, Tensor position, Tensor conv_weight, Tensor conv_bias, int heads, "
      "int height, int width, bool keep_state) -> (Tensor, Tensor)");
  library.def(
      "sla_backward(Tensor d_out, Tensor q, Tensor k, Tensor v, Tensor position, Tensor conv_weight, Tensor? state, "
      "int heads, int height, int width) -> (Tensor, Tensor, Tensor, Tensor)");
}

TORCH_LIBRARY_IMPL(slab, CPU, library) {
  library.impl("sla", separateWithoutAutograd);
  library.impl("sla.packed", packedWithoutAutograd);
  library.impl("sla_forward", forwardOnCpu);
  library.impl("sla_backward", backwardOnCpu);
}

TORCH_LIBRARY_IMPL(slab, CUDA, library) {
  library.impl("sla", separateWithoutAutograd);
  library.impl("sla.packed", packedWithoutAutograd);
}

TORCH_LIBRARY_IMPL(slab, Autograd, library) {
  library.impl("sla", separateWithAutograd);
  library.impl("sla.packed", packedWithAutograd);
}

}  // namespace

bool slaKernelSupports(const at::Tensor& q, const at::Tensor& convWeight) {
  const bool device = q.device().is_cpu() || (q.device().is_cuda() && device::cudaModule().services != nullptr);
  return device && hasKernelType(q) && convWeight.size(2) <= kMaxConvolution;
}

at::Tensor slaKernel(const at::Tensor& qkv, const SlaParameters& parameters, SlaShape shape) {
  static const auto op =
      c10::Dispatcher::singleton().findSchemaOrThrow("slab::sla", "packed").typed<decltype(packedWithAutograd)>();
  return op.call(qkv, asParameter(parameters.position), asParameter(parameters.convWeight),
                 asParameter(parameters.convBias), shape.heads, shape.height, shape.width);
}

at::Tensor slaKernel(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const SlaParameters& parameters,
                     SlaShape shape) {
  static const auto op =
      c10::Dispatcher::singleton().findSchemaOrThrow("slab::sla", "").typed<decltype(separateWithAutograd)>();
  return op.call(q, k, v, asParameter(parameters.position), asParameter(parameters.convWeight),
                 asParameter(parameters.convBias), shape.heads, shape.height, shape.width);
}

}  // namespace slab::ops
