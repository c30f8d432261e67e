#include <ATen/ATen.h>

#include "core/models/detection/roi_head.h"
#include "core/nn/init.h"

namespace slab {
namespace {

constexpr double kClassDeviation = 0.01, kDeltaDeviation = 0.001;
constexpr std::int64_t kSharedLayers = 2;

}  // namespace

BoxHead::BoxHead(const DetectorConfig& config) {
  cls_ = register_module("fc_cls", std::make_shared<nn::Linear>(config.hidden, config.classes + 1));
  reg_ = register_module("fc_reg", std::make_shared<nn::Linear>(config.hidden, 4 * config.classes));
  nn::init::normal(cls_->weight, kClassDeviation);
  nn::init::normal(reg_->weight, kDeltaDeviation);
  auto list = register_module("shared_fcs", std::make_shared<torch::nn::Module>("shared_fcs"));
  std::int64_t in = config.channels * config.boxBins * config.boxBins;
  for (std::int64_t i = 0; i < kSharedLayers; ++i, in = config.hidden) {
    shared_.push_back(list->register_module(std::to_string(i), std::make_shared<nn::Linear>(in, config.hidden)));
    nn::init::xavierUniform(shared_.back()->weight);
  }
}

BoxHead::Output BoxHead::forward(const at::Tensor& features) {
  at::Tensor hidden = features.flatten(1);
  for (const auto& layer : shared_) hidden = at::relu(layer->forward(hidden));
  return {cls_->forward(hidden).to(at::kFloat), reg_->forward(hidden).to(at::kFloat)};
}

/// Each pixel becomes 2 x 2. Registered names: "weight" (in, out, 2, 2), "bias".
class MaskHead::Upsample : public torch::nn::Module {
 public:
  explicit Upsample(std::int64_t channels)
      : weight_(register_parameter("weight", at::empty({channels, channels, 2, 2}))),
        bias_(register_parameter("bias", at::zeros({channels}))) {
    nn::init::heNormal(weight_);
  }
  at::Tensor forward(const at::Tensor& x) { return at::conv_transpose2d(x, weight_, bias_, {2, 2}); }

 private:
  at::Tensor weight_, bias_;
};

MaskHead::MaskHead(const DetectorConfig& config) {
  convs_ = registerConvs(*this, "convs", config.maskConvolutions, {config.channels, config.maskChannels, 3, 1, 1});
  upsample_ = register_module("upsample", std::make_shared<Upsample>(config.maskChannels));
  logits_ =
      register_module("conv_logits", std::make_shared<nn::Conv2d>(nn::ConvShape{config.maskChannels, config.classes}));
  const auto initialise = [](nn::Conv2d& conv) {
    nn::init::heNormal(conv.weight);
    nn::init::constant(conv.bias, 0.0);
  };
  for (const auto& each : convs_) initialise(*each->conv);
  initialise(*logits_);
}

at::Tensor MaskHead::forward(const at::Tensor& features, const at::Tensor& labels) {
  at::Tensor hidden = features;
  for (const auto& conv : convs_) hidden = at::relu(conv->forward(hidden));
  hidden = at::relu(upsample_->forward(hidden));
  // The 1 x 1 convolution's row of each region's class.
  const auto weights = logits_->weight.flatten(1).index_select(0, labels).unsqueeze(1);  // (K, 1, channels)
  const auto biases = logits_->bias.index_select(0, labels).view({-1, 1, 1});
  return at::bmm(weights, hidden.flatten(2)).to(at::kFloat).view({-1, hidden.size(2), hidden.size(3)}) + biases;
}

}  // namespace slab
