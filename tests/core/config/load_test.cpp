#include "core/config/load.h"

#include <gtest/gtest.h>

#include "core/config/arch/registry.h"
#include "core/config/diff.h"

namespace slab {
namespace {

LoadedConfig fromText(const std::string& text, std::vector<std::string> overrides = {}) {
  return loadConfig({.preset = "", .text = text, .fileName = "run.json", .overrides = std::move(overrides)});
}

std::string errorsOf(const LoadedConfig& loaded) {
  return toText(loaded.issues);
}

TEST(Load, EveryPresetIsValidAndSurvivesItsResolvedForm) {
  ASSERT_FALSE(presets().empty());
  for (const auto& preset : presets()) {
    const auto loaded = loadConfig({.preset = preset.name,
                                    .text = "",
                                    .fileName = "",
                                    .overrides = {"data.root=/data", "detector.pretrained=/weights"}});
    if (preset.name == "imagenet_slab_swin_b") {
      EXPECT_NE(errorsOf(loaded).find("lambda falls within 8 % of the run"), std::string::npos) << "as published";
    } else {
      EXPECT_EQ(errorsOf(loaded), "") << preset.name;
    }
    EXPECT_FALSE(preset.title.empty());
    EXPECT_EQ(fromText(toJsonText(loaded.config)).config, loaded.config);
  }
}

TEST(Load, TheModelsNameIsAppliedFirstWhereverItStands) {
  const auto loaded = fromText(R"({"model": {"classes": 10, "name": "deit_s"}})", {"model.depths=[3]"});
  EXPECT_EQ(loaded.config.model.embedDim, 384);
  EXPECT_EQ(loaded.config.model.classes, 10);
  EXPECT_EQ(loaded.config.model.depths, std::vector<std::int64_t>{3});
  const auto renamed = fromText(R"({"model": {"classes": 10, "name": "deit_s"}})", {"model.name=deit_t"});
  EXPECT_EQ(renamed.config.model.embedDim, 192);
  EXPECT_EQ(renamed.config.model.classes, 10);
}

TEST(Load, ADetectorsNameBringsItsBackboneAndTheModelsNameReplacesIt) {
  const auto loaded = fromText(R"({"detector": {"hidden": 512, "name": "mask_rcnn_prepbn_swin_s"}})");
  EXPECT_EQ(loaded.config.model.name, "swin_s_prepbn_linearnorm");
  EXPECT_EQ(loaded.config.model.dropPath, 0.2);
  EXPECT_EQ(loaded.config.detector.hidden, 512);
  EXPECT_EQ(loaded.config.detector.channels, 256);
  const auto other = fromText(R"({"model": {"name": "slab_swin_t"}, "detector": {"name": "mask_rcnn_scenes"}})");
  EXPECT_EQ(other.config.model, modelByName("slab_swin_t"));
  EXPECT_EQ(other.config.detector.classes, 10);
  EXPECT_NE(
      errorsOf(fromText(R"({"data": {"type": "coco", "root": "/d"}, "detector": {"name": "mask_rcnn_slab_swim_t"}})"))
          .find("Set detector.name to mask_rcnn_slab_swin_t"),
      std::string::npos);
}

TEST(Load, AnOverridesValueIsJsonOrElseABareText) {
  const auto loaded = fromText("{}", {"data.root=/data/my set", "prepbn.lambda_end=48ep", "train.batch=64",
                                      "data.mean=0.286", "train.log_norms=true"});
  EXPECT_EQ(loaded.config.data.root, "/data/my set");
  EXPECT_EQ(loaded.config.prepbn.lambdaEnd, Duration::epochs(48));
  EXPECT_EQ(loaded.config.train.batch, 64);
  EXPECT_EQ(loaded.config.data.mean, std::vector<double>{0.286});
  EXPECT_TRUE(loaded.config.train.logNorms);
}

TEST(Load, ThreeMistakesAreAllReportedWithTheirMends) {
  const auto loaded = fromText(R"({
    // a comment is fine
    "optim": {"weigth_decay": 0.1},
    "model": {"name": "slab_swin_t", "heads": [5, 6, 12, 24]},
    "train": {"batch": "many"}
  })");
  const std::string text = errorsOf(loaded);
  EXPECT_NE(text.find("Rename to weight_decay"), std::string::npos) << text;
  EXPECT_NE(text.find("5 heads do not divide"), std::string::npos) << text;
  EXPECT_NE(text.find("train.batch: needs a whole number"), std::string::npos) << text;
}

TEST(Load, ImagesAreCountedOnceOfTheConfigurationAsItWasRead) {
  std::vector<std::string> counted;
  const auto count = [&](const RunConfig& config) {
    counted.push_back(config.data.root);
    return std::optional<std::int64_t>(100);
  };
  const auto loaded = loadConfig({.preset = "imagenet_slab_swin_t",
                                  .text = "",
                                  .fileName = "",
                                  .overrides = {"data.root=/pictures", "train.batch=128", "train.accumulate=1"}},
                                 count);
  EXPECT_EQ(counted, std::vector<std::string>{"/pictures"});
  EXPECT_NE(errorsOf(loaded).find("a batch of 128 is larger than the training set of 100 images"), std::string::npos)
      << errorsOf(loaded);
}

TEST(Load, BadTextNamesFileLineAndColumn) {
  EXPECT_NE(errorsOf(fromText("{\n  \"train\": }")).find("run.json is not valid JSON at line 2"), std::string::npos);
  EXPECT_NE(errorsOf(fromText("[1]")).find("must be a JSON object"), std::string::npos);
  EXPECT_NE(errorsOf(fromText(R"({"threads": 1, "threads": 2})")).find("given twice"), std::string::npos);
  EXPECT_NE(errorsOf(loadConfigFile("/no/such/file.json")).find("/no/such/file.json cannot be read"),
            std::string::npos);
}

TEST(Load, EveryKeyCanBeReadSetAndPrinted) {
  for (const auto& field : fields()) {
    RunConfig config;
    EXPECT_EQ(getField(config, field.key), field.defaultValue) << field.key;
    EXPECT_EQ(setField(config, field.key, field.defaultValue), std::nullopt) << field.key;
    EXPECT_EQ(config, RunConfig{}) << field.key;
    EXPECT_FALSE(field.help.empty()) << field.key;
    const Json all = toJson(config);
    const Json& leaf = field.group.empty() ? all[field.key] : all[field.group][field.name()];
    EXPECT_EQ(leaf, field.defaultValue) << field.key;
  }
}

TEST(Load, FuzzedTextNeverThrows) {
  const std::string good = presets().front().text;
  for (std::size_t i = 0; i < good.size(); i += 3) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x15);
    EXPECT_NO_THROW(fromText(bad));
    EXPECT_NO_THROW(fromText(good.substr(0, i)));
  }
}

TEST(Diff, ShowsOnlyDifferingKeysAcrossAllConfigurations) {
  RunConfig a, b, c;
  b.train.batch = 64;
  c.prepbn.lambdaEnd = Duration::epochs(3);
  const auto differences = diff({a, b, c});
  ASSERT_EQ(differences.size(), 2u);
  EXPECT_EQ(differences[0].key, "prepbn.lambda_end");
  EXPECT_EQ(differences[0].values[2], "3ep");
  EXPECT_EQ(differences[1].key, "train.batch");
  EXPECT_EQ(differences[1].values, (std::vector<Json>{128, 64, 128}));
}

}  // namespace
}  // namespace slab
