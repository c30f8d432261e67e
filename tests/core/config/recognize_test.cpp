#include "core/config/arch/recognize.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/config/arch/registry.h"

namespace slab {
namespace {

namespace fs = std::filesystem;

std::vector<std::int64_t> shapeOf(const std::string& text) {
  std::vector<std::int64_t> shape;
  std::istringstream in(text);
  for (std::string size; std::getline(in, size, 'x');) {
    if (!size.empty() && size.find_first_not_of("0123456789") == std::string::npos) shape.push_back(std::stoll(size));
  }
  return shape;
}

// The reference's own key list of a model.
KeyShapes keysOf(const std::string& name) {
  KeyShapes keys;
  std::ifstream in(fs::path(SLAB_TEST_DATA) / "golden/state-dict" / (name + ".tsv"));
  for (std::string line; std::getline(in, line);) {
    std::istringstream fields(line);
    std::string key, shape;
    std::getline(fields, key, '\t');
    std::getline(fields, shape, '\t');
    keys[key] = shapeOf(shape);
  }
  return keys;
}

TEST(Recognize, EveryModelOfTheReferenceByItsKeysAlone) {
  int models = 0;
  for (const auto& entry : registry()) {
    const KeyShapes keys = keysOf(entry.name);
    if (keys.empty()) continue;
    ++models;
    SCOPED_TRACE(entry.name);
    const auto found = recognizeModel(keys, {});
    ASSERT_TRUE(found.has_value());
    ASSERT_FALSE(found->candidates.empty());
    EXPECT_EQ(found->candidates.front(), entry.name);
    ModelConfig config = found->config;
    config.mlpRatio.resize(entry.config.mlpRatio.size(), config.mlpRatio.front());
    EXPECT_EQ(config.depths, entry.config.depths);
    EXPECT_EQ(config.heads, entry.config.heads);
    EXPECT_EQ(config.mlpRatio, entry.config.mlpRatio);
    EXPECT_TRUE(config == entry.config);
    EXPECT_TRUE(found->guesses.empty()) << found->guesses.front();
  }
  EXPECT_GE(models, 50);
}

TEST(Recognize, DimensionsOfNobodyComeFromTheShapes) {
  KeyShapes keys = keysOf("slab_swin_t");
  for (auto& [key, shape] : keys) {
    if (key == "head.weight" || key == "head.bias") shape[0] = 37;
    if (key == "patch_embed.proj.weight") shape[1] = 1;
  }
  std::erase_if(keys, [](const auto& item) { return item.first.starts_with("layers.2.blocks.5."); });
  const auto found = recognizeModel(keys, {.imageSize = {}, .dropPath = 0.05, .heads = {}, .type = ""});
  ASSERT_TRUE(found.has_value());
  EXPECT_TRUE(found->candidates.empty());
  EXPECT_EQ(found->config.family(), Family::Swin);
  EXPECT_EQ(found->config.depths, (std::vector<std::int64_t>{2, 2, 5, 2}));
  EXPECT_EQ(found->config.heads, (std::vector<std::int64_t>{3, 6, 12, 24}));
  EXPECT_EQ(found->config.attention, "LLSS");
  EXPECT_EQ(found->config.window, 56);
  EXPECT_EQ(found->config.imageSize, 224);
  EXPECT_EQ(found->config.classes, 37);
  EXPECT_EQ(found->config.inChannels, 1);
  EXPECT_EQ(found->config.dropPath, 0.05);
  EXPECT_EQ(found->config.norm, NormKind::PrepBn);
}

TEST(Recognize, AMixedStageGivesTheLetterMAndItsCount) {
  KeyShapes keys = keysOf("slab_swin_t");
  const KeyShapes softmax = keysOf("swin_t_prepbn_linearnorm");
  const std::string block = "layers.0.blocks.1.attn.";
  std::erase_if(keys, [&](const auto& item) { return item.first.starts_with(block); });
  for (const auto& [key, shape] : softmax) {
    if (key.starts_with(block)) keys[key] = shape;
  }
  const auto found = recognizeModel(keys, {});
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->config.attention, "MLSS1");
}

TEST(Recognize, HeadsThatNoShapeShowsComeFromTheHintsOrAreSaidToBeGuessed) {
  KeyShapes keys = keysOf("deit_t");
  std::erase_if(keys, [](const auto& item) { return item.first.starts_with("blocks.11."); });
  const auto guessed = recognizeModel(keys, {});
  ASSERT_TRUE(guessed.has_value());
  EXPECT_EQ(guessed->config.heads, std::vector<std::int64_t>{3});
  EXPECT_EQ(guessed->guesses.size(), 1U);
  const auto told = recognizeModel(keys, {.imageSize = {}, .dropPath = {}, .heads = {6}, .type = ""});
  EXPECT_EQ(told->config.heads, std::vector<std::int64_t>{6});
  EXPECT_TRUE(told->guesses.empty());
}

TEST(Recognize, OtherNetworksAreNotTakenForOurs) {
  EXPECT_FALSE(recognizeModel({}, {}).has_value());
  EXPECT_FALSE(recognizeModel({{"conv1.weight", {64, 3, 7, 7}}, {"layer1.0.conv1.weight", {64, 64, 1, 1}}}, {}));
  EXPECT_FALSE(recognizeModel(keysOf("llama_350m_prepbn"), {}).has_value());
  EXPECT_FALSE(recognizeModel(keysOf("mask_rcnn_fpn_heads_pvt"), {}).has_value());
}

TEST(Recognize, ADetectorByItsBackboneAndItsNormByTheFile) {
  const auto detectorOf = [](const std::string& backbone, const std::string& heads) {
    KeyShapes keys = keysOf(heads);
    for (const auto& [key, shape] : keysOf(backbone)) keys["backbone." + key] = shape;
    return keys;
  };
  struct Case {
    const char *backbone, *heads, *name;
    NormKind norm;
  };
  for (const Case& one :
       {Case{"det_backbone_prepbn_swin_t", "mask_rcnn_fpn_heads_swin_ts", "mask_rcnn_prepbn_swin_t", NormKind::PrepBn},
        Case{"det_backbone_slab_swin_s", "mask_rcnn_fpn_heads_swin_ts", "mask_rcnn_slab_swin_s", NormKind::PrepBn},
        Case{"swin_t", "mask_rcnn_fpn_heads_swin_ts", "mask_rcnn_prepbn_swin_t", NormKind::LayerNorm},
        Case{"swin_t_prepbn", "mask_rcnn_fpn_heads_swin_ts", "mask_rcnn_prepbn_swin_t", NormKind::RepBn},
        Case{"pvt_t_prepbn", "mask_rcnn_fpn_heads_pvt", "mask_rcnn_pvt_t_prepbn", NormKind::PrepBn},
        Case{"pvt_t", "mask_rcnn_fpn_heads_pvt", "mask_rcnn_pvt_t_prepbn", NormKind::LayerNorm}}) {
    SCOPED_TRACE(one.backbone);
    const auto found = recognizeDetector(detectorOf(one.backbone, one.heads));
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->name, one.name);
    EXPECT_EQ(found->classes, 80);
    EXPECT_EQ(found->norm, one.norm);
  }
}

TEST(Recognize, SizesThatMakeNoSenseDoNotCrash) {
  for (const std::int64_t size : {std::int64_t{0}, std::int64_t{1}, INT64_MAX}) {
    KeyShapes keys = keysOf("slab_swin_t");
    for (auto& [key, shape] : keys) shape.assign(shape.size(), size);
    static_cast<void>(recognizeModel(keys, {}));
    for (auto& [key, shape] : keys) shape.clear();
    static_cast<void>(recognizeModel(keys, {}));
  }
}

}  // namespace
}  // namespace slab
