#include "core/export/recording.h"

#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/ir/ir.h>

#include <memory>
#include <unordered_map>
#include <utility>

#include "core/base/error.h"
#include "core/ops/options.h"

namespace slab::onnx {
namespace {

namespace jit = torch::jit;

// Names the places of a model in the graph that is being traced.
class ScopeNamer final : public nn::StageTimer {
 public:
  void begin(std::string_view part) override {
    auto& graph = *jit::tracer::getTracingState()->graph;
    outer_.push_back(graph.current_scope());
    graph.set_current_scope(outer_.back()->push(at::Symbol::scope(std::string(part))));
  }
  void end() override {
    jit::tracer::getTracingState()->graph->set_current_scope(outer_.back());
    outer_.pop_back();
  }

 private:
  std::vector<jit::ScopePtr> outer_;
};

// The tracer refuses constants that require gradients, and with gradients off modules may work in place or keep
// what they computed. So gradients are on, and no parameter asks for one.
class TracingConditions {
 public:
  explicit TracingConditions(Backbone& model) : model_(model) {
    for (auto& parameter : model.parameters()) {
      if (parameter.requires_grad()) trainable_.push_back(parameter.requires_grad_(false));
    }
    model.setTimer(&scopes_);
  }
  ~TracingConditions() {
    model_.setTimer(nullptr);
    for (auto& parameter : trainable_) parameter.requires_grad_(true);
  }
  TracingConditions(const TracingConditions&) = delete;
  TracingConditions& operator=(const TracingConditions&) = delete;

 private:
  Backbone& model_;
  std::vector<at::Tensor> trainable_;
  ScopeNamer scopes_;
  at::AutoGradMode gradients_{true};
  ops::OptionsGuard options_{{ops::Backend::Reference, ops::LinearBackend::Torch}};
};

// From the tracer's graph to a Recording.
class Reader {
 public:
  explicit Reader(const jit::Graph& graph) : graph_(graph) {}

  Recording read(const at::Tensor& images) {
    const jit::Value* input = graph_.inputs().front();
    recording_.images = add(input, {images.sizes().vec(), images.scalar_type(), {}});
    for (const jit::Node* node : graph_.nodes()) readNode(*node);
    recording_.logits = indexOf(graph_.outputs().front());
    return std::move(recording_);
  }

 private:
  std::size_t add(const jit::Value* value, RecordedValue recorded) {
    recording_.values.push_back(std::move(recorded));
    return indices_[value] = recording_.values.size() - 1;
  }

  std::size_t addResult(const jit::Value* value) {
    const auto type = value->type()->cast<c10::TensorType>();
    const auto sizes = type ? type->sizes().concrete_sizes() : std::nullopt;
    if (!sizes || !type->scalarType()) {
      throw Error(ErrorKind::Internal, "The result of " + std::string(value->node()->kind().toQualString()) +
                                           " was traced without a shape, so the model can't be exported.");
    }
    return add(value, {*sizes, *type->scalarType(), {}});
  }

  // Tensors that existed before the forward become values when they are first used.
  std::size_t indexOf(const jit::Value* value) {
    if (const auto found = indices_.find(value); found != indices_.end()) return found->second;
    const auto constant = jit::toIValue(value);
    if (constant && constant->isTensor()) {
      const at::Tensor tensor = constant->toTensor();
      return add(value, {tensor.sizes().vec(), tensor.scalar_type(), tensor});
    }
    throw Error(ErrorKind::Internal, "A tensor made by " + std::string(value->node()->kind().toQualString()) +
                                         " can't be followed, so the model can't be exported.");
  }

  RecordedArgument argument(const jit::Value* value) {
    if (const auto constant = jit::toIValue(value); constant && !constant->isTensor()) {
      return {RecordedArgument::Kind::Constant, {}, *constant};
    }
    if (value->node()->kind() != c10::prim::ListConstruct) {
      return {RecordedArgument::Kind::Tensor, {indexOf(value)}, {}};
    }
    return listArgument(*value->node());
  }

  RecordedArgument listArgument(const jit::Node& list) {
    RecordedArgument result{RecordedArgument::Kind::TensorList, {}, {}};
    c10::List<std::int64_t> integers;
    c10::List<double> reals;
    for (const jit::Value* item : list.inputs()) {
      const auto constant = jit::toIValue(item);
      if (constant && constant->isInt()) {
        integers.push_back(constant->toInt());
      } else if (constant && constant->isDouble()) {
        reals.push_back(constant->toDouble());
      } else {
        result.values.push_back(indexOf(item));
      }
    }
    if (!result.values.empty()) return result;
    const at::IValue numbers = reals.empty() ? at::IValue(integers) : at::IValue(reals);
    return {RecordedArgument::Kind::Constant, {}, numbers};
  }

  void readNode(const jit::Node& node) {
    const auto kind = node.kind();
    if (kind == c10::prim::Constant || kind == c10::prim::ListConstruct) return;
    if (kind == c10::prim::ListUnpack) {
      auto& step = recording_.steps.at(lists_.at(node.input()));
      for (const jit::Value* item : node.outputs()) {
        const std::size_t index = addResult(item);
        step.results.push_back(index);
      }
      return;
    }
    RecordedStep step{kind.toQualString(), node.scopeName(), {}, {}};
    for (const jit::Value* input : node.inputs()) step.arguments.push_back(argument(input));
    for (const jit::Value* output : node.outputs()) {
      if (output->type()->kind() == c10::TypeKind::ListType) {
        lists_[output] = recording_.steps.size();
      } else {
        step.results.push_back(addResult(output));
      }
    }
    recording_.steps.push_back(std::move(step));
  }

  const jit::Graph& graph_;
  Recording recording_;
  std::unordered_map<const jit::Value*, std::size_t> indices_;
  std::unordered_map<const jit::Value*, std::size_t> lists_;  // a list of tensors -> the step that made it
};

}  // namespace

Recording recordForward(Backbone& model, const at::Tensor& images) {
  const TracingConditions conditions(model);
  const auto forward = [&](jit::Stack inputs) { return jit::Stack{model.forward(inputs.front().toTensor())}; };
  const auto [state, outputs] = jit::tracer::trace(
      {images}, forward, [](const at::Tensor&) { return std::string(); }, /*strict=*/true);
  return Reader(*state->graph).read(images);
}

}  // namespace slab::onnx
