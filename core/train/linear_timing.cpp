#include "core/train/linear_timing.h"

#include <torch/torch.h>

#include "core/models/build_model.h"

namespace slab::train {

void timeLinearLayers(const ModelConfig& model, std::int64_t batch, c10::Device device) {
  const auto trial = buildModel(model);
  trial->torch::nn::Module::to(device);
  trial->train();
  const auto images = at::zeros({batch, model.inChannels, model.imageSize, model.imageSize},
                                at::TensorOptions().dtype(at::kFloat).device(device));
  trial->forward(images).sum().backward();
}

}  // namespace slab::train
