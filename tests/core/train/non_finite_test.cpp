#include "core/train/non_finite.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <limits>

#include "core/models/build_model.h"
#include "core/train/finite_watch.h"
#include "core/train/forward_probe.h"
#include "tests/core/models/tiny.h"

namespace slab::train {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

std::shared_ptr<Backbone> tinyModel(const std::string& name) {
  torch::manual_seed(3);
  auto model = buildModel(testing::tinyConfig(*findModel(name)));
  model->train();
  model->setLambda(0.5);
  return model;
}

at::Tensor someImages(const Backbone& model) {
  const auto& config = model.config();
  return at::randn({2, config.inChannels, config.imageSize, config.imageSize}, at::detail::createCPUGenerator(1),
                   at::TensorOptions());
}

std::optional<NonFinitePlace> replay(Backbone& model) {
  const at::Tensor images = someImages(model);
  return firstInForward(model, [&] {
    torch::manual_seed(5);
    model.forward(images);
  });
}

// The value at the start of the slice that belongs to `channel`.
void plant(Backbone& model, const std::string& key, std::int64_t channel, float value) {
  const at::NoGradGuard noGrad;
  at::Tensor tensor =
      model.named_parameters().contains(key) ? model.named_parameters()[key] : model.named_buffers()[key];
  const bool isAddedToTokens = tensor.dim() == 3 && tensor.size(0) == 1;
  tensor.select(isAddedToTokens ? 2 : 0, channel).flatten()[0] = value;
}

class EveryFamily : public ::testing::TestWithParam<const char*> {};

TEST_P(EveryFamily, APlantedNaNIsFoundInEveryWeightOfTheForward) {
  auto model = tinyModel(GetParam());
  ASSERT_FALSE(replay(*model)) << "the model itself is finite";
  const LayerNames names(*model);
  std::int64_t found = 0, passedOver = 0;
  for (const auto& item : model->named_parameters()) {
    const at::Tensor before = item.value().detach().clone();
    const std::int64_t dim = before.dim() == 3 && before.size(0) == 1 ? 2 : 0;
    const std::int64_t channel = before.dim() == 0 ? 0 : before.size(dim) - 1;
    plant(*model, item.key(), channel, kNaN);
    if (const auto place = replay(*model)) {
      ++found;
      EXPECT_EQ(place->cause, NonFiniteCause::Weight) << item.key();
      EXPECT_EQ(std::pair(place->layer, place->tensor), names.split(item.key()));
      EXPECT_EQ(place->channels, std::vector<std::int64_t>{channel}) << item.key();
    } else {
      ++passedOver;
      const auto state = firstInState(*model);
      ASSERT_TRUE(state) << item.key();
      EXPECT_EQ(std::pair(state->layer, state->tensor), names.split(item.key()));
    }
    const at::NoGradGuard noGrad;
    item.value().detach().copy_(before);
  }
  EXPECT_GT(found, 20);
  EXPECT_LE(passedOver, 4) << "only what no output depends on: an unused class token, CSWin's scale";
}

INSTANTIATE_TEST_SUITE_P(NonFinite, EveryFamily,
                         ::testing::Values("slab_swin_t", "slab_deit_t", "deit_t", "slab_pvt_t", "pvt_v2_b0_prepbn",
                                           "slab_cswin_t", "flatten_swin_t"),
                         [](const auto& info) { return std::string(info.param); });

TEST(NonFinite, AnOverflowOfFiniteWeightsIsAnActivationOfItsLayerAndChannel) {
  auto model = tinyModel("slab_swin_t");
  const at::NoGradGuard noGrad;
  model->named_parameters()["layers.0.blocks.1.mlp.fc1.weight"][7].fill_(3e38F);
  const auto place = replay(*model);
  ASSERT_TRUE(place);
  EXPECT_EQ(place->cause, NonFiniteCause::Activation);
  EXPECT_EQ(place->layer, "layers.0.blocks.1.mlp.fc1");
  EXPECT_EQ(place->channels, std::vector<std::int64_t>{7});
  EXPECT_EQ(describe(*place), "the output of layers.0.blocks.1.mlp.fc1, channel 7");
}

TEST(NonFinite, WhatAnOperationMakesInsideIsNoValueOfTheForward) {
  auto model = tinyModel("slab_swin_t");
  const auto placeOf = [&](bool isInner) {
    return firstInForward(*model, [&] {
      std::optional<at::RecordFunction> outer;
      if (isInner) {
        outer.emplace(at::RecordScope::FUNCTION);
        outer->before("an operation");
      }
      at::full({8}, kNaN);
    });
  };
  EXPECT_TRUE(placeOf(false));
  EXPECT_FALSE(placeOf(true));
}

TEST(NonFinite, AViewOfMemoryThatIsYetToBeWrittenIsNoValueOfTheForward) {
  auto model = tinyModel("slab_swin_t");
  const at::Tensor memory = at::full({8}, kNaN);
  const auto place = firstInForward(*model, [&] {
    memory.narrow(0, 0, 4).fill_(1);
    memory.narrow(0, 4, 4).fill_(1);
    at::sum(memory);
  });
  EXPECT_FALSE(place);
}

TEST(NonFinite, TheReplayLeavesTheStatisticsAsTheyWere) {
  auto model = tinyModel("slab_swin_t");
  const at::Tensor before = model->named_buffers()["norm.norm2.bn.running_mean"].clone();
  replay(*model);
  EXPECT_TRUE(at::equal(model->named_buffers()["norm.norm2.bn.running_mean"], before));
  EXPECT_EQ(model->named_buffers()["norm.norm2.bn.num_batches_tracked"].item<std::int64_t>(), 0);
}

TEST(NonFinite, AStatisticThatTheForwardDoesNotReadIsNoFaultOfIt) {
  auto model = tinyModel("slab_swin_t");
  plant(*model, "norm.norm2.bn.running_var", 4, kInfinity);
  EXPECT_FALSE(replay(*model));
  const auto place = firstInState(*model);
  ASSERT_TRUE(place);
  EXPECT_EQ(place->cause, NonFiniteCause::Statistic);
  EXPECT_EQ(describe(*place), "the norm2.bn.running_var of norm, channel 4");
}

TEST(NonFinite, AGradientIsNamedNearestToTheLoss) {
  auto model = tinyModel("slab_swin_t");
  model->forward(someImages(*model)).sum().backward();
  EXPECT_FALSE(firstInGradients(*model));
  model->named_parameters()["layers.0.blocks.0.attn.qkv.weight"].grad()[1][0] = kNaN;
  model->named_parameters()["layers.1.blocks.0.attn.proj.bias"].grad()[2] = kInfinity;
  const auto place = firstInGradients(*model);
  ASSERT_TRUE(place);
  EXPECT_EQ(describe(*place), "the gradient of the bias of layers.1.blocks.0.attn.proj, channel 2");
}

TEST(NonFinite, AnImageIsNamedByItsPlaceInTheBatch) {
  at::Tensor images = at::zeros({4, 1, 2, 2});
  EXPECT_FALSE(firstInImages(images));
  images[2][0][1][1] = kNaN;
  const auto place = firstInImages(images);
  ASSERT_TRUE(place);
  EXPECT_EQ(place->channels, std::vector<std::int64_t>{2});
}

TEST(FiniteWatch, SeesEveryValueAndRemembersWhenAllWasFinite) {
  auto model = tinyModel("slab_swin_t");
  FiniteWatch watch(*model);
  EXPECT_FALSE(watch.lastFinite());
  EXPECT_TRUE(watch.lookNow(5));
  EXPECT_EQ(watch.lastFinite(), 5);
  for (const float value : {kNaN, kInfinity, -kInfinity}) {
    for (const char* key : {"head.weight", "norm.norm2.alpha", "patch_embed.norm.norm2.bn.running_mean"}) {
      auto broken = tinyModel("slab_swin_t");
      FiniteWatch other(*broken);
      plant(*broken, key, 0, value);
      EXPECT_FALSE(other.lookNow(7)) << key;
    }
  }
  plant(*model, "head.weight", 0, 3e38F);
  EXPECT_TRUE(watch.lookNow(6)) << "large is not infinite";
}

TEST(FiniteWatch, SpendsNoMoreThanItsShareOfTheTraining) {
  auto model = tinyModel("slab_swin_t");
  FiniteWatch watch(*model);
  ASSERT_TRUE(watch.lookNow(0));
  plant(*model, "head.bias", 0, kNaN);
  EXPECT_TRUE(watch.look(1, 0.0)) << "a step that took no time pays for no look";
  EXPECT_FALSE(watch.look(2, 1e9)) << "a long one does";
}

}  // namespace
}  // namespace slab::train
