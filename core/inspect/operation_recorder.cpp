#include "core/inspect/operation_recorder.h"

#include <array>
#include <memory>
#include <string_view>
#include <utility>

namespace slab::inspect {
namespace {

using Kind = RecordedOperation::Kind;

struct Known {
  std::string_view name;
  Kind kind;
  std::size_t input;  // argument: the activation
  int weight;         // argument: the parameter, -1 = none
};

constexpr std::array kKnown{
    Known{"aten::linear", Kind::Linear, 0, 1},
    Known{"aten::conv2d", Kind::Convolution, 0, 1},
    Known{"aten::convolution", Kind::Convolution, 0, 1},
    Known{"aten::matmul", Kind::Product, 0, -1},
    Known{"aten::bmm", Kind::Product, 0, -1},
    Known{"aten::mm", Kind::Product, 0, -1},
    Known{"aten::layer_norm", Kind::Norm, 0, 2},
    Known{"aten::batch_norm", Kind::Norm, 0, 1},
};

thread_local OperationRecorder* current = nullptr;

// What begin() saw: the inputs are gone by the time of end().
struct Context : at::ObserverContext {
  bool isRecorded = false;
  RecordedOperation operation;
  std::int64_t products = 0;  // a value of the output is a sum of so many
};

const Known* find(std::string_view name) {
  for (const auto& known : kKnown) {
    if (known.name == name) return &known;
  }
  return nullptr;
}

std::int64_t productsOf(const Known& known, const at::Tensor& input, const at::Tensor& weight) {
  switch (known.kind) {
    case Kind::Norm: return 0;
    case Kind::Convolution: return weight.numel() / weight.size(0);
    case Kind::Linear:
    case Kind::Product: return input.size(-1);
  }
  return 0;
}

void noteInputs(const Known& known, const at::RecordFunction& call, Context& context) {
  const auto inputs = call.inputs();
  const at::Tensor input = inputs[known.input].toTensor();
  const at::Tensor weight =
      known.weight >= 0 ? inputs[static_cast<std::size_t>(known.weight)].toTensor() : at::Tensor();
  context.isRecorded = true;
  context.operation.kind = known.kind;
  context.operation.parameter = weight.defined() ? weight.storage().data() : nullptr;
  context.operation.input = input.sizes().vec();
  context.operation.isTransposed = known.name == "aten::batch_norm";
  context.products = productsOf(known, input, weight);
}

}  // namespace

OperationRecorder::OperationRecorder() : outer_(current) {
  current = this;
  handle_ = at::addThreadLocalCallback(at::RecordFunctionCallback(&begin, &end)
                                           .needsInputs(true)
                                           .needsOutputs(true)
                                           .scopes({at::RecordScope::FUNCTION}));
}

OperationRecorder::~OperationRecorder() {
  at::removeCallback(handle_);
  current = outer_;
}

std::unique_ptr<at::ObserverContext> OperationRecorder::begin(const at::RecordFunction& call) {
  const Known* known = find(call.name());
  if (known == nullptr || current == nullptr) return nullptr;
  auto context = std::make_unique<Context>();
  if (current->inside_++ == 0) noteInputs(*known, call, *context);
  return context;
}

void OperationRecorder::end(const at::RecordFunction& call, at::ObserverContext* begun) {
  if (begun == nullptr || current == nullptr) return;
  --current->inside_;
  auto* context = static_cast<Context*>(begun);
  if (!context->isRecorded) return;
  const at::Tensor output = call.outputs().front().toTensor();
  context->operation.output = output.sizes().vec();
  context->operation.macs = output.numel() * context->products;
  current->operations_.push_back(std::move(context->operation));
}

}  // namespace slab::inspect
