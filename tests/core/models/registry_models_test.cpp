// What holds for every model of the registry.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "core/base/error.h"
#include "core/models/build_model.h"
#include "core/models/state_dict.h"
#include "core/ops/options.h"
#include "support/long_tier.h"
#include "tiny.h"

namespace slab {
namespace {

using testing::tinyConfig;

at::Tensor imagesFor(const ModelConfig& config, std::int64_t batch) {
  return at::randn({batch, config.inChannels, config.imageSize, config.imageSize});
}

std::string nameOf(const ::testing::TestParamInfo<RegistryEntry>& info) {
  return info.param.name;
}

class EveryModel : public ::testing::TestWithParam<RegistryEntry> {
 protected:
  void SetUp() override {
    torch::manual_seed(1);
    model = buildModel(tinyConfig(GetParam()));
    images = imagesFor(model->config(), 3);
  }
  std::shared_ptr<Backbone> model;
  at::Tensor images;

 private:
  // Not `auto`, which picks by the clock.
  ops::OptionsGuard pinned_{{ops::Backend::Auto, ops::LinearBackend::OneDnn}};
};

TEST_P(EveryModel, GivesOneLogitAClassAndTheSameOnesAgainInEvaluation) {
  model->eval();
  const torch::NoGradGuard noGrad;
  const at::Tensor logits = model->forward(images);
  EXPECT_EQ(logits.sizes(), at::IntArrayRef({3, 10}));
  EXPECT_TRUE(at::isfinite(logits).all().item<bool>());
  // The second forward packs the weights, which may change the order of a sum; from there on all is settled.
  const at::Tensor settled = model->forward(images);
  EXPECT_TRUE(at::allclose(settled, logits, 1e-5, 1e-6));
  EXPECT_TRUE(at::equal(model->forward(images), settled));
}

TEST_P(EveryModel, HasTheParametersThatItsCostCounts) {
  EXPECT_EQ(model->parameterCount(), modelCost(model->config()).parameters);
  ModelConfig config = model->config();
  config.qkvBias = false;
  EXPECT_EQ(buildModel(config)->parameterCount(), modelCost(config).parameters) << "without qkv bias";
}

TEST_P(EveryModel, JudgesASampleWithoutRegardToItsBatchInEvaluation) {
  model->eval();
  const torch::NoGradGuard noGrad;
  const at::Tensor logits = model->forward(images);
  EXPECT_TRUE(at::allclose(model->forward(images.narrow(0, 1, 1)), logits.narrow(0, 1, 1), 1e-4, 1e-5));
}

TEST_P(EveryModel, GivesAGradientToEveryParameterThatTheForwardUses) {
  model->setLambda(0.5);
  at::cross_entropy_loss(model->forward(images), at::tensor({0, 1, 2}, at::kLong)).backward();
  for (const auto& item : model->named_parameters()) {
    // As in the reference: SLAB's DeiT leaves out its class token and SLAB's CSWin the scale that focused attention
    // reads; PVT registers a final norm that it never calls.
    const bool isSlab = model->config().attention.front() == 'L';
    const bool unused = (isSlab && (item.key() == "cls_token" || item.key().ends_with(".scale"))) ||
                        (item.key().starts_with("norm.") && model->config().family() == Family::Pvt);
    const at::Tensor gradient = item.value().grad();
    EXPECT_EQ(gradient.defined(), !unused) << item.key();
    EXPECT_TRUE(unused || at::isfinite(gradient).all().item<bool>()) << item.key();
  }
}

TEST_P(EveryModel, LeavesRepBnAloneWhileLayerNormWarmsUp) {
  if (model->config().norm != NormKind::PrepBn) GTEST_SKIP() << "no PRepBN";
  model->setLambda(1.0, /*layerNormOnly=*/true);
  model->forward(images).sum().backward();
  for (const auto& item : model->named_parameters()) {
    if (item.key().find(".norm2.alpha") != std::string::npos || item.key().find(".bn.") != std::string::npos) {
      EXPECT_FALSE(item.value().grad().defined()) << item.key();
    }
  }
  for (const auto& item : model->named_buffers()) {
    if (item.key().ends_with("num_batches_tracked") || item.key().ends_with("running_mean")) {
      EXPECT_EQ(item.value().abs().max().item<double>(), 0.0) << item.key();
    }
  }
}

TEST_P(EveryModel, GivesTheSameLogitsInDoubleAndKeepsItsIntegers) {
  model->eval();
  const torch::NoGradGuard noGrad;
  const at::Tensor logits = model->forward(images);
  model->to(at::kDouble);
  for (const auto& item : stateDict(*model)) {
    const bool counter = item.value().dim() == 0 || item.key().ends_with("relative_position_index");
    EXPECT_EQ(item.value().scalar_type(), counter ? at::kLong : at::kDouble) << item.key();
  }
  const at::Tensor wide = model->forward(images.to(at::kDouble));
  EXPECT_EQ(wide.scalar_type(), at::kDouble);
  EXPECT_TRUE(at::allclose(wide.to(at::kFloat), logits, 1e-4, 1e-5));
}

TEST_P(EveryModel, CopyHasTheSameValuesAndItsOwnTensors) {
  model->eval();
  auto copy = copyModel(*model);
  const torch::NoGradGuard noGrad;
  const StateDict copied = stateDict(*copy);
  for (const auto& item : stateDict(*model)) EXPECT_TRUE(at::equal(copied[item.key()], item.value())) << item.key();
  EXPECT_TRUE(at::equal(copy->forward(images), model->forward(images)));
  for (auto& parameter : copy->parameters()) parameter.zero_();
  EXPECT_GT(model->forward(images).abs().max().item<float>(), 0.0F);
}

TEST_P(EveryModel, RefusesImagesOfAnotherShapeAndNamesTheMend) {
  try {
    model->forward(at::zeros({1, 7, 8, 8}));
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Data);
    EXPECT_NE(std::string(error.what()).find("1 x 7 x 8 x 8"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("model.image_size"), std::string::npos) << error.what();
  }
}

TEST_P(EveryModel, TellsAProbeAboutEveryAttentionOnceAndATimerInBalance) {
  class Probe : public nn::AttentionProbe {
   public:
    bool wants(const nn::AttentionPlace&) override { return true; }
    void record(const nn::AttentionRecord& record) override { layers.push_back(record.place.layer); }
    std::vector<std::string> layers;
  } probe;
  class Timer : public nn::StageTimer {
   public:
    void begin(std::string_view part) override {
      if (depth++ == 0) places.emplace_back(part);
    }
    void end() override { --depth; }
    int depth = 0;
    std::vector<std::string> places;
  } timer;
  model->eval();
  model->setProbe(&probe);
  model->setTimer(&timer);
  const torch::NoGradGuard noGrad;
  model->forward(images);
  std::vector<std::string> expected;
  for (const auto* attention : model->attentionLayers()) expected.push_back(attention->place().layer);
  EXPECT_EQ(probe.layers, expected);
  EXPECT_EQ(timer.depth, 0);
  EXPECT_TRUE(timer.places.front().starts_with("patch_embed")) << timer.places.front();
  EXPECT_EQ(timer.places.back(), "head");
}

TEST_P(EveryModel, NamesLayersOfProbesAndFoldsAsItsStateDictDoes) {
  const StateDict values = stateDict(*model);
  for (const auto* attention : model->attentionLayers()) {
    const auto keys = values.keys();
    const bool found = std::any_of(keys.begin(), keys.end(), [&](const std::string& key) {
      return key.starts_with(attention->place().layer + ".") && key.ends_with(".weight");
    });
    EXPECT_TRUE(found) << attention->place().layer;
  }
  for (const auto& site : model->foldSites()) {
    const bool found = values.contains(site.norm + ".weight") || values.contains(site.norm + ".alpha") ||
                       values.contains(site.norm + ".norm2.alpha");
    EXPECT_TRUE(found) << site.norm;
    for (const auto& target : site.targets) {
      ASSERT_TRUE(values.contains(target.name + ".weight")) << target.name;
      EXPECT_TRUE(values[target.name + ".weight"].is_alias_of(target.layer->weight)) << target.name;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Registry, EveryModel, ::testing::ValuesIn(registry()), nameOf);

// Slab specification 3.2; DeiT-B and the plain models by the same arithmetic (Swin's and DeiT's papers: 28 M,
// 50 M, 88 M; 5 M, 22 M, 86 M).
TEST(ParameterCounts, AreThoseOfTheReference) {
  const std::vector<std::pair<const char*, std::int64_t>> expected{
      {"swin_t_prepbn", 28288383},    {"swin_t_prepbn_linearnorm", 28313151},
      {"swin_s_prepbn", 49606311},    {"swin_b_prepbn", 87768277},
      {"slab_swin_t", 29216605},      {"slab_swin_s", 50552965},
      {"slab_swin_b", 89029373},      {"deit_t_prepbn", 5717441},
      {"deit_s_prepbn", 22069889},    {"slab_deit_t", 6198401},
      {"slab_deit_s", 22992641},      {"deit_t", 5717416},
      {"deit_s", 22050664},           {"deit_b", 86567656},
      {"swin_t", 28288354},           {"swin_s", 49606258},
      {"swin_b", 87768224},           {"pvt_t_prepbn", 13239554},
      {"slab_pvt_t", 12157692},       {"pvt_s_prepbn", 24507801},
      {"slab_pvt_s", 21683788},       {"pvt_m_prepbn", 44253117},
      {"slab_pvt_m", 37267300},       {"pvt_l_prepbn", 61434724},
      {"slab_pvt_l", 50684478},       {"slab_pvt_v2_b0", 3599968},
      {"slab_pvt_v2_b1", 12941504},   {"slab_pvt_v2_b2", 22564880},
      {"slab_pvt_v2_b3", 38301992},   {"slab_pvt_v2_b4", 51875330},
      {"slab_pvt_v2_b5", 67111640},   {"pvt_v2_b0_prepbn", 3672928},
      {"pvt_v2_b1_prepbn", 14021312}, {"pvt_v2_b2_prepbn", 25383632},
      {"pvt_v2_b3_prepbn", 45274856}, {"pvt_v2_b4_prepbn", 62605826},
      {"pvt_v2_b5_prepbn", 82021400}, {"slab_cswin_t", 21227807},
      {"slab_cswin_s", 35494205}};
  for (const auto& [name, count] : expected) {
    if (!testing::isInTier(modelByName(name))) continue;
    EXPECT_EQ(buildModel(modelByName(name))->parameterCount(), count) << name;
  }
}

void expectConfigError(const ModelConfig& config, const std::string& part) {
  try {
    buildModel(config);
    FAIL() << "accepted, expected: " << part;
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Config);
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
  }
}

TEST(BuildModel, RefusesAnImageThatSwinsWindowsDoNotDivideAndNamesSizesThatFit) {
  ModelConfig config = modelByName("swin_t");
  config.imageSize = 256;
  expectConfigError(config, "224 or 448");
  config.imageSize = 225;
  expectConfigError(config, "224");
}

TEST(BuildModel, RefusesAnImageThatPvtsPatchesDoNotDivideAndNamesSizesThatFit) {
  ModelConfig config = modelByName("pvt_t");
  config.imageSize = 230;
  expectConfigError(config, "224 or 256");
  config.imageSize = 24;
  expectConfigError(config, "32");
  config.name = "pvt_v2_b0";
  config.imageSize = 16;
  expectConfigError(config, "smaller than one key");
}

TEST(BuildModel, RefusesLettersAndHeadsThatMakeNoModelInWords) {
  ModelConfig pvt = modelByName("pvt_t");
  pvt.attention = "MMMM1";
  expectConfigError(pvt, "model.attention 'MMMM1'");
  ModelConfig deit = modelByName("deit_t");
  deit.attention = "F";
  expectConfigError(deit, "model.attention 'F'");
  ModelConfig heads = modelByName("swin_t");
  heads.heads = {3, 6};
  expectConfigError(heads, "model.heads");
  heads.heads = {5, 6, 12, 24};
  expectConfigError(heads, "heads");
}

TEST(WindowRule, TakesTheGridWhereItIsNotLargerThanTheWindowForEveryLetter) {
  const auto placesOf = [](const char* name, std::int64_t size) {
    ModelConfig config = modelByName(name);
    config.imageSize = size;
    config.embedDim = 24;
    auto model = buildModel(config);
    std::vector<std::array<std::int64_t, 3>> places;
    for (const auto* attention : model->attentionLayers()) {
      places.push_back({attention->place().height, attention->place().window, attention->place().shift});
    }
    return places;
  };
  const auto slab = placesOf("slab_swin_t", 224);
  EXPECT_EQ(slab[1], (std::array<std::int64_t, 3>{56, 56, 0}));
  EXPECT_EQ(slab[3], (std::array<std::int64_t, 3>{28, 28, 0}));
  EXPECT_EQ(slab[5], (std::array<std::int64_t, 3>{14, 7, 3}));
  EXPECT_EQ(slab[11], (std::array<std::int64_t, 3>{7, 7, 0}));
  const auto large = placesOf("slab_swin_t", 448);
  EXPECT_EQ(large[0], (std::array<std::int64_t, 3>{112, 56, 0}));
  EXPECT_EQ(large[1], (std::array<std::int64_t, 3>{112, 56, 28}));
}

TEST(DemoModel, IsASwinOfTwoLinearStagesOnOneChannel) {
  ModelConfig config = modelByName("slab_swin_t");
  config.imageSize = 28;
  config.inChannels = 1;
  config.patchSize = 2;
  config.embedDim = 32;
  config.depths = {2, 2};
  config.heads = {2, 4};
  config.attention = "LL";
  config.window = 14;
  config.classes = 10;
  config.dropPath = 0.0;
  auto model = buildModel(config);
  EXPECT_EQ(model->forward(imagesFor(config, 2)).sizes(), at::IntArrayRef({2, 10}));
}

}  // namespace
}  // namespace slab
