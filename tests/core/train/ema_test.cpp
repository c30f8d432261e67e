// Averaged weights against timm's own (tests/oracles/make_training.py).
#include "core/train/ema.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "core/models/build_model.h"
#include "core/models/state_dict.h"
#include "core/train/tensor_files.h"
#include "tests/core/models/tiny.h"

namespace slab::train {
namespace {

std::shared_ptr<Backbone> tinyModel(const std::string& name) {
  torch::manual_seed(3);
  return buildModel(testing::tinyConfig(*findModel(name)));
}

void assign(const at::Tensor& target, const at::Tensor& values) {
  const at::NoGradGuard noGrad;
  at::Tensor(target).copy_(values);
}

TEST(Ema, AveragesWeightsAndStatisticsAsTimm) {
  const StateDict oracle = readTensors(std::string(SLAB_TEST_DATA) + "/oracles/training/ema.safetensors");
  const auto model = tinyModel("deit_t_prepbn");
  const StateDict values = stateDict(*model);
  const std::string norm = "norm.bn.";
  // The oracle's norm is fresh at the start, as the model's is.
  Ema ema(*model, 0.9);
  const StateDict averages = stateDict(ema.model());
  for (int step = 1; step <= 8; ++step) {
    const std::string at = std::to_string(step) + ".";
    for (const char* key : {"weight", "bias", "running_mean", "running_var", "num_batches_tracked"}) {
      assign(values[norm + key], oracle[at + key]);
    }
    ema.update();
    for (const char* key : {"weight", "bias", "running_mean", "running_var"}) {
      const at::Tensor& expected = oracle[at + "ema." + key];
      const double error = (averages[norm + key] - expected).abs().max().item<double>();
      EXPECT_LE(error, 1e-6 * expected.abs().max().item<double>()) << at << key;
    }
    EXPECT_EQ(averages[norm + "num_batches_tracked"].item<std::int64_t>(), step) << "integers are copied";
  }
}

TEST(Ema, CoversEveryEntryAndLeavesMasksAlone) {
  const auto model = tinyModel("slab_swin_t");
  Ema ema(*model, 0.5);
  const StateDict before = stateDict(ema.model()), values = stateDict(*model);
  std::vector<at::Tensor> masks;
  for (const auto& item : values) {
    EXPECT_TRUE(at::equal(before[item.key()], item.value())) << item.key() << " begins as a copy";
    if (isDerived(item.key())) {
      masks.push_back(item.value().clone());
    } else {
      assign(item.value(), item.value() + 2);
    }
  }
  ASSERT_FALSE(masks.empty());
  std::vector<at::Tensor> starts;
  for (const auto& item : values) starts.push_back(before[item.key()].clone());
  ema.update();
  std::size_t entry = 0, mask = 0;
  for (const auto& item : stateDict(ema.model())) {
    const at::Tensor& start = starts[entry++];
    if (isDerived(item.key())) {
      EXPECT_TRUE(at::equal(item.value(), masks[mask++])) << item.key();
    } else {
      const double moved = item.value().is_floating_point() ? 1.0 : 2.0;
      EXPECT_TRUE(at::allclose(item.value().to(at::kDouble), start.to(at::kDouble) + moved)) << item.key();
    }
  }
}

TEST(Ema, ItsModelEvaluatesTheAverageOfTheMoment) {
  const auto model = tinyModel("slab_deit_t");
  Ema ema(*model, 0.0);
  const at::NoGradGuard noGrad;
  model->eval();
  const auto& config = model->config();
  const at::Tensor images = at::randn({2, config.inChannels, config.imageSize, config.imageSize});
  EXPECT_TRUE(at::equal(ema.model().forward(images), model->forward(images)));
  for (const auto& parameter : model->parameters()) assign(parameter, parameter * 1.5);
  ema.update();
  EXPECT_TRUE(at::equal(ema.model().forward(images), model->forward(images))) << "no packed weight of before is kept";
}

}  // namespace
}  // namespace slab::train
