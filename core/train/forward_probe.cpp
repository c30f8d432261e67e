#include "core/train/forward_probe.h"

#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "core/nn/affine_layers.h"
#include "core/nn/norms/norm.h"

namespace slab::train {
namespace {

thread_local ForwardProbe* current = nullptr;

bool isFinite(const at::Tensor& tensor) {
  return !tensor.defined() || !tensor.is_floating_point() || tensor.isfinite().all().item<bool>();
}

// Memory that is yet to be written holds anything.
bool givesRawMemory(std::string_view name) {
  return name.starts_with("aten::empty") || name.starts_with("aten::new_empty") || name.starts_with("aten::resize");
}

// Operations whose result is the memory of their input: they make no value, and what they show was judged when it was
// written, or is yet to be.
bool givesView(std::string_view name) {
  constexpr std::array<std::string_view, 24> kViews{
      "alias",     "as_strided", "chunk",   "detach",         "expand",       "flatten",
      "movedim",   "narrow",     "permute", "reshape",        "select",       "slice",
      "split",     "squeeze",    "t",       "transpose",      "unbind",       "unflatten",
      "unsqueeze", "view",       "view_as", "_reshape_alias", "_unsafe_view", "contiguous"};
  constexpr std::string_view kLibrary = "aten::";
  if (!name.starts_with(kLibrary)) return false;
  name.remove_prefix(kLibrary.size());
  if (name.ends_with('_')) name.remove_suffix(1);  // in place: as_strided_
  return std::find(kViews.begin(), kViews.end(), name) != kViews.end();
}

template <typename Values, typename Visit>
void forEachTensor(const Values& values, Visit&& visit) {
  for (const auto& value : values) {
    if (value.isTensor()) {
      visit(value.toTensor());
    } else if (value.isTensorList()) {
      for (const at::Tensor& tensor : value.toTensorVector()) visit(tensor);
    }
  }
}

}  // namespace

LayerNames::LayerNames(const torch::nn::Module& model) {
  for (const auto& item : model.named_modules("", /*include_self=*/false)) {
    const auto* module = item.value().get();
    if (const auto* norm = dynamic_cast<const nn::Norm*>(module)) layers_.emplace_back(item.key(), norm->channels());
    if (const auto* layer = dynamic_cast<const nn::AffineLayer*>(module)) {
      layers_.emplace_back(item.key(), layer->weight.size(0));
    }
  }
}

std::int64_t LayerNames::channelsOf(const std::string& layer) const {
  const auto found =
      std::find_if(layers_.begin(), layers_.end(), [&](const auto& known) { return known.first == layer; });
  return found == layers_.end() ? 0 : found->second;
}

std::pair<std::string, std::string> LayerNames::split(const std::string& key) const {
  // Outer modules come first: a norm inside a norm belongs to the outer one.
  for (const auto& [layer, channels] : layers_) {
    if (key.starts_with(layer + ".")) return {layer, key.substr(layer.size() + 1)};
  }
  const auto dot = key.rfind('.');
  if (dot == std::string::npos) return {"", key};
  return {key.substr(0, dot), key.substr(dot + 1)};
}

std::vector<std::int64_t> nonFiniteSlices(const at::Tensor& tensor, std::int64_t dim) {
  const at::NoGradGuard noGrad;
  const at::Tensor bad = tensor.isfinite().logical_not().movedim(dim, 0).reshape({tensor.size(dim), -1}).any(1);
  const at::Tensor numbers = bad.nonzero().flatten().cpu();
  const auto* first = numbers.const_data_ptr<std::int64_t>();
  return {first, first + numbers.numel()};
}

std::vector<std::int64_t> nonFiniteChannels(const at::Tensor& values) {
  if (values.dim() == 0) return {};
  const bool isAddedToTokens = values.dim() == 3 && values.size(0) == 1;
  return nonFiniteSlices(values, isAddedToTokens ? 2 : 0);
}

/// What begin() saw: the inputs are gone by the time of end().
struct ForwardProbe::Call : at::ObserverContext {
  bool isInner = false;  // made by another operation, perhaps on memory that is not written yet: not judged
  bool inputsFinite = true;
  std::string brokenWeight;  // key of a parameter among the inputs that is not finite
  std::string weight;        // key of the first parameter among the inputs
};

ForwardProbe::ForwardProbe(const torch::nn::Module& model) : names_(model) {
  for (const auto& item : model.named_parameters()) {
    keys_[item.value().storage().data()] = item.key();
    parameters_[item.key()] = item.value().detach();
  }
  for (const auto& buffer : model.buffers()) buffers_.insert(buffer.storage().data());
  current = this;
  handle_ = at::addThreadLocalCallback(at::RecordFunctionCallback(&begin, &end)
                                           .needsInputs(true)
                                           .needsOutputs(true)
                                           .scopes({at::RecordScope::FUNCTION}));
}

ForwardProbe::~ForwardProbe() {
  at::removeCallback(handle_);
  current = nullptr;
}

std::unique_ptr<at::ObserverContext> ForwardProbe::begin(const at::RecordFunction& record) {
  if (current == nullptr) return nullptr;
  const at::DisableRecordFunctionGuard quiet;
  auto call = std::make_unique<Call>();
  call->isInner = current->depth_++ > 0;
  if (!call->isInner && !current->found_) current->noteInputs(record, *call);
  return call;
}

void ForwardProbe::end(const at::RecordFunction& record, at::ObserverContext* context) {
  if (context == nullptr || current == nullptr) return;
  const at::DisableRecordFunctionGuard quiet;
  --current->depth_;
  const auto& call = *static_cast<Call*>(context);
  if (!call.isInner && !current->found_) current->noteOutputs(record, call);
}

void ForwardProbe::noteInputs(const at::RecordFunction& record, Call& call) {
  forEachTensor(record.inputs(), [&](const at::Tensor& tensor) {
    if (!tensor.defined() || !tensor.has_storage() || unwritten_.contains(tensor.storage().data())) return;
    const auto key = keys_.find(tensor.storage().data());
    if (key != keys_.end()) {
      if (call.weight.empty()) call.weight = last_ = key->second;
      if (call.brokenWeight.empty() && !isFinite(tensor)) call.brokenWeight = key->second;
    } else if (!buffers_.contains(tensor.storage().data()) && !isFinite(tensor)) {
      call.inputsFinite = false;
    }
  });
}

void ForwardProbe::noteOutputs(const at::RecordFunction& record, const Call& call) {
  const bool isRaw = givesRawMemory(record.name()), isView = givesView(record.name());
  forEachTensor(record.outputs(), [&](const at::Tensor& tensor) {
    if (tensor.defined() && tensor.has_storage()) {
      const void* memory = tensor.storage().data();
      if (isRaw) unwritten_.insert(memory);
      if (isRaw || isView) return;
      unwritten_.erase(memory);
    }
    if (found_ || isFinite(tensor)) return;
    if (!call.brokenWeight.empty()) {
      found_ = placeOfWeight(call.brokenWeight);
    } else if (call.inputsFinite) {
      found_ = placeOfOutput(tensor, call, record.name());
    } else if (!suspected_) {
      suspected_ = placeOfOutput(tensor, call, record.name());
    }
  });
}

NonFinitePlace ForwardProbe::placeOfWeight(const std::string& key) const {
  const auto [layer, tensor] = names_.split(key);
  return {NonFiniteCause::Weight, layer, tensor, nonFiniteChannels(parameters_.at(key))};
}

NonFinitePlace ForwardProbe::placeOfOutput(const at::Tensor& output, const Call& call, const char* name) const {
  NonFinitePlace place{NonFiniteCause::Activation, "", "output", {}};
  if (last_.empty()) return place;
  place.layer = names_.split(last_).first;
  const std::int64_t channels = names_.channelsOf(place.layer);
  if (call.weight.empty()) {
    // No parameter of its own: it belongs to the module around the layer before it, or to the loss.
    const auto dot = place.layer.rfind('.');
    place.layer = dot == std::string::npos ? "" : place.layer.substr(0, dot);
    if (place.layer.empty()) place.tensor = "loss";
  }
  // Maps and BatchNorm's tokens have their channels second, all other values last.
  const std::string_view operation = name;
  const bool isSecond =
      operation.find("conv") != std::string_view::npos || operation.find("batch_norm") != std::string_view::npos;
  const std::int64_t dim = isSecond ? 1 : output.dim() - 1;
  if (dim > 0 && dim < output.dim() && output.size(dim) == channels) place.channels = nonFiniteSlices(output, dim);
  return place;
}

}  // namespace slab::train
