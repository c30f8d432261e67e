#include "core/train/non_finite.h"

#include <torch/torch.h>

#include <array>
#include <bit>

#include "core/config/fields.h"
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

std::string toText(const NonFiniteReport& report) {
  const auto bits = [](double value) { return std::bit_cast<std::int64_t>(value); };
  Json samples = Json::array();
  for (const auto& [index, name] : report.samples) samples.push_back(Json{{"index", index}, {"name", name}});
  const Json json{{"cause", static_cast<int>(report.place.cause)},
                  {"layer", report.place.layer},
                  {"tensor", report.place.tensor},
                  {"channels", report.place.channels},
                  {"step", report.step},
                  {"batch", report.batch},
                  {"epoch", bits(report.epoch)},
                  {"loss", bits(report.loss)},
                  {"grad_norm", bits(report.gradNorm)},
                  {"lr", bits(report.learningRate)},
                  {"lambda", bits(report.lambda)},
                  {"finite_until", report.finiteUntil ? Json(*report.finiteUntil) : Json(nullptr)},
                  {"samples", std::move(samples)},
                  {"process", report.process ? Json(*report.process) : Json(nullptr)}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

NonFiniteReport nonFiniteReportOf(const std::string& text) {
  const Json json = Json::parse(text);
  const auto number = [&](const char* key) { return std::bit_cast<double>(json[key].get<std::int64_t>()); };
  NonFiniteReport report;
  report.place.cause = static_cast<NonFiniteCause>(json["cause"].get<int>());
  report.place.layer = json["layer"];
  report.place.tensor = json["tensor"];
  report.place.channels = json["channels"].get<std::vector<std::int64_t>>();
  report.step = json["step"];
  report.batch = json["batch"];
  report.epoch = number("epoch");
  report.loss = number("loss");
  report.gradNorm = number("grad_norm");
  report.learningRate = number("lr");
  report.lambda = number("lambda");
  if (json["finite_until"].is_number()) report.finiteUntil = json["finite_until"].get<std::int64_t>();
  for (const Json& sample : json["samples"]) report.samples.push_back({sample["index"], sample["name"]});
  if (json["process"].is_number()) report.process = json["process"].get<int>();
  return report;
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
