#include "core/export/onnx_interpreter.h"

#include <ATen/ATen.h>

#include <functional>
#include <limits>
#include <stdexcept>

namespace slab::testing {
namespace {

using Integers = std::vector<std::int64_t>;

Integers toIntegers(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.to(at::kLong).contiguous().view(-1);
  return {flat.data_ptr<std::int64_t>(), flat.data_ptr<std::int64_t>() + flat.numel()};
}

// A node with its inputs at hand.
struct Work {
  const ReadNode& node;
  std::vector<at::Tensor> in;  // undefined where left out

  [[nodiscard]] bool has(std::size_t i) const { return i < in.size() && in[i].defined(); }
  [[nodiscard]] std::int64_t integer(const std::string& name, std::int64_t fallback) const {
    const auto found = node.attributes.find(name);
    return found == node.attributes.end() ? fallback : found->second.integer;
  }
  [[nodiscard]] double real(const std::string& name, double fallback) const {
    const auto found = node.attributes.find(name);
    return found == node.attributes.end() ? fallback : static_cast<double>(found->second.real);
  }
  [[nodiscard]] Integers integers(const std::string& name) const { return node.attributes.at(name).integers; }
  [[nodiscard]] std::string text(const std::string& name) const { return node.attributes.at(name).text; }
};

at::Tensor slice(const Work& w) {
  at::Tensor x = w.in[0];
  const auto begins = toIntegers(w.in[1]), ends = toIntegers(w.in[2]), axes = toIntegers(w.in[3]),
             steps = toIntegers(w.in[4]);
  for (std::size_t i = 0; i < axes.size(); ++i) x = x.slice(axes[i], begins[i], ends[i], steps[i]);
  return x;
}

at::Tensor reshape(const Work& w) {
  auto sizes = toIntegers(w.in[1]);
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] == 0) sizes[i] = w.in[0].size(static_cast<std::int64_t>(i));
  }
  return w.in[0].reshape(sizes);
}

// Unlike ATen's, ONNX's sizes may be 1 where the tensor is larger.
at::Tensor expand(const Work& w) {
  const auto sizes = toIntegers(w.in[1]);
  return w.in[0].broadcast_to(at::infer_size(w.in[0].sizes(), sizes));
}

at::Tensor gather(const Work& w) {
  const auto axis = w.integer("axis", 0);
  if (w.in[1].dim() == 0) return w.in[0].select(axis, w.in[1].item<std::int64_t>());
  auto sizes = w.in[0].sizes().vec();
  sizes.erase(sizes.begin() + axis);
  sizes.insert(sizes.begin() + axis, w.in[1].sizes().begin(), w.in[1].sizes().end());
  return w.in[0].index_select(axis, w.in[1].reshape(-1)).reshape(sizes);
}

at::Tensor unsqueeze(const Work& w) {
  at::Tensor x = w.in[0];
  for (const auto axis : toIntegers(w.in[1])) x = x.unsqueeze(axis);  // rising, as the exporter writes them
  return x;
}

at::Tensor squeeze(const Work& w) {
  at::Tensor x = w.in[0];
  auto axes = toIntegers(w.in[1]);
  for (auto axis = axes.rbegin(); axis != axes.rend(); ++axis) {
    if (x.size(*axis) != 1) throw std::runtime_error("Squeeze of an axis that is not 1");
    x = x.squeeze(*axis);
  }
  return x;
}

at::Tensor gemm(const Work& w) {
  const at::Tensor b = w.integer("transB", 0) ? w.in[1].t() : w.in[1];
  const at::Tensor product = at::mm(w.integer("transA", 0) ? w.in[0].t() : w.in[0], b);
  return w.has(2) ? product + w.in[2] : product;
}

