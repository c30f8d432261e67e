// CSWin's stripes and branches, and stages that mix attentions.
#include "core/models/cswin.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <array>
#include <map>

#include "core/base/error.h"
#include "core/config/cost.h"
#include "core/models/build_model.h"
#include "core/models/decay_groups.h"
#include "tiny.h"

namespace slab {
namespace {

using testing::tinyConfig;

void expectConfigError(const ModelConfig& config, const std::string& part) {
  try {
    buildModel(config);
    FAIL() << "accepted, expected: " << part;
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Config);
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
  }
}

at::Tensor imagesFor(const ModelConfig& config, std::int64_t batch) {
  return at::randn({batch, config.inChannels, config.imageSize, config.imageSize});
}

TEST(MixedAttention, GivesTheFirstBlocksOfAStageToLinearAttentionAndTheRestToSoftmax) {
  for (const char* name : {"swin_t", "cswin_t"}) {
    const RegistryEntry& entry = *findModel(name);
    ModelConfig config = tinyConfig(entry);
    config.attention = "MMM1";
    config.window = 14;
    auto model = buildModel(config);
    std::map<std::string, nn::AttentionKind> kinds;
    for (const auto* attention : model->attentionLayers()) kinds[attention->place().layer] = attention->kind();
    const std::string first = entry.family == Family::Swin ? "layers.0.blocks.0.attn" : "stage1.0.attns.0";
    const std::string second = entry.family == Family::Swin ? "layers.0.blocks.1.attn" : "stage1.1.attns.0";
    EXPECT_EQ(kinds.at(first), nn::AttentionKind::SimplifiedLinear) << name;
    EXPECT_EQ(kinds.at(second), nn::AttentionKind::Softmax) << name;
    EXPECT_EQ(model->parameterCount(), modelCost(config).parameters) << name;
    EXPECT_TRUE(at::isfinite(model->forward(imagesFor(config, 2))).all().item<bool>()) << name;
  }
}

TEST(CswinStripes, AreHalfTheHeadsEachWhereTheSplitIsSmallerThanTheGrid) {
  std::map<std::string, const nn::Attention*> layers;
  const auto shapeOf = [&](const std::string& layer) {
    const auto* attention = layers.at(layer);
    return std::array<std::int64_t, 4>{attention->place().windowHeight(), attention->place().windowWidth(),
                                       attention->heads(), attention->channels()};
  };
  const auto take = [&](Backbone& model) {
    layers.clear();
    for (const auto* attention : model.attentionLayers()) layers[attention->place().layer] = attention;
  };
  const auto plain = buildModel(modelByName("cswin_t"));
  take(*plain);
  EXPECT_EQ(shapeOf("stage1.0.attns.0"), (std::array<std::int64_t, 4>{56, 1, 1, 32}));
  EXPECT_EQ(shapeOf("stage2.0.attns.1"), (std::array<std::int64_t, 4>{2, 28, 2, 64}));
  const auto slab = buildModel(modelByName("slab_cswin_t"));
  take(*slab);
  EXPECT_EQ(shapeOf("stage1.0.attns.0"), (std::array<std::int64_t, 4>{56, 56, 2, 64}));
  EXPECT_EQ(shapeOf("stage3.0.attns.0"), (std::array<std::int64_t, 4>{14, 7, 4, 128}));
  EXPECT_EQ(shapeOf("stage3.0.attns.1"), (std::array<std::int64_t, 4>{7, 14, 4, 128}));
  EXPECT_EQ(shapeOf("stage4.0.attns.0"), (std::array<std::int64_t, 4>{7, 7, 16, 512}));
  EXPECT_FALSE(layers.contains("stage2.0.attns.1"));
}

TEST(CswinStripes, RefuseSizesAndHeadsThatDoNotDivideInWords) {
  ModelConfig config = modelByName("slab_cswin_t");
  config.imageSize = 256;
  expectConfigError(config, "224 or 448");
  config = modelByName("cswin_t");
  config.heads = {1, 4, 8, 16};
  expectConfigError(config, "two kinds of stripes");
}

TEST(CswinStripes, TakeTheWindowWhereTheNarrowSplitDoesNotDivideTheGrid) {
  ModelConfig config = tinyConfig(*findModel("cswin_t"));
  config.imageSize = 28;
  config.depths = {1, 1};
  config.heads = {2, 4};
  config.attention = "SS";
  const auto stages = cswinStages(config);
  EXPECT_EQ(stages[0].blocks[0].branches.size(), 2U);
  EXPECT_EQ(stages[0].blocks[0].branches[0].width, 1);
  EXPECT_EQ(stages[1].grid, 7);
  EXPECT_EQ(stages[1].blocks[0].branches.size(), 1U);
  EXPECT_EQ(cswinGeometryProblem(config), "");
}

TEST(MixedAttention, RefusesLettersThatMakeNoModelInWords) {
  ModelConfig config = modelByName("swin_t");
  config.attention = "XXSS";
  expectConfigError(config, "model.attention 'XXSS' must consist of the letters S, L, F and M");
  config.attention = "MSSS";
  expectConfigError(config, "needs a number");
  config.attention = "LLSS2";
  expectConfigError(config, "no stage with the letter M");
}

TEST(Cswin, SlabsUnusedScaleDecaysWithItsGroupAndIsLeftAsItIs) {
  auto model = buildModel(tinyConfig(*findModel("slab_cswin_t")));
  int scales = 0;
  for (const auto& parameter : decayGroups(*model, DecayRule::Reference).decay) {
    if (!parameter.name.ends_with(".scale")) continue;
    EXPECT_EQ(parameter.tensor.abs().max().item<double>(), 0.0);
    ++scales;
  }
  EXPECT_EQ(scales, 4) << "two blocks of two branches";
}

TEST(Cswin, ItsEmbeddingSeesOverlappingPatchesOfAnySize) {
  for (const std::int64_t patch : {1, 2, 3, 4}) {
    ModelConfig config = tinyConfig(*findModel("cswin_t"));
    config.patchSize = patch;
    config.imageSize = 28 * patch;
    auto model = buildModel(config);
    EXPECT_EQ(model->forward(imagesFor(config, 1)).sizes(), at::IntArrayRef({1, 10})) << patch;
  }
}

}  // namespace
}  // namespace slab
