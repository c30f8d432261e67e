#include <algorithm>

#include "core/export/operations.h"

namespace slab::onnx {
namespace {

using Integers = std::vector<std::int64_t>;

// y = x W^T + b. Weights stay as the state dict has them; engines transpose them once when they load the model.
void linear(const Call& call) {
  auto& graph = call.graph();
  const bool withBias = !call.isNone(2);
  if (call.rank(0) == 2) {
    std::vector<std::string> inputs{call.tensor(0), call.tensor(1)};
    if (withBias) inputs.push_back(call.tensor(2));
    return call.setResult(graph.node("Gemm", std::move(inputs), {{"transB", std::int64_t{1}}}));
  }
  const std::string weight = graph.node("Transpose", {call.tensor(1)}, {{"perm", Integers{1, 0}}});
  const std::string product = graph.node("MatMul", {call.tensor(0), weight});
  call.setResult(withBias ? graph.node("Add", {product, call.tensor(2)}) : product);
}

void matrixProduct(const Call& call) {
  call.setResult(call.graph().node("MatMul", {call.tensor(0), call.tensor(1)}));
}

// beta self + alpha a b
void addMatrixProduct(const Call& call) {
  auto& graph = call.graph();
  const auto times = [&](const std::string& x, double factor) {
    return factor == 1.0 ? x : graph.node("Mul", {x, graph.real(factor, call.resultType())});
  };
  const std::string product = times(graph.node("MatMul", {call.tensor(1), call.tensor(2)}), call.real(4));
  call.setResult(graph.node("Add", {times(call.tensor(0), call.real(3)), product}));
}

void einsumCall(const Call& call) {
  call.setResult(einsum(call.graph(), call.text(0), call.tensors(1)));
}

// (x, weight, bias, stride, padding, dilation, transposed, output_padding, groups, ...)
void convolution(const Call& call) {
  if (call.flag(6)) call.refuse("is transposed");
  auto padding = call.integers(4);
  const auto spatial = static_cast<std::size_t>(call.rank(0) - 2);
  padding.resize(spatial, padding.front());
  padding.insert(padding.end(), padding.begin(), padding.begin() + static_cast<std::ptrdiff_t>(spatial));
  const auto perAxis = [&](std::size_t argument) {
    auto list = call.integers(argument);
    list.resize(spatial, list.front());
    return list;
  };
  Integers kernel;
  for (const auto& size : call.shape(1)) kernel.push_back(size.fixed);
  kernel.erase(kernel.begin(), kernel.begin() + 2);
  std::vector<std::string> inputs{call.tensor(0), call.tensor(1)};
  if (!call.isNone(2)) inputs.push_back(call.tensor(2));
  call.setResult(call.graph().node("Conv", std::move(inputs),
                                   {{"dilations", perAxis(5)},
                                    {"group", call.integer(8)},
                                    {"kernel_shape", kernel},
                                    {"pads", padding},
                                    {"strides", perAxis(3)}}));
}

// (x, normalized_shape, weight, bias, eps, ...) over the last dimensions.
void layerNorm(const Call& call) {
  if (call.isNone(2)) call.refuse("has no weight");
  std::vector<std::string> inputs{call.tensor(0), call.tensor(2)};
  if (!call.isNone(3)) inputs.push_back(call.tensor(3));
  const auto axis = -static_cast<std::int64_t>(call.integers(1).size());
  call.setResult(call.graph().node("LayerNormalization", std::move(inputs),
                                   {{"axis", axis}, {"epsilon", static_cast<float>(call.real(4))}}));
}

// (x, weight, bias, mean, variance, training, momentum, eps, ...)
void batchNorm(const Call& call) {
  if (call.flag(5)) call.refuse("is in training mode");
  call.setResult(call.graph().node("BatchNormalization",
                                   {call.tensor(0), call.tensor(1), call.tensor(2), call.tensor(3), call.tensor(4)},
                                   {{"epsilon", static_cast<float>(call.real(7))}}));
}

// (x, size, align_corners, scales): linear along the one axis after batch and channels.
void interpolate(const Call& call) {
  const std::string mode = call.flag(2) ? "align_corners" : "half_pixel";
  call.setResult(call.graph().node("Resize", {call.tensor(0), "", "", call.graph().shapeVector(call.resultShape())},
                                   {{"coordinate_transformation_mode", mode}, {"mode", std::string("linear")}}));
}

constexpr Operation kOperations[] = {
    {"aten::_convolution", convolution},
    {"aten::addmm", addMatrixProduct},
    {"aten::baddbmm", addMatrixProduct},
    {"aten::batch_norm", batchNorm},
    {"aten::bmm", matrixProduct},
    {"aten::einsum", einsumCall},
    {"aten::layer_norm", layerNorm},
    {"aten::linear", linear},
    {"aten::matmul", matrixProduct},
    {"aten::mm", matrixProduct},
    {"aten::upsample_linear1d", interpolate},
};

}  // namespace

std::span<const Operation> layerOperations() {
  return kOperations;
}

}  // namespace slab::onnx
