// Small models with every parameter and statistic away from its initial value.
#pragma once

#include <torch/torch.h>

#include <memory>
#include <string>
#include <vector>

#include "core/config/arch/registry.h"
#include "core/models/build_model.h"

namespace slab {

/// A registry name shrunk to test size: few channels, shallow, small image.
inline ModelConfig smallConfig(const RegistryEntry& entry) {
  ModelConfig config = entry.config;
  config.classes = 10;
  config.dropPath = 0.0;
  if (entry.family == Family::DeiT) {
    config.imageSize = 32;
    config.patchSize = 4;
    config.embedDim = 16;
    config.depths = {2};
    config.heads = {2};
  } else if (entry.family == Family::Pvt || entry.family == Family::PvtV2) {
    config.imageSize = 32;
    config.patchSize = 2;
    config.embedDim = 8;
    config.depths = {1, 2, 1, 1};
    config.mlpRatio = {2, 2, 2, 2};
  } else {
    config.imageSize = 56;
    config.patchSize = 2;
    config.embedDim = 16;
    config.depths = {2, 2, 1};
    config.heads = {2, 2, 4};
    config.attention = config.attention.substr(1);
    if (config.attention.find_first_of("LF") != std::string::npos) config.window = 28;
  }
  return config;
}

inline void stir(Backbone& model, std::uint64_t seed) {
  at::NoGradGuard noGradient;
  torch::manual_seed(seed);
  for (auto& parameter : model.named_parameters()) {
    parameter.value().add_(at::randn_like(parameter.value()) * (parameter.value().dim() > 1 ? 0.05 : 0.2));
  }
  for (auto& buffer : model.named_buffers()) {
    if (buffer.key().ends_with("running_mean")) buffer.value().normal_(0.0, 0.3);
    if (buffer.key().ends_with("running_var")) buffer.value().uniform_(0.4, 1.6);
  }
}

inline std::shared_ptr<Backbone> stirredModel(const RegistryEntry& entry, std::uint64_t seed = 7) {
  torch::manual_seed(seed);
  auto model = buildModel(smallConfig(entry));
  stir(*model, seed);
  model->eval();
  return model;
}

inline at::Tensor randomImages(const Backbone& model, std::int64_t count) {
  const auto& config = model.config();
  return at::randn({count, config.inChannels, config.imageSize, config.imageSize});
}

/// The smallest size of every built kind: one entry a family, norm and attention.
inline std::vector<RegistryEntry> builtKinds() {
  std::vector<RegistryEntry> kinds;
  for (const auto& entry : registry()) {
    if (entry.size == "t" || entry.size == "b0") kinds.push_back(entry);
  }
  return kinds;
}

}  // namespace slab
