// Small detectors, synthetic images and oracle tensors that the detection tests share.
#pragma once

#include <torch/torch.h>

#include <cstring>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/config/detector_config.h"
#include "core/formats/safetensors.h"
#include "core/models/detection/ground_truth.h"

namespace slab::testing {

/// Boxes with sides of 2 to `side` pixels and corners below `extent`.
inline at::Tensor randomBoxes(std::int64_t count, double extent, double side) {
  const auto corner = at::rand({count, 2}) * extent;
  return at::cat({corner, corner + 2 + at::rand({count, 2}) * side}, 1);
}

/// The tensors of tests/data/oracles/detection (made by torchvision).
inline std::map<std::string, at::Tensor> detectionOracle() {
  const auto file = SafetensorsFile::open(std::string(SLAB_TEST_DATA) + "/oracles/detection/detection.safetensors");
  std::map<std::string, at::Tensor> tensors;
  for (const auto& view : file.tensors()) {
    auto tensor = at::empty(view.shape, view.type == ElementType::I64 ? at::kLong : at::kFloat);
    if (!view.bytes.empty()) std::memcpy(tensor.data_ptr(), view.bytes.data(), view.bytes.size());
    tensors[view.name] = tensor;
  }
  return tensors;
}

/// A detector of a few thousand parameters with the structure of the published ones.
inline DetectorConfig tinyDetector() {
  DetectorConfig config = *findDetector("mask_rcnn_scenes");
  config.backbone.embedDim = 8;
  config.backbone.depths = {1, 2, 1, 1};
  config.backbone.heads = {1, 1, 2, 2};
  config.backbone.attention = "LLSS";
  config.backbone.window = 8;
  config.classes = 3;
  config.channels = 16;
  config.hidden = 32;
  config.maskBins = 14;
  config.maskChannels = 16;
  config.anchors.samples = 64;
  config.regions.samples = 32;
  config.proposals = {100, 60, 0.7, 50};
  return config;
}

/// A bright rectangle or disc of each label on a dark ground, a channel each.
struct Shape {
  std::int64_t label, x, y, width, height;
};

/// Draws shapes into an image (3, H, W) and describes them.
inline std::pair<at::Tensor, GroundTruth> drawShapes(std::int64_t height, std::int64_t width,
                                                     const std::vector<Shape>& shapes) {
  auto image = at::full({3, height, width}, -0.5);
  const auto count = static_cast<std::int64_t>(shapes.size());
  GroundTruth truth{at::zeros({count, 4}), at::zeros({count}, at::kLong), at::zeros({count, height, width}, at::kByte)};
  const auto y = at::arange(height, at::kFloat).unsqueeze(1) + 0.5, x = at::arange(width, at::kFloat) + 0.5;
  for (std::int64_t i = 0; i < count; ++i) {
    const Shape& s = shapes[static_cast<std::size_t>(i)];
    const double w = static_cast<double>(s.width) / 2, h = static_cast<double>(s.height) / 2;
    const auto u = (x - (static_cast<double>(s.x) + w)) / w, v = (y - (static_cast<double>(s.y) + h)) / h;
    const auto inside = s.label == 0 ? at::maximum(u.abs(), v.abs()) <= 1 : u * u + v * v <= 1;
    truth.masks.select(0, i).copy_(inside);
    truth.labels[i] = s.label;
    truth.boxes.select(0, i).copy_(torch::tensor({s.x, s.y, s.x + s.width, s.y + s.height}, at::kFloat));
    image.select(0, s.label).masked_fill_(inside, 1.5);
  }
  return {image, truth};
}

}  // namespace slab::testing
