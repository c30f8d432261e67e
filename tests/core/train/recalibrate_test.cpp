#include "core/train/recalibrate.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "core/base/error.h"
#include "core/models/build_model.h"
#include "core/models/swin.h"
#include "core/nn/patch_embed.h"
#include "tests/core/models/tiny.h"

namespace slab::train {
namespace {

class RecalibrationTest : public ::testing::Test {
 protected:
  RecalibrationTest() {
    torch::manual_seed(3);
    model_ = buildModel(testing::tinyConfig(*findModel("slab_swin_t")));
    model_->train();
  }
  // Batches of unequal size, each with a mean of its own.
  [[nodiscard]] at::Tensor images(int number) const {
    const auto& config = model_->config();
    const auto generator = at::detail::createCPUGenerator(static_cast<std::uint64_t>(number));
    return at::randn({2 + number, config.inChannels, config.imageSize, config.imageSize}, generator,
                     at::TensorOptions()) +
           0.5 * number;
  }
  // What the first norm of the model sees: (tokens, C), in double.
  [[nodiscard]] at::Tensor firstTokens(int number) const {
    const auto parameters = model_->named_parameters();
    const at::Tensor weight = parameters["patch_embed.proj.weight"].detach().to(at::kDouble);
    const at::Tensor bias = parameters["patch_embed.proj.bias"].detach().to(at::kDouble);
    const auto patch = model_->config().patchSize;
    return at::conv2d(images(number).to(at::kDouble), weight, bias, {patch, patch}).permute({0, 2, 3, 1}).flatten(0, 2);
  }
  [[nodiscard]] at::Tensor statistic(const std::string& name) const {
    return model_->named_buffers()["patch_embed.norm.norm2.bn." + name];
  }

  std::shared_ptr<Backbone> model_;
};

void expectClose(const at::Tensor& actual, const at::Tensor& expected, const char* what) {
  EXPECT_LE((actual.to(at::kDouble) - expected).abs().max().item<double>(),
            2e-5 * expected.abs().max().item<double>() + 1e-7)
      << what;
}

TEST_F(RecalibrationTest, CumulativeIsTheMeanAndVarianceOverAllTokensOfThePass) {
  Recalibration pass(*model_, RecalibrationRule::Cumulative);
  std::vector<at::Tensor> all;
  for (int number = 0; number < 4; ++number) {
    all.push_back(firstTokens(number));
    pass.add(images(number));
  }
  const auto drifts = pass.finish();
  const at::Tensor tokens = at::cat(all);
  expectClose(statistic("running_mean"), tokens.mean(0), "mean");
  expectClose(statistic("running_var"), tokens.var(0, /*unbiased=*/true), "variance");
  ASSERT_FALSE(drifts.empty());
  EXPECT_EQ(drifts.front().layer, "patch_embed.norm");
  const double channels = static_cast<double>(tokens.size(1));
  EXPECT_NEAR(drifts.front().mean, tokens.mean(0).norm().item<double>() / std::sqrt(channels), 1e-3)
      << "the old statistics were mean 0 and variance 1";
}

TEST_F(RecalibrationTest, MomentumIsTheReferencesRunningAverage) {
  at::Tensor mean = at::zeros_like(statistic("running_mean"), at::kDouble), var = at::ones_like(mean);
  {
    Recalibration pass(*model_, RecalibrationRule::Momentum);
    for (int number = 0; number < 4; ++number) {
      mean = 0.9 * mean + 0.1 * firstTokens(number).mean(0);
      var = 0.9 * var + 0.1 * firstTokens(number).var(0, true);
      pass.add(images(number));
    }
    EXPECT_FALSE(pass.isSettled());
    pass.finish();
  }
  expectClose(statistic("running_mean"), mean, "mean");
  expectClose(statistic("running_var"), var, "variance");
}

TEST_F(RecalibrationTest, TouchesNothingButTheStatistics) {
  std::vector<at::Tensor> weights;
  for (const auto& parameter : model_->parameters()) weights.push_back(parameter.detach().clone());
  {
    Recalibration pass(*model_, RecalibrationRule::Cumulative);
    pass.add(images(1));
    pass.finish();
  }
  const auto now = model_->parameters();
  for (std::size_t i = 0; i < now.size(); ++i) {
    EXPECT_TRUE(at::equal(now[i], weights[i]));
    EXPECT_FALSE(now[i].grad().defined());
  }
  EXPECT_TRUE(model_->is_training());
  for (const auto& module : model_->modules()) {
    EXPECT_TRUE(module->is_training());
    if (const auto* bn = dynamic_cast<const nn::BatchStatistics*>(module.get())) {
      EXPECT_DOUBLE_EQ(bn->momentum, 0.1);
    }
  }
}

TEST_F(RecalibrationTest, AnInterruptedPassPutsTheOldStatisticsBack) {
  std::vector<at::Tensor> before;
  for (const auto& item : model_->named_buffers()) {
    if (item.value().is_floating_point()) before.push_back(item.value().clone());
  }
  {
    Recalibration pass(*model_, RecalibrationRule::Cumulative);
    pass.add(images(2));
  }
  std::size_t i = 0;
  for (const auto& item : model_->named_buffers()) {
    if (item.value().is_floating_point()) {
      EXPECT_TRUE(at::equal(item.value(), before[i++])) << item.key();
    }
  }
}

TEST_F(RecalibrationTest, EndsWhenNothingMovesAnyMore) {
  Recalibration pass(*model_, RecalibrationRule::Cumulative);
  // Enough tokens that the unbiased variance of one batch is that of many.
  const at::Tensor same = images(14);
  for (int i = 0; i < 5; ++i) {
    pass.add(same);
    EXPECT_FALSE(pass.isSettled()) << "five still batches follow the first";
  }
  pass.add(same);
  EXPECT_TRUE(pass.isSettled());
}

TEST(Recalibrate, AModelWithoutRepBnIsRefused) {
  auto model = buildModel(testing::tinyConfig(*findModel("swin_t")));
  EXPECT_THROW(Recalibration(*model, RecalibrationRule::Cumulative), Error);
}

TEST(Recalibrate, WorksInEveryFamilyWithRepBn) {
  for (const char* name : {"swin_t_prepbn", "slab_deit_t", "slab_pvt_t", "pvt_v2_b0_prepbn", "slab_cswin_t"}) {
    torch::manual_seed(4);
    auto model = buildModel(testing::tinyConfig(*findModel(name)));
    const auto& config = model->config();
    Recalibration pass(*model, RecalibrationRule::Cumulative);
    pass.add(at::randn({4, config.inChannels, config.imageSize, config.imageSize}));
    const auto drifts = pass.finish();
    EXPECT_FALSE(drifts.empty()) << name;
    for (const auto& drift : drifts) EXPECT_GT(drift.variance, 0) << name << ": " << drift.layer;
  }
}

}  // namespace
}  // namespace slab::train