at::Tensor convolution(const Work& w) {
  const auto pads = w.integers("pads"), kernel = w.integers("kernel_shape");
  const auto spatial = kernel.size();
  for (std::size_t i = 0; i < spatial; ++i) {
    if (pads[i] != pads[i + spatial]) throw std::runtime_error("uneven padding");
    if (kernel[i] != w.in[1].size(static_cast<std::int64_t>(i) + 2)) throw std::runtime_error("kernel_shape");
  }
  return at::convolution(w.in[0], w.in[1], w.has(2) ? std::optional(w.in[2]) : std::nullopt, w.integers("strides"),
                         Integers(pads.begin(), pads.begin() + static_cast<std::ptrdiff_t>(spatial)),
                         w.integers("dilations"), false, Integers(spatial, 0), w.integer("group", 1));
}

// Written out instead of calling the operations that were exported.
at::Tensor layerNorm(const Work& w) {
  Integers axes;
  for (std::int64_t axis = w.integer("axis", -1); axis < 0; ++axis) axes.push_back(axis);
  const at::Tensor centred = w.in[0] - w.in[0].mean(axes, true);
  const at::Tensor variance = (centred * centred).mean(axes, true);
  const at::Tensor y = centred / (variance + w.real("epsilon", 1e-5)).sqrt() * w.in[1];
  return w.has(2) ? y + w.in[2] : y;
}

at::Tensor batchNorm(const Work& w) {
  Integers shape(static_cast<std::size_t>(w.in[0].dim()), 1);
  shape[1] = -1;
  const auto perChannel = [&](std::size_t i) { return w.in[i].view(shape); };
  return (w.in[0] - perChannel(3)) / (perChannel(4) + w.real("epsilon", 1e-5)).sqrt() * perChannel(1) + perChannel(2);
}

at::Tensor softmax(const Work& w) {
  const auto axis = w.integer("axis", -1);
  const at::Tensor e = (w.in[0] - w.in[0].amax(axis, true)).exp();
  return e / e.sum(axis, true);
}

at::Tensor clip(const Work& w) {
  at::Tensor x = w.in[0];
  if (w.has(1)) x = at::maximum(x, w.in[1]);
  return w.has(2) ? at::minimum(x, w.in[2]) : x;
}

at::Tensor pad(const Work& w) {
  const auto pads = toIntegers(w.in[1]);
  const auto rank = pads.size() / 2;
  Integers reversed;
  for (std::size_t i = rank; i-- > 0;) reversed.insert(reversed.end(), {pads[i], pads[i + rank]});
  return at::constant_pad_nd(w.in[0], reversed, w.has(2) ? w.in[2].item() : at::Scalar(0));
}

at::Tensor resize(const Work& w) {
  if (w.text("mode") != "linear" || w.in[0].dim() != 3) throw std::runtime_error("Resize of another kind");
  const auto sizes = toIntegers(w.in[3]);
  const auto from = w.in[0].size(2), to = sizes[2];
  const double scale = static_cast<double>(to) / static_cast<double>(from);
  at::Tensor y = at::empty(sizes, w.in[0].options());
  for (std::int64_t i = 0; i < to; ++i) {
    const double at = std::clamp((static_cast<double>(i) + 0.5) / scale - 0.5, 0.0, static_cast<double>(from - 1));
    const auto low = static_cast<std::int64_t>(at), high = std::min(low + 1, from - 1);
    const double part = at - static_cast<double>(low);
    y.select(2, i).copy_(w.in[0].select(2, low) * (1.0 - part) + w.in[0].select(2, high) * part);
  }
  return y;
}

at::Tensor shapeOf(const Work& w) {
  const auto sizes = w.in[0].sizes().slice(static_cast<std::size_t>(w.integer("start", 0)));
  return at::tensor(sizes.vec(), at::kLong).slice(0, 0, w.integer("end", 64) - w.integer("start", 0));
}

at::Tensor reduce(const Work& w) {
  const auto axes = w.node.type == "ReduceSum" ? toIntegers(w.in[1]) : w.integers("axes");
  const bool keep = w.integer("keepdims", 1) != 0;
  if (w.node.type == "ReduceMean") return w.in[0].mean(axes, keep);
  if (w.node.type == "ReduceSum") return w.in[0].sum(axes, keep);
  if (w.node.type == "ReduceMax") return w.in[0].amax(axes, keep);
  if (w.node.type == "ReduceL1") return w.in[0].abs().sum(axes, keep);
  return (w.in[0] * w.in[0]).sum(axes, keep).sqrt();
}

