#include "core/ops/prep_bn_binding.h"

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

constexpr const char* kForwardSchema =
    "prep_bn_forward(Tensor x, Tensor? ln_weight, Tensor? ln_bias, Tensor? bn_weight, Tensor? bn_bias, "
    "Tensor? alpha, Tensor(a!)? running_mean, Tensor(b!)? running_var, int mode, float lambda_, float ln_eps, "
    "float bn_eps, float momentum) -> (Tensor, Tensor, Tensor, Tensor, Tensor)";
constexpr const char* kBackwardSchema =
    "prep_bn_backward(Tensor dy, Tensor x, Tensor? ln_weight, Tensor? bn_weight, Tensor? alpha, Tensor? ln_mean, "
    "Tensor? ln_rstd, Tensor? bn_mean, Tensor? bn_rstd, int mode, float lambda_, bool needs_input) -> "
    "(Tensor, Tensor, Tensor, Tensor, Tensor, Tensor)";
constexpr const char* kTrainSchema =
    "prep_bn(Tensor x, Tensor? ln_weight, Tensor? ln_bias, Tensor? bn_weight, Tensor? bn_bias, Tensor? alpha, "
    "Tensor(a!)? running_mean, Tensor(b!)? running_var, int mode, float lambda_, float ln_eps, float bn_eps, "
    "float momentum) -> Tensor";
constexpr const char* kInferenceSchema =
    "rep_bn_inference(Tensor x, Tensor weight, Tensor bias, Tensor alpha, Tensor running_mean, Tensor running_var, "
    "float eps) -> Tensor";

using TrainSignature = at::Tensor(const at::Tensor&, const OptionalTensor&, const OptionalTensor&,
                                  const OptionalTensor&, const OptionalTensor&, const OptionalTensor&,
                                  const OptionalTensor&, const OptionalTensor&, std::int64_t, double, double, double,
                                  double);

at::Tensor orUndefined(const OptionalTensor& tensor) {
  return tensor.value_or(at::Tensor());
}

OptionalTensor orAbsent(const at::Tensor& tensor) {
  return tensor.defined() ? OptionalTensor(tensor) : std::nullopt;
}

PrepBnSettings settingsFrom(std::int64_t mode, double lambda, double lnEps = 0, double bnEps = 0, double momentum = 0) {
  return {static_cast<kernels::PrepBnMode>(mode), lambda, lnEps, bnEps, momentum};
}

PrepBnForwardResult forwardOnCpu(const at::Tensor& x, const OptionalTensor& lnWeight, const OptionalTensor& lnBias,
                                 const OptionalTensor& bnWeight, const OptionalTensor& bnBias,
                                 const OptionalTensor& alpha, const OptionalTensor& runningMean,
                                 const OptionalTensor& runningVar, std::int64_t mode, double lambda, double lnEps,
                                 double bnEps, double momentum) {
  const auto pool = device::kernelParallelFor();
  return runPrepBnForward(
      x, {orUndefined(lnWeight), orUndefined(lnBias), orUndefined(bnWeight), orUndefined(bnBias), orUndefined(alpha)},
      orUndefined(runningMean), orUndefined(runningVar), settingsFrom(mode, lambda, lnEps, bnEps, momentum),
      {&kernels::prepBnForwardWorkspaceBytes,
       [&](const kernels::PrepBnForward& call) { return kernels::prepBnForward(call, pool); }});
}

PrepBnBackwardResult backwardOnCpu(const at::Tensor& dy, const at::Tensor& x, const OptionalTensor& lnWeight,
                                   const OptionalTensor& bnWeight, const OptionalTensor& alpha,
                                   const OptionalTensor& lnMean, const OptionalTensor& lnRstd,
                                   const OptionalTensor& bnMean, const OptionalTensor& bnRstd, std::int64_t mode,
                                   double lambda, bool needsInput) {
  const auto pool = device::kernelParallelFor();
  return runPrepBnBackward(dy, x, {orUndefined(lnWeight), {}, orUndefined(bnWeight), {}, orUndefined(alpha)},
                           orUndefined(lnMean), orUndefined(lnRstd), orUndefined(bnMean), orUndefined(bnRstd),
                           settingsFrom(mode, lambda), needsInput,
                           {&kernels::prepBnBackwardWorkspaceBytes,
                            [&](const kernels::PrepBnBackward& call) { return kernels::prepBnBackward(call, pool); }});
}

