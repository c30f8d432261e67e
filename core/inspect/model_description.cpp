#include "core/inspect/model_description.h"

#include <torch/torch.h>

#include <algorithm>
#include <map>

#include "core/inspect/operation_recorder.h"
#include "core/nn/norms/layer_norm.h"
#include "core/nn/norms/prep_bn.h"
#include "core/nn/norms/rep_bn.h"
#include "core/ops/options.h"

namespace slab::inspect {
namespace {

using torch::nn::Module;

std::string convolutionText(const nn::ConvShape& shape) {
  const std::string kernel = std::to_string(shape.kernel);
  std::string text = (shape.groups > 1 ? "depthwise conv " : "conv ") + kernel + "x" + kernel;
  if (shape.stride > 1) text += ", stride " + std::to_string(shape.stride);
  return text;
}

// "slab::nn::WindowAttention" -> "WindowAttention"; containers have the name they were given.
std::string typeName(const Module& module) {
  const std::string name = module.name();
  const auto colon = name.rfind("::");
  return colon == std::string::npos ? name : name.substr(colon + 2);
}

std::string kindOf(const Module& module) {
  if (dynamic_cast<const nn::PrepBn*>(&module) != nullptr) return "PRepBN";
  if (dynamic_cast<const nn::RepBn*>(&module) != nullptr) return "RepBN";
  if (dynamic_cast<const nn::LayerNorm*>(&module) != nullptr) return "LayerNorm";
  if (dynamic_cast<const nn::Linear*>(&module) != nullptr) return "linear";
  if (const auto* convolution = dynamic_cast<const nn::Conv2d*>(&module)) {
    return convolutionText(convolution->shape()) + (convolution->biasMap.defined() ? ", bias map" : "");
  }
  return typeName(module);
}

bool isLeaf(const Module& module) {
  return dynamic_cast<const nn::Norm*>(&module) != nullptr || dynamic_cast<const nn::AffineLayer*>(&module) != nullptr;
}

std::int64_t parametersIn(const Module& module) {
  std::int64_t count = 0;
  for (const auto& parameter : module.parameters()) count += parameter.numel();
  return count;
}

class Describer {
 public:
  explicit Describer(const Backbone& model) { addChildren(model, "", 0); }

  // Adds the operation to its module and all modules around it.
  void add(const RecordedOperation& operation) {
    const std::string path = placeOf(operation);
    const bool isNorm = operation.kind == RecordedOperation::Kind::Norm;
    for (auto& module : description.modules) {
      if (path != module.path && !path.starts_with(module.path + ".")) continue;
      module.macs += operation.macs;
      if (isNorm) module.normalised += valuesOf(operation.output);
      if (operation.kind == RecordedOperation::Kind::Product) continue;
      if (module.input.empty()) module.input = tokensOf(operation, operation.input);
      module.output = tokensOf(operation, operation.output);
    }
    description.macs += operation.macs;
    if (isNorm) description.normalised += valuesOf(operation.output);
  }

  ModelDescription description;

 private:
  void addChildren(const Module& module, const std::string& prefix, int depth) {
    for (const auto& child : module.named_children()) {
      const std::string path = prefix + child.key();
      description.modules.push_back({path, kindOf(*child.value()), depth, {}, {}, parametersIn(*child.value()), 0, 0});
      if (isLeaf(*child.value())) {
        for (const auto& parameter : child.value()->parameters()) owners_[parameter.storage().data()] = path;
      } else {
        addChildren(*child.value(), path + ".", depth + 1);
      }
    }
  }

  // The leaf whose parameter it uses; a product of activations belongs to the module around the last leaf.
  std::string placeOf(const RecordedOperation& operation) {
    if (const auto owner = owners_.find(operation.parameter); owner != owners_.end()) return last_ = owner->second;
    const auto dot = last_.rfind('.');
    return dot == std::string::npos ? std::string() : last_.substr(0, dot);
  }

  // BatchNorm sees tokens transposed, (B, C, N).
  static std::vector<std::int64_t> tokensOf(const RecordedOperation& operation, std::vector<std::int64_t> shape) {
    if (operation.isTransposed && shape.size() == 3) std::swap(shape[1], shape[2]);
    return shape;
  }

  static std::int64_t valuesOf(const std::vector<std::int64_t>& shape) {
    std::int64_t count = 1;
    for (const auto side : shape) count *= side;
    return count;
  }

  std::map<const void*, std::string> owners_;
  std::string last_;
};

}  // namespace

const ModuleDescription* ModelDescription::find(const std::string& path) const {
  const auto found =
      std::find_if(modules.begin(), modules.end(), [&](const auto& module) { return module.path == path; });
  return found == modules.end() ? nullptr : &*found;
}

ModelDescription describeModel(Backbone& model) {
  const torch::NoGradGuard noGradient;
  const ops::OptionsGuard reference({ops::Backend::Reference, ops::LinearBackend::Torch});
  const bool wasTraining = model.is_training();
  model.eval();
  Describer describer(model);
  const auto& config = model.config();
  const at::Tensor sample = model.parameters().front();
  const at::Tensor image =
      at::zeros({1, config.inChannels, config.imageSize, config.imageSize}, sample.options().requires_grad(false));
  {
    const OperationRecorder recorder;
    model.forward(image);
    for (const auto& operation : recorder.operations()) describer.add(operation);
  }
  for (const auto& parameter : model.parameters()) {
    describer.description.parameters += parameter.numel();
    if (parameter.requires_grad()) describer.description.trainable += parameter.numel();
  }
  model.train(wasTraining);
  return std::move(describer.description);
}

}  // namespace slab::inspect
