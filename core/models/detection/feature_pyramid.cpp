#include "core/models/detection/feature_pyramid.h"

#include <ATen/ATen.h>

#include "core/nn/init.h"

namespace slab {

std::vector<std::shared_ptr<NamedConv>> registerConvs(torch::nn::Module& owner, const std::string& name,
                                                      std::int64_t count, nn::ConvShape shape) {
  auto list = owner.register_module(name, std::make_shared<torch::nn::Module>(name));
  std::vector<std::shared_ptr<NamedConv>> convs;
  for (std::int64_t i = 0; i < count; ++i) {
    convs.push_back(list->register_module(std::to_string(i), std::make_shared<NamedConv>(shape)));
    shape.in = shape.out;
  }
  return convs;
}

FeaturePyramid::FeaturePyramid(const std::vector<std::int64_t>& widths, std::int64_t channels) {
  auto laterals = register_module("lateral_convs", std::make_shared<torch::nn::Module>("lateral_convs"));
  for (std::size_t i = 0; i < widths.size(); ++i) {
    laterals_.push_back(laterals->register_module(
        std::to_string(i), std::make_shared<NamedConv>(nn::ConvShape{widths[i], channels, 1, 1, 0, 1})));
  }
  outputs_ = registerConvs(*this, "fpn_convs", static_cast<std::int64_t>(widths.size()), {channels, channels, 3, 1, 1});
  for (const auto& convs : {laterals_, outputs_}) {
    for (const auto& each : convs) {
      nn::init::xavierUniform(each->conv->weight);
      nn::init::constant(each->conv->bias, 0.0);
    }
  }
}

std::vector<at::Tensor> FeaturePyramid::forward(const std::vector<at::Tensor>& maps) {
  std::vector<at::Tensor> levels(maps.size());
  at::Tensor coarser;
  for (std::size_t i = maps.size(); i-- > 0;) {
    at::Tensor lateral = laterals_[i]->forward(maps[i]);
    if (coarser.defined()) lateral = lateral + at::upsample_nearest2d(coarser, {lateral.size(2), lateral.size(3)});
    levels[i] = outputs_[i]->forward(lateral);
    coarser = lateral;
  }
  levels.push_back(at::max_pool2d(levels.back(), {1, 1}, {2, 2}));
  return levels;
}

}  // namespace slab
