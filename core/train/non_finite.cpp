#include "core/train/non_finite.h"

#include <torch/torch.h>

#include <array>

#include "core/ops/options.h"
#include "core/train/forward_probe.h"

namespace slab::train {
namespace {

constexpr std::array<std::string_view, 5> kCauses{"image", "weight", "statistic", "activation", "gradient"};

bool isFinite(const at::Tensor& tensor) {
  return !tensor.defined() || !tensor.is_floating_point() || tensor.isfinite().all().item<bool>();
}

NonFinitePlace placeIn(const LayerNames& names, NonFiniteCause cause, const std::string& key,
                       const at::Tensor& values) {
  const auto [layer, tensor] = names.split(key);
  return {cause, layer, tensor, nonFiniteChannels(values)};
}

/// Puts a model's buffers back at the end of a scope.
class BufferGuard {
 public:
  explicit BufferGuard(const torch::nn::Module& model) : buffers_(model.buffers()) {
    for (const auto& buffer : buffers_) copies_.push_back(buffer.clone());
  }
  ~BufferGuard() {
    const at::NoGradGuard noGrad;
    for (std::size_t i = 0; i < buffers_.size(); ++i) buffers_[i].copy_(copies_[i]);
  }
  BufferGuard(const BufferGuard&) = delete;
  BufferGuard& operator=(const BufferGuard&) = delete;

 private:
  std::vector<at::Tensor> buffers_, copies_;
};

}  // namespace

std::string_view toString(NonFiniteCause cause) {
  return kCauses[static_cast<std::size_t>(cause)];
}

std::string describe(const NonFinitePlace& place) {
  if (place.layer.empty()) return "the " + place.tensor;
  std::string text = "the " + place.tensor + " of " + place.layer;
  if (place.cause == NonFiniteCause::Gradient) text = "the gradient of the " + place.tensor + " of " + place.layer;
  if (place.channels.empty()) return text;
  text += ", channel " + std::to_string(place.channels.front());
  if (place.channels.size() > 1) text += " (and " + std::to_string(place.channels.size() - 1) + " more)";
  return text;
}

std::optional<NonFinitePlace> firstInImages(const at::Tensor& images) {
  if (isFinite(images)) return std::nullopt;
  return NonFinitePlace{NonFiniteCause::Image, "", "images", nonFiniteSlices(images, 0)};
}

std::optional<NonFinitePlace> firstInState(const torch::nn::Module& model) {
  const at::NoGradGuard noGrad;
  const LayerNames names(model);
  for (const auto& item : model.named_parameters()) {
    if (!isFinite(item.value())) return placeIn(names, NonFiniteCause::Weight, item.key(), item.value());
  }
  for (const auto& item : model.named_buffers()) {
    if (!isFinite(item.value())) return placeIn(names, NonFiniteCause::Statistic, item.key(), item.value());
  }
  return std::nullopt;
}

std::optional<NonFinitePlace> firstInGradients(const torch::nn::Module& model) {
  const at::NoGradGuard noGrad;
  const LayerNames names(model);
  const auto parameters = model.named_parameters();
  for (std::size_t i = parameters.size(); i-- > 0;) {
    const at::Tensor gradient = parameters[i].value().grad();
    if (!isFinite(gradient)) return placeIn(names, NonFiniteCause::Gradient, parameters[i].key(), gradient);
  }
  return std::nullopt;
}

std::optional<NonFinitePlace> firstInForward(torch::nn::Module& model, const std::function<void()>& forward) {
  const at::NoGradGuard noGrad;
  const ops::OptionsGuard reference({ops::Backend::Reference, ops::LinearBackend::Torch});
  const BufferGuard buffers(model);
  const ForwardProbe probe(model);
  forward();
  return probe.found();
}

}  // namespace slab::train
