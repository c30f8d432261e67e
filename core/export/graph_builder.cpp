#include "core/export/graph_builder.h"

#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "core/base/error.h"

namespace slab::onnx {
namespace {

constexpr const char* kImages = "images";
constexpr const char* kLogits = "logits";
constexpr const char* kBatch = "batch";

std::span<const std::byte> bytesOf(const at::Tensor& tensor) {
  return {static_cast<const std::byte*>(tensor.const_data_ptr()), tensor.nbytes()};
}

bool isFixed(const Shape& shape) {
  return std::all_of(shape.begin(), shape.end(), [](const Size& size) { return size.perBatch == 0; });
}

}  // namespace

ElementType elementType(at::ScalarType type) {
  switch (type) {
    case at::kFloat: return ElementType::F32;
    case at::kDouble: return ElementType::F64;
    case at::kLong: return ElementType::I64;
    case at::kInt: return ElementType::I32;
    case at::kBool: return ElementType::Bool;
    default: break;
  }
  throw Error(ErrorKind::Internal,
              std::string("a tensor of type ") + at::toString(type) + " can't be exported; use a model in float32");
}

GraphBuilder::GraphBuilder(const StateDict& weights, std::optional<std::int64_t> batch)
    : weights_(weights), batch_(batch) {
  for (const auto& item : weights_) names_.try_emplace(item.value().const_data_ptr(), item.key());
}

OnnxValue GraphBuilder::describe(const std::string& name, const Shape& shape, at::ScalarType type) const {
  OnnxValue value{name, elementType(type), {}};
  for (const auto& size : shape) {
    if (size.perBatch == 0) {
      value.shape.emplace_back(size.fixed);
    } else if (batch_) {
      value.shape.emplace_back(size.perBatch * *batch_);
    } else {
      value.shape.emplace_back(std::string(kBatch));
    }
  }
  return value;
}

std::string GraphBuilder::input(const Shape& shape, at::ScalarType type) {
  graph_.inputs.push_back(describe(kImages, shape, type));
  return kImages;
}

std::string GraphBuilder::node(const std::string& type, std::vector<std::string> inputs,
                               std::vector<OnnxAttribute> attributes) {
  return nodes(type, std::move(inputs), std::move(attributes), 1).front();
}

std::vector<std::string> GraphBuilder::nodes(const std::string& type, std::vector<std::string> inputs,
                                             std::vector<OnnxAttribute> attributes, std::size_t results) {
  const std::string name = (place_.empty() ? "" : place_ + "/") + type + "_" + std::to_string(graph_.nodes.size());
  std::vector<std::string> outputs;
  for (std::size_t i = 0; i < results; ++i) {
    outputs.push_back(results == 1 ? name : name + ":" + std::to_string(i));
  }
  graph_.nodes.push_back({type, name, std::move(inputs), outputs, std::move(attributes)});
  return outputs;
}

std::string GraphBuilder::addInitializer(std::string name, const at::Tensor& value) {
  const at::Tensor dense = value.detach().contiguous();
  graph_.initializers.push_back({name, elementType(dense.scalar_type()), dense.sizes().vec(), bytesOf(dense)});
  kept_.push_back(dense);
  return name;
}

std::string GraphBuilder::tensor(const at::Tensor& value) {
  const auto found = names_.find(value.const_data_ptr());
  const at::Tensor* weight = found == names_.end() ? nullptr : weights_.find(found->second);
  const bool isWeight = weight && weight->sizes() == value.sizes() && weight->strides() == value.strides() &&
                        weight->scalar_type() == value.scalar_type();
  const std::string key =
      isWeight ? found->second
               : "constant@" + std::to_string(reinterpret_cast<std::uintptr_t>(value.unsafeGetTensorImpl()));
  auto& name = known_[key];
  if (name.empty()) name = addInitializer(isWeight ? key : "constant_" + std::to_string(known_.size()), value);
  return name;
}

std::string GraphBuilder::integers(const std::vector<std::int64_t>& values) {
  std::string text = "integers";
  for (const auto value : values) text += "_" + std::to_string(value);
  auto& name = known_[text];
  if (name.empty()) name = addInitializer(text, at::tensor(values, at::kLong));
  return name;
}

std::string GraphBuilder::integer(std::int64_t value) {
  const std::string text = "integer_" + std::to_string(value);
  auto& name = known_[text];
  if (name.empty()) name = addInitializer(text, at::scalar_tensor(value, at::kLong));
  return name;
}

std::string GraphBuilder::real(double value, at::ScalarType type) {
  const at::Tensor scalar = at::scalar_tensor(value, type);
  const auto bytes = bytesOf(scalar);
  const std::string bits(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  auto& name = known_["real " + bits];
  if (name.empty()) name = addInitializer("real_" + std::to_string(known_.size()), scalar);
  return name;
}

std::string GraphBuilder::reshape(const std::string& x, const Shape& from, const Shape& to) {
  if (from == to) return x;
  std::vector<std::int64_t> sizes;
  for (const auto& size : to) {
    sizes.push_back(size.perBatch == 0 ? size.fixed : batch_ ? size.perBatch * *batch_ : -1);
  }
  if (std::count(sizes.begin(), sizes.end(), -1) > 1) {
    throw Error(ErrorKind::Internal, "Two sizes of a reshape in " + place_ +
                                         " follow the batch; export the model with a fixed batch (--batch 1).");
  }
  return node("Reshape", {x, integers(sizes)});
}

std::string GraphBuilder::shapeVector(const Shape& shape) {
  if (isFixed(shape) || batch_) {
    std::vector<std::int64_t> sizes;
    for (const auto& size : shape) sizes.push_back(size.perBatch == 0 ? size.fixed : size.perBatch * *batch_);
    return integers(sizes);
  }
  if (batchVector_.empty()) {
    batchVector_ = node("Shape", {kImages}, {{"start", std::int64_t{0}}, {"end", std::int64_t{1}}});
  }
  std::vector<std::string> parts;
  for (const auto& size : shape) {
    if (size.perBatch == 0) {
      parts.push_back(integers({size.fixed}));
    } else {
      parts.push_back(size.perBatch == 1 ? batchVector_ : node("Mul", {batchVector_, integers({size.perBatch})}));
    }
  }
  return node("Concat", std::move(parts), {{"axis", std::int64_t{0}}});
}

void GraphBuilder::dropUnused(const std::string& result) {
  std::unordered_set<std::string> used{result};
  std::vector<OnnxNode> kept;
  for (auto node = graph_.nodes.rbegin(); node != graph_.nodes.rend(); ++node) {
    const bool wanted = std::any_of(node->outputs.begin(), node->outputs.end(),
                                    [&](const std::string& output) { return used.count(output) > 0; });
    if (!wanted) continue;
    used.insert(node->inputs.begin(), node->inputs.end());
    kept.push_back(std::move(*node));
  }
  std::reverse(kept.begin(), kept.end());
  graph_.nodes = std::move(kept);
  std::erase_if(graph_.initializers, [&](const OnnxInitializer& weight) { return used.count(weight.name) == 0; });
}

OnnxGraph GraphBuilder::finish(const std::string& name, const std::string& logits, const Shape& shape,
                               at::ScalarType type) {
  dropUnused(logits);
  for (auto& node : graph_.nodes) {
    std::replace(node.outputs.begin(), node.outputs.end(), logits, std::string(kLogits));
    std::replace(node.inputs.begin(), node.inputs.end(), logits, std::string(kLogits));
  }
  graph_.outputs.push_back(describe(kLogits, shape, type));
  graph_.name = name;
  return std::move(graph_);
}

}  // namespace slab::onnx
