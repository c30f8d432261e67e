#include "core/export/call.h"

#include <algorithm>

#include "core/base/error.h"

namespace slab::onnx {
namespace {

std::int64_t fromFront(std::int64_t axis, std::int64_t rank) {
  return axis < 0 ? axis + rank : axis;
}

bool sameNumbers(const at::IValue& a, const at::IValue& b) {
  if (a.isIntList() && b.isIntList()) return a.toIntVector() == b.toIntVector();
  if (a.isDoubleList() && b.isDoubleList()) return a.toDoubleVector() == b.toDoubleVector();
  if (a.isInt() && b.isInt()) return a.toInt() == b.toInt();
  if (a.isDouble() && b.isDouble()) return a.toDouble() == b.toDouble();
  if (a.isBool() && b.isBool()) return a.toBool() == b.toBool();
  if (a.isString() && b.isString()) return a.toStringRef() == b.toStringRef();
  return a.isNone() && b.isNone();
}

}  // namespace

Call::Call(GraphBuilder& graph, const Recording& first, const Recording& second, std::size_t step,
           std::vector<std::string>& names)
    : graph_(graph),
      first_(first),
      second_(second),
      a_(first.steps.at(step)),
      b_(second.steps.at(step)),
      names_(names) {
  if (a_.operation != b_.operation || a_.arguments.size() != b_.arguments.size() ||
      a_.results.size() != b_.results.size()) {
    refuse("is not the same at every batch");
  }
}

void Call::refuse(const std::string& what) const {
  throw Error(ErrorKind::Internal, "ONNX: " + a_.operation + " in " + (a_.place.empty() ? "the model" : a_.place) +
                                       " " + what +
                                       "; export safetensors instead, or report this with the model's name.");
}

bool Call::isNone(std::size_t argument) const {
  const auto& given = a_.arguments.at(argument);
  return given.kind == RecordedArgument::Kind::Constant && given.constant.isNone();
}

bool Call::isTensor(std::size_t argument) const {
  return a_.arguments.at(argument).kind == RecordedArgument::Kind::Tensor;
}

std::string Call::makerOf(std::size_t argument) const {
  const std::size_t index = value(argument);
  for (const auto& step : first_.steps) {
    if (std::find(step.results.begin(), step.results.end(), index) != step.results.end()) return step.operation;
  }
  return "";
}

bool Call::isOnlyReader(std::size_t argument) const {
  const std::size_t index = value(argument);
  std::ptrdiff_t uses = 0;
  for (const auto& step : first_.steps) {
    for (const auto& given : step.arguments) uses += std::count(given.values.begin(), given.values.end(), index);
  }
  return uses == 1;
}

std::size_t Call::value(std::size_t argument) const {
  if (!isTensor(argument)) refuse("lacks a tensor as argument " + std::to_string(argument));
  return a_.arguments.at(argument).values.front();
}

const at::IValue& Call::constant(std::size_t argument) const {
  const auto& a = a_.arguments.at(argument);
  const auto& b = b_.arguments.at(argument);
  if (a.kind != RecordedArgument::Kind::Constant || b.kind != a.kind) {
    refuse("computes its argument " + std::to_string(argument));
  }
  if (!sameNumbers(a.constant, b.constant)) refuse("depends on the batch in argument " + std::to_string(argument));
  return a.constant;
}

std::string Call::tensor(std::size_t argument) const {
  return nameOf(value(argument));
}

std::string Call::nameOf(std::size_t index) const {
  auto& name = names_.at(index);
  const at::Tensor& constant = first_.values.at(index).constant;
  if (name.empty() && !constant.defined()) refuse("uses a tensor that was not translated");
  if (name.empty()) name = graph_.tensor(constant);
  return name;
}

std::vector<std::string> Call::tensors(std::size_t argument) const {
  const auto& given = a_.arguments.at(argument);
  if (given.kind == RecordedArgument::Kind::Constant) refuse("lacks a list of tensors");
  std::vector<std::string> list;
  for (const auto index : given.values) list.push_back(nameOf(index));
  return list;
}

std::string Call::operand(std::size_t argument) const {
  if (!isTensor(argument)) return graph_.real(real(argument), resultType());
  // LibTorch wraps the number of `x * 2.0` into a scalar of type double.
  const auto& recorded = first_.values.at(value(argument));
  if (recorded.constant.defined() && recorded.sizes.empty()) {
    return graph_.real(recorded.constant.item<double>(), resultType());
  }
  const std::string name = tensor(argument);
  if (recorded.type == resultType()) return name;
  return graph_.node("Cast", {name}, {{"to", onnxElementType(elementType(resultType()))}});
}

Shape Call::shapeOf(std::size_t valueOfFirst, std::size_t valueOfSecond) const {
  const auto& a = first_.values.at(valueOfFirst).sizes;
  const auto& b = second_.values.at(valueOfSecond).sizes;
  const std::int64_t batchA = first_.values.at(first_.images).sizes.front();
  const std::int64_t batchB = second_.values.at(second_.images).sizes.front();
  if (a.size() != b.size()) refuse("has another rank at another batch");
  Shape shape;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] == b[i]) {
      shape.push_back({a[i], 0});
    } else if (a[i] % batchA == 0 && b[i] % batchB == 0 && a[i] / batchA == b[i] / batchB) {
      shape.push_back({0, a[i] / batchA});
    } else {
      refuse("has a size that is no multiple of the batch");
    }
  }
  return shape;
}

Shape Call::shape(std::size_t argument) const {
  return shapeOf(value(argument), b_.arguments.at(argument).values.front());
}

std::int64_t Call::rank(std::size_t argument) const {
  return static_cast<std::int64_t>(first_.values.at(value(argument)).sizes.size());
}

at::ScalarType Call::type(std::size_t argument) const {
  return first_.values.at(value(argument)).type;
}

std::int64_t Call::integer(std::size_t argument) const {
  const auto& number = constant(argument);
  if (number.isBool()) return number.toBool() ? 1 : 0;
  if (!number.isInt()) refuse("lacks an integer as argument " + std::to_string(argument));
  return number.toInt();
}

double Call::real(std::size_t argument) const {
  const auto& number = constant(argument);
  return number.isDouble() ? number.toDouble() : static_cast<double>(integer(argument));
}

bool Call::flag(std::size_t argument) const {
  return integer(argument) != 0;
}

std::string Call::text(std::size_t argument) const {
  return constant(argument).toStringRef();
}

std::vector<std::int64_t> Call::integers(std::size_t argument) const {
  const auto& list = constant(argument);
  return list.isIntList() ? list.toIntVector() : std::vector<std::int64_t>{integer(argument)};
}

std::int64_t Call::axis(std::size_t argument) const {
  return fromFront(integer(argument), rank(0));
}

std::vector<std::int64_t> Call::axes(std::size_t argument) const {
  auto list = integers(argument);
  for (auto& axis : list) axis = fromFront(axis, rank(0));
  return list;
}

Shape Call::resultShape(std::size_t result) const {
  return shapeOf(a_.results.at(result), b_.results.at(result));
}

at::ScalarType Call::resultType() const {
  return first_.values.at(a_.results.front()).type;
}

void Call::setResult(const std::string& name, std::size_t result) const {
  names_.at(a_.results.at(result)) = name;
}

}  // namespace slab::onnx
