// A folded detector finds what it found before, at sizes that no window divides.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "core/inspect/fold.h"
#include "core/models/detection/mask_rcnn.h"

namespace slab::inspect {
namespace {

std::shared_ptr<MaskRcnn> stirredDetector() {
  torch::manual_seed(12);
  DetectorConfig config = *findDetector("mask_rcnn_scenes");
  config.backbone.embedDim = 16;
  config.backbone.attention = "LLSS";
  config.backbone.window = 16;
  config.channels = 32;
  config.hidden = 64;
  config.maskChannels = 32;
  config.scoreThreshold = 0.08;
  auto model = std::make_shared<MaskRcnn>(config);
  const torch::NoGradGuard noGrad;
  for (auto& item : model->named_parameters()) {
    const bool isBackbone = item.key().starts_with("backbone.");
    if (isBackbone) item.value().add_(at::randn_like(item.value()) * 0.1);
    // Fresh heads score all alike: let them differ.
    if (item.key().find("_cls") != std::string::npos && item.value().dim() > 1) item.value().mul_(20.0);
  }
  for (auto& item : model->named_buffers()) {
    if (item.key().ends_with("running_mean")) item.value().normal_(0.0, 0.3);
    if (item.key().ends_with("running_var")) item.value().uniform_(0.4, 1.6);
  }
  model->eval();
  return model;
}

TEST(FoldDetector, DetectionsStayAtASizeThatNoWindowDivides) {
  const auto model = stirredDetector();
  const at::Tensor images = at::randn({2, 3, 96, 160});
  const std::vector<ImageSize> sizes{{90, 150}, {77, 133}};
  const auto before = model->detect(images, sizes);
  std::size_t folded = 0;
  for (const auto& outcome : foldSites(model->foldSites())) {
    EXPECT_TRUE(outcome.norm.starts_with("backbone.")) << outcome.norm;
    folded += outcome.folded;
  }
  EXPECT_GT(folded, 10U);
  const auto after = model->detect(images, sizes);
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    ASSERT_GT(before[i].scores.size(0), 3) << "nothing to compare";
    ASSERT_EQ(after[i].labels.sizes(), before[i].labels.sizes());
    EXPECT_TRUE(at::equal(after[i].labels, before[i].labels));
    EXPECT_LE((after[i].scores - before[i].scores).abs().max().item<double>(), 1e-4);
    EXPECT_LE((after[i].boxes - before[i].boxes).abs().max().item<double>(), 1e-2);
    EXPECT_LE((after[i].masks - before[i].masks).abs().max().item<double>(), 1e-3);
  }
}

}  // namespace
}  // namespace slab::inspect