at::Tensor cast(const Work& w) {
  const auto to = w.integer("to", 1);
  return w.in[0].to(to == 1 ? at::kFloat : to == 11 ? at::kDouble : at::kLong);
}

using Run = std::function<at::Tensor(const Work&)>;

Run unary(at::Tensor (*function)(const at::Tensor&)) {
  return [function](const Work& w) { return function(w.in[0]); };
}

const std::map<std::string, Run>& operators() {
  static const std::map<std::string, Run> kOperators{
      {"Abs", unary(at::abs)},
      {"Add", [](const Work& w) { return w.in[0] + w.in[1]; }},
      {"BatchNormalization", batchNorm},
      {"Cast", cast},
      {"Clip", clip},
      {"Concat", [](const Work& w) { return at::cat(w.in, w.integer("axis", 0)); }},
      {"Conv", convolution},
      {"Div", [](const Work& w) { return w.in[0] / w.in[1]; }},
      {"Einsum", [](const Work& w) { return at::einsum(w.text("equation"), w.in); }},
      {"Erf", unary(at::erf)},
      {"Exp", unary(at::exp)},
      {"Expand", expand},
      {"Gather", gather},
      {"Gemm", gemm},
      {"LayerNormalization", layerNorm},
      {"Log", unary(at::log)},
      {"MatMul", [](const Work& w) { return at::matmul(w.in[0], w.in[1]); }},
      {"Mul", [](const Work& w) { return w.in[0] * w.in[1]; }},
      {"Neg", unary(at::neg)},
      {"Pad", pad},
      {"Pow", [](const Work& w) { return at::pow(w.in[0], w.in[1]); }},
      {"Reciprocal", unary(at::reciprocal)},
      {"ReduceL1", reduce},
      {"ReduceL2", reduce},
      {"ReduceMax", reduce},
      {"ReduceMean", reduce},
      {"ReduceSum", reduce},
      {"Relu", unary(at::relu)},
      {"Reshape", reshape},
      {"Resize", resize},
      {"Shape", shapeOf},
      {"Sigmoid", unary(at::sigmoid)},
      {"Slice", slice},
      {"Softmax", softmax},
      {"Softplus", [](const Work& w) { return at::log1p(at::exp(w.in[0])); }},
      {"Sqrt", unary(at::sqrt)},
      {"Squeeze", squeeze},
      {"Sub", [](const Work& w) { return w.in[0] - w.in[1]; }},
      {"Tanh", unary(at::tanh)},
      {"Tile", [](const Work& w) { return w.in[0].repeat(toIntegers(w.in[1])); }},
      {"Transpose", [](const Work& w) { return w.in[0].permute(w.integers("perm")); }},
      {"Unsqueeze", unsqueeze},
  };
  return kOperators;
}

std::vector<at::Tensor> results(const Work& work) {
  if (work.node.type == "Split") {
    return work.in[0].split_with_sizes(toIntegers(work.in[1]), work.integer("axis", 0));
  }
  const auto found = operators().find(work.node.type);
  if (found == operators().end()) throw std::runtime_error("no operator " + work.node.type);
  return {found->second(work)};
}

}  // namespace

at::Tensor runOnnx(const ReadModel& model, const at::Tensor& images) {
  std::map<std::string, at::Tensor> values(model.initializers.begin(), model.initializers.end());
  values[model.inputs.at(0).name] = images;
  for (const auto& node : model.nodes) {
    Work work{node, {}};
    for (const auto& name : node.inputs) {
      if (!name.empty() && values.count(name) == 0)
        throw std::runtime_error(node.name + " uses " + name + " too early");
      work.in.push_back(name.empty() ? at::Tensor() : values.at(name));
    }
    const auto made = results(work);
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
      if (!values.emplace(node.outputs[i], made.at(i)).second)
        throw std::runtime_error(node.outputs[i] + " made twice");
    }
  }
  return values.at(model.outputs.at(0).name);
}

}  // namespace slab::testing
