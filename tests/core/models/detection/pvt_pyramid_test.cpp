#include "core/models/detection/pvt_pyramid.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "core/base/error.h"
#include "core/config/arch/registry.h"
#include "core/models/build_model.h"
#include "core/models/detection/mask_rcnn.h"
#include "core/models/state_dict.h"
#include "support/golden.h"
#include "tests/core/models/tiny.h"

namespace slab {
namespace {

class PvtPyramids : public ::testing::TestWithParam<const char*> {};

TEST_P(PvtPyramids, GivesTheClassifiersTokensAtItsOwnSize) {
  torch::manual_seed(4);
  const torch::NoGradGuard noGrad;
  const ModelConfig config = testing::tinyConfig(*findModel(GetParam()));
  const auto classifier = buildModel(config);
  for (auto& parameter : classifier->parameters()) parameter.add_(at::randn_like(parameter) * 0.3);
  classifier->eval();
  PvtPyramid pyramid(config);
  pyramid.eval();
  StateDict values;
  for (const auto& item : stateDict(*classifier)) {
    if (!item.key().starts_with("head.") && !item.key().starts_with("norm.")) values.insert(item.key(), item.value());
  }
  const LoadReport report = loadStateDict(pyramid, values);
  ASSERT_TRUE(report.isComplete()) << report.problems();
  const auto images = at::randn({2, 2, 32, 32});
  const auto maps = pyramid.forward(images);
  ASSERT_EQ(maps.size(), 4U);
  const auto features = classifier->forwardFeatures(images);
  EXPECT_LE((maps[3].flatten(2).mean(2) - features).abs().max().item<double>(),
            1e-4 * features.abs().max().item<double>());
  const auto after = pyramid.forward(at::randn({1, 2, 64, 32}));
  EXPECT_EQ(after[0].sizes(), (std::vector<std::int64_t>{1, 8, 32, 16}));
  EXPECT_EQ(after[3].sizes(), (std::vector<std::int64_t>{1, 64, 4, 2}));
  EXPECT_TRUE(at::equal(pyramid.forward(images)[3], maps[3])) << "a change of the grid leaves nothing behind";
}

INSTANTIATE_TEST_SUITE_P(Names, PvtPyramids, ::testing::Values("pvt_t_prepbn", "slab_pvt_t", "flatten_pvt_t"),
                         [](const auto& info) { return std::string(info.param); });

TEST(PvtPyramid, StretchesAGridWithoutTurningIt) {
  const auto rows = at::linspace(0, 1, 4).view({1, 4, 1}).expand({1, 4, 4}).reshape({1, 16, 1});
  const auto stretched = nn::stretchedOverGrid(rows, 6, 9).view({6, 9});
  EXPECT_LE((stretched - stretched.select(1, 0).unsqueeze(1)).abs().max().item<double>(), 1e-6);
  EXPECT_GT((stretched.slice(0, 1) - stretched.slice(0, 0, -1)).min().item<double>(), 0.0);
  EXPECT_TRUE(at::equal(nn::stretchedOverGrid(rows, 4, 4), rows));
}

TEST(PvtPyramid, ItsDetectorHasTheKeysOfMmdet) {
  const MaskRcnn model(*findDetector("mask_rcnn_pvt_t_prepbn"));
  std::vector<std::pair<std::string, std::vector<std::int64_t>>> expected, own;
  for (const auto& key : golden::stateDictKeys("pvt_t_prepbn")) {
    if (key.name.starts_with("head.") || key.name.starts_with("norm.")) continue;
    expected.emplace_back("backbone." + key.name, key.shape);
  }
  for (const auto& key : golden::stateDictKeys("mask_rcnn_fpn_heads_pvt")) expected.emplace_back(key.name, key.shape);
  for (const auto& item : stateDict(model)) own.emplace_back(item.key(), item.value().sizes().vec());
  EXPECT_EQ(own, expected);
}

TEST(PvtPyramid, RefusesAnImageWithoutAKey) {
  PvtPyramid pyramid(testing::tinyConfig(*findModel("pvt_t_prepbn")));
  EXPECT_THROW(pyramid.forward(at::zeros({1, 2, 8, 32})), Error);
  EXPECT_THROW(pyramid.forward(at::zeros({1, 3, 32, 32})), Error);
}

}  // namespace
}  // namespace slab
