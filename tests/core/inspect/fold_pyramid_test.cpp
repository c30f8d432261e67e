// Folding a detection backbone, whose maps are filled up between norm1 and qkv.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>

#include "core/inspect/fold_certificate.h"
#include "core/models/detection/swin_pyramid.h"

namespace slab::inspect {
namespace {

// One block of each kind a stage, small, in float64; biases and statistics away from their initial values.
std::shared_ptr<SwinPyramid> smallPyramid(const char* attention) {
  ModelConfig config = *findDetectionBackbone("det_backbone_slab_swin_t");
  config.embedDim = 8;
  config.depths = {2, 2, 2, 1};
  config.heads = {1, 2, 2, 2};
  config.attention = attention;
  config.window = 8;
  auto model = std::make_shared<SwinPyramid>(config);
  const torch::NoGradGuard noGrad;
  const auto scramble = [](const std::string& name, at::Tensor& value) {
    if (!value.is_floating_point()) return;
    value.set_data(value.to(at::kDouble));
    name.ends_with("running_var") ? value.uniform_(0.5, 1.5) : value.uniform_(-0.5, 0.5);
  };
  for (auto& item : model->named_parameters()) scramble(item.key(), item.value());
  for (auto& item : model->named_buffers()) scramble(item.key(), item.value());
  model->eval();
  return model;
}

double worst(const std::vector<at::Tensor>& expected, const std::vector<at::Tensor>& actual) {
  double error = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    error = std::max(error, discrepancy(expected[i], actual[i]).relative);
  }
  return error;
}

class FoldPyramid : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override { torch::manual_seed(5); }
  torch::NoGradGuard noGradient;
};

TEST_P(FoldPyramid, IsExactAtSizesThatNoWindowDividesAndWhereEveryWindowDoes) {
  for (const auto& [height, width] : {std::pair{64, 64}, {75, 106}, {33, 130}, {4, 9}}) {
    const auto model = smallPyramid(GetParam());
    const at::Tensor images = at::randn({2, 3, height, width}, at::kDouble);
    const auto before = model->forward(images);
    const auto outcomes = foldSites(model->foldSites());
    EXPECT_LE(worst(before, model->forward(images)), 1e-10) << height << " x " << width;
    for (const auto& outcome : outcomes) {
      const bool isOutput = outcome.norm.find('.') == std::string::npos;
      EXPECT_EQ(outcome.folded, !isOutput) << outcome.norm << " " << outcome.reason;
    }
    EXPECT_EQ(model->foldSites().size(), 4U) << "the LayerNorms of the four outputs stay";
  }
}

TEST_P(FoldPyramid, WouldBeWrongWithTheNewBiasInTheFilledPlaces) {
  const auto model = smallPyramid(GetParam());
  const at::Tensor images = at::randn({1, 3, 75, 106}, at::kDouble);
  const auto before = model->forward(images);
  foldSites(model->foldSites());
  for (auto& module : model->modules()) {
    if (auto* layer = dynamic_cast<nn::Linear*>(module.get()); layer != nullptr && layer->paddingBias.defined()) {
      layer->paddingBias.copy_(layer->bias);
    }
  }
  EXPECT_GT(worst(before, model->forward(images)), 1e-3);
}

TEST_P(FoldPyramid, IsCertifiedOnACopyLayerByLayerAndByItsMaps) {
  const auto model = smallPyramid(GetParam());
  const std::vector<at::Tensor> images{at::randn({2, 3, 75, 106}), at::randn({1, 3, 40, 33})};
  const auto certificate = certifyFold(*model, images);
  EXPECT_EQ(certificate.images, 3);
  EXPECT_EQ(certificate.foldedNorms() + 4, static_cast<std::int64_t>(certificate.rows.size()));
  EXPECT_EQ(model->foldSites().size(), certificate.rows.size()) << "the model itself was folded";
  for (const auto& row : certificate.rows) {
    EXPECT_LT(row.single.relative, 1e-4) << row.norm;
    EXPECT_LT(row.twofold.relative, 1e-10) << row.norm;
  }
  EXPECT_GT(certificate.outputsSingle.maximum, 0.0);
  EXPECT_LT(certificate.outputsSingle.relative, 1e-4);
  EXPECT_LT(certificate.outputsDouble.relative, 1e-10);
  EXPECT_LT(certificate.parametersAfter, certificate.parametersBefore);
  EXPECT_EQ(certificate.folded->foldSites().size(), 4U);
}

INSTANTIATE_TEST_SUITE_P(Attentions, FoldPyramid, ::testing::Values("SSSS", "LLSS", "FFSS"),
                         [](const auto& info) { return std::string(info.param); });

TEST(FoldPyramidRule, NamesThePadding) {
  auto model = smallPyramid("LLSS");
  const auto outcomes = foldSites(model->foldSites());
  const auto norm1 = std::find_if(outcomes.begin(), outcomes.end(),
                                  [](const auto& outcome) { return outcome.norm == "layers.0.blocks.0.norm1"; });
  ASSERT_NE(norm1, outcomes.end());
  EXPECT_EQ(norm1->rule, "into qkv, its bias kept for padding");
}

}  // namespace
}  // namespace slab::inspect