at::Tensor inferenceOnCpu(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                          const at::Tensor& alpha, const at::Tensor& runningMean, const at::Tensor& runningVar,
                          double eps) {
  const auto pool = device::kernelParallelFor();
  return runRepBnInference(x, {{}, {}, weight, bias, alpha}, runningMean, runningVar, eps,
                           {&kernels::repBnInferenceWorkspaceBytes,
                            [&](const kernels::RepBnInference& call) { return kernels::repBnInference(call, pool); }});
}

/// Redispatches to the device's slab::prep_bn_forward.
PrepBnForwardResult dispatchForward(const at::Tensor& x, const OptionalTensor& lnWeight, const OptionalTensor& lnBias,
                                    const OptionalTensor& bnWeight, const OptionalTensor& bnBias,
                                    const OptionalTensor& alpha, const OptionalTensor& runningMean,
                                    const OptionalTensor& runningVar, std::int64_t mode, double lambda, double lnEps,
                                    double bnEps, double momentum) {
  static const auto op =
      c10::Dispatcher::singleton().findSchemaOrThrow("slab::prep_bn_forward", "").typed<decltype(forwardOnCpu)>();
  auto result = op.call(x, lnWeight, lnBias, bnWeight, bnBias, alpha, runningMean, runningVar, mode, lambda, lnEps,
                        bnEps, momentum);
  for (const auto& running : {runningMean, runningVar}) {
    // The kernel wrote through a pointer; whoever saved these tensors for a backward must notice.
    if (running.has_value() && !running->is_inference()) running->unsafeGetTensorImpl()->bump_version();
  }
  return result;
}

class PrepBnFunction : public torch::autograd::Function<PrepBnFunction> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const OptionalTensor& lnWeight,
                            const OptionalTensor& lnBias, const OptionalTensor& bnWeight, const OptionalTensor& bnBias,
                            const OptionalTensor& alpha, const OptionalTensor& runningMean,
                            const OptionalTensor& runningVar, std::int64_t mode, double lambda, double lnEps,
                            double bnEps, double momentum) {
    const at::AutoDispatchBelowADInplaceOrView below;
    const auto [y, lnMean, lnRstd, bnMean, bnRstd] = dispatchForward(
        x, lnWeight, lnBias, bnWeight, bnBias, alpha, runningMean, runningVar, mode, lambda, lnEps, bnEps, momentum);
    context->save_for_backward(
        {x, orUndefined(lnWeight), orUndefined(bnWeight), orUndefined(alpha), lnMean, lnRstd, bnMean, bnRstd});
    context->saved_data["mode"] = mode;
    context->saved_data["lambda"] = lambda;
    return y;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    static const auto op =
        c10::Dispatcher::singleton().findSchemaOrThrow("slab::prep_bn_backward", "").typed<decltype(backwardOnCpu)>();
    const auto saved = context->get_saved_variables();
    const at::AutoDispatchBelowADInplaceOrView below;
    const auto [dx, dLnWeight, dLnBias, dBnWeight, dBnBias, dAlpha] =
        op.call(gradients[0], saved[0], orAbsent(saved[1]), orAbsent(saved[2]), orAbsent(saved[3]), orAbsent(saved[4]),
                orAbsent(saved[5]), orAbsent(saved[6]), orAbsent(saved[7]), context->saved_data["mode"].toInt(),
                context->saved_data["lambda"].toDouble(), context->needs_input_grad(0));
    variable_list result(13);
    result[0] = dx;
    result[1] = dLnWeight;
    result[2] = dLnBias;
    result[3] = dBnWeight;
    result[4] = dBnBias;
    result[5] = dAlpha;
    return result;
  }
};

