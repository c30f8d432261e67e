#include <cmath>

#include "core/export/operations.h"

namespace slab::onnx {
namespace {

using Integers = std::vector<std::int64_t>;

// An operation that ONNX has under another name.
void unary(const Call& call, const char* type) {
  call.setResult(call.graph().node(type, {call.tensor(0)}));
}
void binary(const Call& call, const char* type) {
  call.setResult(call.graph().node(type, {call.operand(0), call.operand(1)}));
}

std::string real(const Call& call, double value) {
  return call.graph().real(value, call.resultType());
}

// The second operand of add and sub times their `alpha`.
std::string scaled(const Call& call, std::size_t operand) {
  const std::string x = call.operand(operand);
  if (call.arguments() < 3 || call.real(2) == 1.0) return x;
  return call.graph().node("Mul", {x, real(call, call.real(2))});
}

void add(const Call& call) {
  call.setResult(call.graph().node("Add", {call.operand(0), scaled(call, 1)}));
}

void subtract(const Call& call) {
  call.setResult(call.graph().node("Sub", {call.operand(0), scaled(call, 1)}));
}

void reverseSubtract(const Call& call) {
  call.setResult(call.graph().node("Sub", {call.operand(1), scaled(call, 0)}));
}

void multiply(const Call& call) {
  binary(call, "Mul");
}

void divide(const Call& call) {
  if (call.arguments() > 2 && !call.isNone(2)) call.refuse("rounds");
  binary(call, "Div");
}

void power(const Call& call) {
  binary(call, "Pow");
}

// self + value a b
void addProduct(const Call& call) {
  auto& graph = call.graph();
  std::string product = graph.node("Mul", {call.operand(1), call.operand(2)});
  if (call.real(3) != 1.0) product = graph.node("Mul", {product, real(call, call.real(3))});
  call.setResult(graph.node("Add", {call.operand(0), product}));
}

void reciprocalRoot(const Call& call) {
  auto& graph = call.graph();
  call.setResult(graph.node("Reciprocal", {graph.node("Sqrt", {call.tensor(0)})}));
}

void clamp(const Call& call) {
  const auto bound = [&](std::size_t argument) {
    return argument < call.arguments() && !call.isNone(argument) ? call.operand(argument) : std::string();
  };
  std::vector<std::string> inputs{call.tensor(0), bound(1)};
  if (const std::string upper = bound(2); !upper.empty()) inputs.push_back(upper);
  call.setResult(call.graph().node("Clip", std::move(inputs)));
}

// The exact form x (1 + erf(x / sqrt 2)) / 2; in these steps, since engines know the pattern and fuse it.
void gelu(const Call& call) {
  if (call.arguments() > 1 && call.text(1) != "none") call.refuse("is the tanh approximation");
  auto& graph = call.graph();
  const std::string x = call.tensor(0);
  const std::string erf = graph.node("Erf", {graph.node("Div", {x, real(call, std::sqrt(2.0))})});
  const std::string gate = graph.node("Add", {erf, real(call, 1.0)});
  call.setResult(graph.node("Mul", {graph.node("Mul", {x, gate}), real(call, 0.5)}));
}

void silu(const Call& call) {
  const std::string x = call.tensor(0);
  call.setResult(call.graph().node("Mul", {x, call.graph().node("Sigmoid", {x})}));
}

// log(1 + exp(beta x)) / beta, linear above the threshold, where float32 can't tell the two apart.
void softplus(const Call& call) {
  if (call.real(1) != 1.0 || call.real(2) < 17.0) call.refuse("has a beta or threshold that ONNX's Softplus lacks");
  unary(call, "Softplus");
}

void softmax(const Call& call) {
  call.setResult(call.graph().node("Softmax", {call.tensor(0)}, {{"axis", call.axis(1)}}));
}

// Where the axes stand in the arguments of (x, axes, keepdim, dtype); without them, everything is reduced.
Integers reducedAxes(const Call& call, std::size_t argument) {
  Integers all;
  for (std::int64_t i = 0; i < call.rank(0); ++i) all.push_back(i);
  if (call.arguments() <= argument + 1 || call.isNone(argument)) return all;
  const auto axes = call.axes(argument);
  return axes.empty() ? all : axes;
}

std::int64_t keepsAxes(const Call& call) {
  return call.resultShape().size() == call.shape(0).size() ? 1 : 0;
}

// Up to opset 17 every reduction but the sum takes its axes as an attribute.
void reduce(const Call& call, const char* type, std::size_t axesArgument) {
  call.setResult(call.graph().node(type, {call.tensor(0)},
                                   {{"axes", reducedAxes(call, axesArgument)}, {"keepdims", keepsAxes(call)}}));
}

void mean(const Call& call) {
  reduce(call, "ReduceMean", 1);
}

void maximum(const Call& call) {
  reduce(call, "ReduceMax", 1);
}

void sum(const Call& call) {
  const std::string axes = call.graph().integers(reducedAxes(call, 1));
  call.setResult(call.graph().node("ReduceSum", {call.tensor(0), axes}, {{"keepdims", keepsAxes(call)}}));
}

// (x, order, axes, keepdim, ...)
void norm(const Call& call) {
  const double order = call.isNone(1) ? 2.0 : call.real(1);
  if (order != 2.0 && order != 1.0) call.refuse("has an order other than 1 and 2");
  reduce(call, order == 2.0 ? "ReduceL2" : "ReduceL1", 2);
}

constexpr Operation kOperations[] = {
    {"aten::abs", [](const Call& call) { unary(call, "Abs"); }},
    {"aten::add", add},
    {"aten::addcmul", addProduct},
    {"aten::amax", maximum},
    {"aten::clamp", clamp},
    {"aten::clamp_min", clamp},
    {"aten::div", divide},
    {"aten::erf", [](const Call& call) { unary(call, "Erf"); }},
    {"aten::exp", [](const Call& call) { unary(call, "Exp"); }},
    {"aten::gelu", gelu},
    {"aten::linalg_vector_norm", norm},
    {"aten::log", [](const Call& call) { unary(call, "Log"); }},
    {"aten::mean", mean},
    {"aten::mul", multiply},
    {"aten::neg", [](const Call& call) { unary(call, "Neg"); }},
    {"aten::norm", norm},
    {"aten::pow", power},
    {"aten::reciprocal", [](const Call& call) { unary(call, "Reciprocal"); }},
    {"aten::relu", [](const Call& call) { unary(call, "Relu"); }},
    {"aten::rsqrt", reciprocalRoot},
    {"aten::rsub", reverseSubtract},
    {"aten::sigmoid", [](const Call& call) { unary(call, "Sigmoid"); }},
    {"aten::silu", silu},
    {"aten::softmax", softmax},
    {"aten::softplus", softplus},
    {"aten::sqrt", [](const Call& call) { unary(call, "Sqrt"); }},
    {"aten::sub", subtract},
    {"aten::sum", sum},
    {"aten::tanh", [](const Call& call) { unary(call, "Tanh"); }},
};

}  // namespace

std::span<const Operation> valueOperations() {
  return kOperations;
}

}  // namespace slab::onnx
