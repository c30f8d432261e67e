#include "core/train/adamw.h"

#include <torch/torch.h>

#include "core/base/error.h"

namespace slab::train {

AdamW::AdamW(std::vector<ParameterGroup> groups, AdamWOptions options) : options_(options) {
  for (auto& given : groups) {
    Group group{{}, given.weightDecay};
    for (auto& [name, parameter] : given.parameters) {
      group.slots.push_back({name, parameter, at::zeros({}, parameter.options().dtype(at::kFloat).requires_grad(false)),
                             at::zeros_like(parameter, parameter.options().requires_grad(false)),
                             at::zeros_like(parameter, parameter.options().requires_grad(false))});
      parameters_.emplace_back(name, parameter);
    }
    groups_.push_back(std::move(group));
  }
}

void AdamW::step(double learningRate) {
  const at::NoGradGuard noGrad;
  for (auto& group : groups_) stepGroup(group, learningRate);
}

void AdamW::stepGroup(Group& group, double learningRate) {
  std::vector<at::Tensor> parameters, gradients, averages, squares, steps;
  for (auto& slot : group.slots) {
    const at::Tensor gradient = slot.parameter.grad();
    if (!gradient.defined()) continue;
    parameters.push_back(slot.parameter);
    // The fused kernel walks all five arrays by element index, whatever their strides.
    gradients.push_back(gradient.strides() == slot.parameter.strides() ? gradient : gradient.contiguous());
    averages.push_back(slot.expAvg);
    squares.push_back(slot.expAvgSq);
    steps.push_back(slot.step);
  }
  if (parameters.empty()) return;
  at::_foreach_add_(steps, 1);
  at::_fused_adamw_(parameters, gradients, averages, squares, {}, steps, learningRate, options_.beta1, options_.beta2,
                    group.weightDecay, options_.eps, /*amsgrad=*/false, /*maximize=*/false);
  // Operators on lists count no version, by which caches of derived values (packed weights, gathered
  // position biases) notice that a parameter has changed.
  for (const auto& parameter : parameters) parameter.unsafeGetTensorImpl()->bump_version();
}

void AdamW::zeroGrad() {
  for (auto& [name, parameter] : parameters_) parameter.mutable_grad() = at::Tensor();
}

NamedTensors AdamW::state() const {
  NamedTensors entries;
  for (const auto& group : groups_) {
    for (const auto& slot : group.slots) {
      entries.emplace_back(slot.name + "/step", slot.step);
      entries.emplace_back(slot.name + "/exp_avg", slot.expAvg);
      entries.emplace_back(slot.name + "/exp_avg_sq", slot.expAvgSq);
    }
  }
  return entries;
}

void AdamW::loadState(const std::function<at::Tensor(const std::string&)>& find) {
  const at::NoGradGuard noGrad;
  for (auto& [name, own] : state()) {
    const at::Tensor saved = find(name);
    if (!saved.defined()) {
      throw Error(ErrorKind::Checkpoint, "the optimizer state lacks " + name + "; resume from another checkpoint");
    }
    if (saved.sizes() != own.sizes()) {
      throw Error(ErrorKind::Checkpoint,
                  "the optimizer state " + name + " has another shape than its parameter; it belongs to another model");
    }
    own.copy_(saved);
  }
}

}  // namespace slab::train