at::Tensor trainWithAutograd(const at::Tensor& x, const OptionalTensor& lnWeight, const OptionalTensor& lnBias,
                             const OptionalTensor& bnWeight, const OptionalTensor& bnBias, const OptionalTensor& alpha,
                             const OptionalTensor& runningMean, const OptionalTensor& runningVar, std::int64_t mode,
                             double lambda, double lnEps, double bnEps, double momentum) {
  return PrepBnFunction::apply(x, lnWeight, lnBias, bnWeight, bnBias, alpha, runningMean, runningVar, mode, lambda,
                               lnEps, bnEps, momentum);
}

/// Below autograd: the values alone, on whichever device.
at::Tensor trainWithoutAutograd(const at::Tensor& x, const OptionalTensor& lnWeight, const OptionalTensor& lnBias,
                                const OptionalTensor& bnWeight, const OptionalTensor& bnBias,
                                const OptionalTensor& alpha, const OptionalTensor& runningMean,
                                const OptionalTensor& runningVar, std::int64_t mode, double lambda, double lnEps,
                                double bnEps, double momentum) {
  return std::get<0>(dispatchForward(x, lnWeight, lnBias, bnWeight, bnBias, alpha, runningMean, runningVar, mode,
                                     lambda, lnEps, bnEps, momentum));
}

/// Kernels take float32 parameters; a cast stays differentiable.
OptionalTensor asParameter(const at::Tensor& tensor) {
  if (!tensor.defined()) return std::nullopt;
  return tensor.to(at::kFloat).contiguous();
}

TORCH_LIBRARY_FRAGMENT(slab, library) {
  library.def(kForwardSchema);
  library.def(kBackwardSchema);
  library.def(kTrainSchema);
  library.def(kInferenceSchema);
}

TORCH_LIBRARY_IMPL(slab, CPU, library) {
  library.impl("prep_bn_forward", forwardOnCpu);
  library.impl("prep_bn_backward", backwardOnCpu);
  library.impl("prep_bn", trainWithoutAutograd);
  library.impl("rep_bn_inference", inferenceOnCpu);
}

TORCH_LIBRARY_IMPL(slab, CUDA, library) {
  library.impl("prep_bn", trainWithoutAutograd);
}

TORCH_LIBRARY_IMPL(slab, Autograd, library) {
  library.impl("prep_bn", trainWithAutograd);
}

}  // namespace

bool prepBnKernelSupports(const at::Tensor& x, const at::Tensor& runningMean, const at::Tensor& runningVar) {
  const bool device = x.device().is_cpu() || (x.device().is_cuda() && device::cudaModule().services != nullptr);
  const auto plain = [&](const at::Tensor& running) {
    return !running.defined() || (running.scalar_type() == at::kFloat && running.is_contiguous());
  };
  return device && hasKernelType(x) && x.dim() >= 2 && x.size(-1) > 0 && plain(runningMean) && plain(runningVar);
}

at::Tensor prepBnKernel(const at::Tensor& x, const PrepBnParameters& parameters, const at::Tensor& runningMean,
                        const at::Tensor& runningVar, const PrepBnSettings& settings) {
  static const auto op = c10::Dispatcher::singleton().findSchemaOrThrow("slab::prep_bn", "").typed<TrainSignature>();
  return op.call(x, asParameter(parameters.lnWeight), asParameter(parameters.lnBias), asParameter(parameters.bnWeight),
                 asParameter(parameters.bnBias), asParameter(parameters.alpha), orAbsent(runningMean),
                 orAbsent(runningVar), static_cast<std::int64_t>(settings.mode), settings.lambda, settings.lnEps,
                 settings.bnEps, settings.momentum);
}

at::Tensor repBnKernel(const at::Tensor& x, const PrepBnParameters& parameters, const at::Tensor& runningMean,
                       const at::Tensor& runningVar, double eps) {
  static const auto op =
      c10::Dispatcher::singleton().findSchemaOrThrow("slab::rep_bn_inference", "").typed<decltype(inferenceOnCpu)>();
  return op.call(x, *asParameter(parameters.bnWeight), *asParameter(parameters.bnBias), *asParameter(parameters.alpha),
                 runningMean, runningVar, eps);
}

}  // namespace slab::ops
