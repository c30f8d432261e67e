#include "core/nn/recompute.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>
#include <torch/csrc/autograd/saved_variable.h>
#include <torch/utils.h>

#include <utility>
#include <vector>

#include "core/ops/autocast.h"

namespace slab::nn {
namespace {

using torch::autograd::variable_list;

std::vector<at::Tensor> copiesOf(const std::vector<at::Tensor>& tensors) {
  std::vector<at::Tensor> copies;
  for (const auto& tensor : tensors) copies.push_back(tensor.clone());
  return copies;
}

/// Everything but the input that a block's output depends on, as it was at the first run.
class Surroundings {
 public:
  Surroundings(c10::Device device, ContextPtr context)
      : device_(device),
        context_(std::move(context)),
        lambda_(context_->lambda),
        noise_(generator().get_state()),
        autocast_(ops::autocastType(device.type())) {}

  /// Calls `work` in them; generator and context are afterwards as before. Probe and timer hear nothing: the run
  /// is a repetition.
  template <class Work>
  auto replay(const Work& work) {
    const Context before = *context_;
    const at::Tensor noise = generator().get_state();
    context_->lambda = lambda_;
    context_->probe = nullptr;
    context_->timer = nullptr;
    generator().set_state(noise_);
    const auto restore = [&] {
      *context_ = before;
      generator().set_state(noise);
    };
    try {
      const at::AutoGradMode recording(true);
      const ops::Autocast autocast(device_.type(), autocast_);
      auto result = work();
      restore();
      return result;
    } catch (...) {
      restore();
      throw;
    }
  }

 private:
  [[nodiscard]] at::Generator generator() const {
    return context_->generator ? *context_->generator : at::globalContext().defaultGenerator(device_);
  }

  c10::Device device_;
  ContextPtr context_;
  LambdaState lambda_;
  at::Tensor noise_;
  std::optional<at::ScalarType> autocast_;
};

class RecomputeBackward : public torch::autograd::Node {
 public:
  RecomputeBackward(std::shared_ptr<torch::nn::Module> module, std::function<at::Tensor(const at::Tensor&)> block,
                    const at::Tensor& x, const ContextPtr& context)
      : module_(std::move(module)), block_(std::move(block)), input_(x, false), surroundings_(x.device(), context) {}

  variable_list apply(variable_list&& gradients) override {
    const at::Tensor saved = input_.unpack();
    const at::Tensor x = saved.detach().requires_grad_(true);
    variable_list inputs{x};
    for (const auto& parameter : module_->parameters()) inputs.push_back(parameter);
    const auto buffers = module_->buffers();
    const auto kept = copiesOf(buffers);
    const at::Tensor y = surroundings_.replay([&] { return block_(x); });
    auto result = torch::autograd::grad({y}, inputs, {gradients.front()}, /*retain_graph=*/false,
                                        /*create_graph=*/false, /*allow_unused=*/true);
    // After the gradients: a composite BatchNorm's backward refuses statistics that were written meanwhile.
    const at::NoGradGuard noGrad;
    for (std::size_t i = 0; i < buffers.size(); ++i) buffers[i].copy_(kept[i]);
    return result;
  }

  void release_variables() override { input_.reset_data(); }

 private:
  std::shared_ptr<torch::nn::Module> module_;
  std::function<at::Tensor(const at::Tensor&)> block_;
  torch::autograd::SavedVariable input_;
  Surroundings surroundings_;
};

}  // namespace

at::Tensor recomputed(std::shared_ptr<torch::nn::Module> module, std::function<at::Tensor(const at::Tensor&)> block,
                      const at::Tensor& x, const ContextPtr& context) {
  variable_list inputs{x};
  for (const auto& parameter : module->parameters()) inputs.push_back(parameter);
  const auto node = std::make_shared<RecomputeBackward>(std::move(module), block, x, context);
  node->set_next_edges(torch::autograd::collect_next_edges(inputs));
  // With its graph, dropped on return, and not without gradients: the products that run without them may round
  // otherwise, and the second run must give the same values.
  at::Tensor y = block(x.detach().requires_grad_(true)).detach();
  torch::autograd::set_history(y, node);
  return y;
}

}  // namespace slab::nn
