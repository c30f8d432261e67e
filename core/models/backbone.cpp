#include "core/models/backbone.h"

#include "core/base/error.h"
#include "core/models/parameter_count.h"

namespace slab {
namespace {

std::string shapeText(const at::Tensor& tensor) {
  std::string text;
  for (const auto size : tensor.sizes()) text += (text.empty() ? "" : " x ") + std::to_string(size);
  return text;
}

}  // namespace

Backbone::Backbone(ModelConfig config) : config_(std::move(config)), context_(std::make_shared<nn::Context>()) {}

at::Tensor Backbone::forward(const at::Tensor& images) {
  if (images.dim() != 4 || images.size(1) != config_.inChannels || images.size(2) != config_.imageSize ||
      images.size(3) != config_.imageSize) {
    const std::string size = std::to_string(config_.imageSize);
    throw Error(ErrorKind::Data, "Model " + config_.name + " takes images of " + std::to_string(config_.inChannels) +
                                     " x " + size + " x " + size + " but was given a batch of " + shapeText(images) +
                                     "; resize the images or set model.image_size and model.in_channels.");
  }
  const at::Tensor features = forwardFeatures(images);
  const nn::StageScope scope(*context_, "head");
  return head_->forward(features);
}

void Backbone::setLambda(double lambda, bool layerNormOnly) {
  context_->lambda.lambda = lambda;
  context_->lambda.layerNormOnly = layerNormOnly;
}

void Backbone::setCounters(const NormCounters& counters) {
  writeCounters(*this, counters);
}

std::optional<NormCounters> Backbone::counters() const {
  return largestCounters(*this);
}

std::int64_t Backbone::parameterCount() const {
  return slab::parameterCount(*this);
}

void Backbone::to(torch::Dtype dtype, bool nonBlocking) {
  const auto convert = [&](at::Tensor& tensor) {
    if (tensor.is_floating_point()) tensor.set_data(tensor.to(dtype, nonBlocking));
  };
  for (auto& parameter : parameters()) convert(parameter);
  for (auto& buffer : buffers()) convert(buffer);
}

void Backbone::registerHead(std::int64_t width) {
  head_ = register_module("head", std::make_shared<nn::Linear>(width, config_.classes));
}

void addFoldSite(std::vector<FoldSite>& sites, FoldSite site) {
  if (!site.slot->isEmpty()) sites.push_back(std::move(site));
}

}  // namespace slab
