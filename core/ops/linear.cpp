#include "core/ops/linear.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <optional>

#include "core/ops/autocast.h"
#include "core/ops/gelu.h"
#include "core/ops/linear_choice.h"
#include "core/ops/onednn.h"
#include "core/ops/options.h"
#include "core/ops/packed_weights.h"
#include "core/ops/weight_gradient.h"

namespace slab::ops {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

const char* typeName(const at::Tensor& x) {
  return x.scalar_type() == at::kBFloat16 ? "bfloat16" : "float32";
}

/// Runs one of two ways to compute the same product, as the options and the table of choices say.
template <class OneDnn, class Torch>
auto choose(LinearPass pass, const at::Tensor& rowsTensor, const at::Tensor& weight, const OneDnn& oneDnn,
            const Torch& torch) {
  const auto wanted = options().linear;
  if (wanted == LinearBackend::OneDnn) return oneDnn();
  if (wanted == LinearBackend::Torch) return torch();
  const LinearChoice shape{rowsTensor.size(0), weight.size(1), weight.size(0), typeName(weight), pass, false};
  const bool faster = linearChoiceTable().useOneDnn(
      shape, [&] { oneDnn(); }, [&] { torch(); });
  return faster ? oneDnn() : torch();
}

at::Tensor forward(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  return choose(
      LinearPass::Forward, x, weight, [&] { return onednn::linear(x, weight, bias, onednn::Epilogue::None); },
      [&] { return at::linear(x, weight, bias); });
}

at::Tensor inputGradient(const at::Tensor& dy, const at::Tensor& weight) {
  return choose(
      LinearPass::InputGradient, dy, weight, [&] { return onednn::inputGradient(dy, weight); },
      [&] { return at::mm(dy, weight); });
}

/// dW and, with `withBias`, db. Our kernel stands beside oneDNN's products: on tall, narrow matrices it is ahead of
/// both libraries.
ParameterGradients parameterGradients(const at::Tensor& dy, const at::Tensor& x, const at::Tensor& weight,
                                      bool withBias) {
  const auto bias = [&] { return withBias ? dy.sum(0) : at::Tensor(); };
  return choose(
      LinearPass::WeightGradient, dy, weight,
      [&] {
        if (weightGradientKernelSupports(dy, x)) return weightGradientKernel(dy, x, withBias);
        return ParameterGradients{onednn::weightGradient(dy, x), bias()};
      },
      [&] {
        return ParameterGradients{at::mm(dy.t(), x), bias()};
      });
}

/// y = x W^T + b on matrices, with the three products of forward and backward chosen one by one.
class LinearFunction : public torch::autograd::Function<LinearFunction> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const std::optional<at::Tensor>& bias) {
    context->save_for_backward({x, weight});
    context->saved_data["bias"] = bias.has_value();
    const at::AutoDispatchBelowADInplaceOrView below;
    return ops::forward(x, weight, bias.value_or(at::Tensor()));
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto& x = saved[0];
    const auto& weight = saved[1];
    const auto dy = gradients[0].contiguous();
    const at::AutoDispatchBelowADInplaceOrView below;
    variable_list result(3);
    if (context->needs_input_grad(0)) result[0] = inputGradient(dy, weight);
    const bool needsBias = context->saved_data["bias"].toBool() && context->needs_input_grad(2);
    if (context->needs_input_grad(1)) {
      const auto parameters = parameterGradients(dy, x, weight, needsBias);
      result[1] = parameters.weight;
      result[2] = parameters.bias;
    } else if (needsBias) {
      result[2] = dy.sum(0);
    }
    return result;
  }
};

at::Tensor toMatrix(const at::Tensor& x) {
  return x.dim() == 2 ? x : x.reshape({-1, x.size(-1)});
}

at::Tensor fromMatrix(const at::Tensor& y, const at::Tensor& x) {
  if (x.dim() == 2) return y;
  auto sizes = x.sizes().vec();
  sizes.back() = y.size(-1);
  return y.view(sizes);
}

bool needsGradient(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  return at::GradMode::is_enabled() &&
         (x.requires_grad() || weight.requires_grad() || (bias.defined() && bias.requires_grad()));
}

/// Inference on matrices: the packed weight where oneDNN is chosen.
at::Tensor infer(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, onednn::Epilogue epilogue) {
  const bool gelu = epilogue == onednn::Epilogue::Gelu;
  return choose(
      gelu ? LinearPass::ForwardGelu : LinearPass::Forward, x, weight,
      [&] { return onednn::linear(x, packedWeights().find(weight, x.size(0)), bias, epilogue); },
      [&] {
        const auto y = at::linear(x, weight, bias);
        return gelu ? at::gelu(y) : y;
      });
}

bool takesOneDnn(const at::Tensor& x, const at::Tensor& weight) {
  return options().linear != LinearBackend::Torch && onednn::supports(x, weight);
}

}  // namespace

at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  if (const auto type = autocastType(x.device().type()); type && x.scalar_type() != at::kDouble) {
    const AutocastOff castHere;
    return linear(x.to(*type), weight.to(*type), bias.defined() ? bias.to(*type) : bias);
  }
  if (!takesOneDnn(x, weight)) return at::linear(x, weight, bias);
  const auto rows = toMatrix(x);
  if (needsGradient(x, weight, bias)) {
    const auto present = bias.defined() ? std::optional(bias) : std::nullopt;
    return fromMatrix(LinearFunction::apply(rows, weight, present), x);
  }
  return fromMatrix(infer(rows, weight, bias, onednn::Epilogue::None), x);
}

at::Tensor linearGelu(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  if (!takesOneDnn(x, weight) || needsGradient(x, weight, bias)) return ops::gelu(linear(x, weight, bias));
  return fromMatrix(infer(toMatrix(x), weight, bias, onednn::Epilogue::Gelu), x);
}

}  // namespace slab::ops
