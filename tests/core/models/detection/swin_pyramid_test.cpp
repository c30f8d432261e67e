// The detection backbone gives the maps of the published implementation, at a size that no window divides.
#include "core/models/detection/swin_pyramid.h"

#include <gtest/gtest.h>
#include <torch/utils.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/models/state_dict.h"
#include "support/golden.h"

namespace slab {
namespace {

std::shared_ptr<SwinPyramid> pyramid(const std::string& name) {
  auto model = std::make_shared<SwinPyramid>(*findDetectionBackbone(name));
  model->eval();
  return model;
}

TEST(SwinPyramid, GivesTheReferencesMapsWhereEveryStageIsFilledUp) {
  const torch::NoGradGuard noGrad;
  const auto rows = golden::detectionRows();
  ASSERT_EQ(rows.size() % 4, 0U);
  ASSERT_FALSE(rows.empty());
  for (std::size_t i = 0; i < rows.size(); i += 4) {
    const auto model = pyramid(rows[i].model);
    const LoadReport report = loadStateDict(*model, golden::weights(rows[i].model));
    ASSERT_TRUE(report.isComplete()) << report.problems();
    const auto maps = model->forward(golden::image(golden::kLogitsImage, 3, 256, 320));
    ASSERT_EQ(maps.size(), 4U);
    for (std::size_t level = 0; level < maps.size(); ++level) {
      EXPECT_LE(golden::logitsError(maps[level], rows[i + level]), 1e-4) << rows[i].model << ", level " << level;
    }
  }
}

class DetectionBackbones : public ::testing::TestWithParam<ModelConfig> {};

TEST_P(DetectionBackbones, HaveTheReferencesKeysInItsOrderExceptTheCounterItLacks) {
  std::vector<std::string> expected, own;
  for (const auto& key : golden::stateDictKeys(GetParam().name)) {
    if (!key.name.ends_with("relative_position_index")) expected.push_back(key.name);
  }
  for (const auto& item : stateDict(SwinPyramid(GetParam()))) {
    const bool isOurs = item.key().ends_with(".warm") || item.key().ends_with("relative_position_index");
    if (!isOurs) own.push_back(item.key());
  }
  EXPECT_EQ(own, expected);
}

INSTANTIATE_TEST_SUITE_P(Names, DetectionBackbones, ::testing::ValuesIn(detectionBackbones()),
                         [](const auto& info) { return info.param.name; });

TEST(SwinPyramid, TakesAnySizeAndHalvesItRoundingUp) {
  const torch::NoGradGuard noGrad;
  const auto model = pyramid("det_backbone_prepbn_swin_t");
  const auto maps = model->forward(at::zeros({1, 3, 50, 37}));  // 13 x 10 patches
  const std::vector<std::vector<std::int64_t>> expected{
      {1, 96, 13, 10}, {1, 192, 7, 5}, {1, 384, 4, 3}, {1, 768, 2, 2}};
  for (std::size_t level = 0; level < expected.size(); ++level) EXPECT_EQ(maps[level].sizes().vec(), expected[level]);
  EXPECT_THROW(model->forward(at::zeros({1, 1, 50, 37})), Error);
}

TEST(SwinPyramid, EachMapHasItsOwnShiftMaskWhateverCameBefore) {
  const torch::NoGradGuard noGrad;
  torch::manual_seed(2);
  ModelConfig config = *findDetectionBackbone("det_backbone_prepbn_swin_t");
  config.embedDim = 16;
  config.depths = {2, 2, 2, 2};
  config.heads = {1, 2, 4, 8};
  SwinPyramid model(config);
  model.eval();
  // As many windows in all, in other places; and less and more of them.
  for (const auto& [height, width] : {std::pair{56, 112}, {112, 56}, {56, 56}, {112, 112}, {56, 112}, {112, 56}}) {
    const at::Tensor images = at::randn({2, 3, height, width});
    const auto maps = model.forward(images);
    SwinPyramid fresh(config);
    fresh.eval();
    loadStateDict(fresh, stateDict(model));
    const auto expected = fresh.forward(images);
    for (std::size_t i = 0; i < maps.size(); ++i) EXPECT_TRUE(maps[i].equal(expected[i])) << height << " x " << width;
  }
}

}  // namespace
}  // namespace slab
