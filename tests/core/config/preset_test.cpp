// The presets of the published ImageNet rows against the reference's rates and steps.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/config/load.h"
#include "core/config/schedule.h"

namespace slab {
namespace {

constexpr std::int64_t kImages = 1281167;

/// On one process, which takes the batches of the reference's eight in turn.
RunConfig presetOf(const std::string& name) {
  return loadConfig({.preset = name, .text = "", .fileName = "", .overrides = {"data.root=/data"}}).config;
}

struct Published {
  const char* preset;
  std::int64_t effectiveBatch;
  double base, start, end;  // rates after scaling
  std::int64_t lambdaSteps;
  double clip;
};

TEST(ImageNetPresets, ScaleRatesAndReachLambdaZeroAsTheReference) {
  const std::vector<Published> rows{{"imagenet_slab_swin_t", 1024, 1e-3, 1e-6, 1e-5, 60000, 5},
                                    {"imagenet_slab_swin_b", 512, 5e-4, 5e-7, 5e-6, 60000, 5},
                                    {"imagenet_slab_deit_s", 1024, 1e-3, 1e-6, 1e-5, 60000, 5},
                                    {"imagenet_deit_s_prepbn", 1024, 1e-3, 1e-6, 1e-5, 300000, 5},
                                    {"imagenet_pvt_s_prepbn", 512, 5e-4, 1e-6, 1e-5, 300000, 0},
                                    {"imagenet_slab_pvt_m", 512, 5e-4, 1e-6, 1e-5, 300000, 1},
                                    {"imagenet_slab_cswin_t", 2048, 2e-3, 4e-6, 4e-5, 120000, 0},
                                    {"imagenet_slab_cswin_s", 1024, 1e-3, 2e-6, 2e-5, 120000, 0}};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.preset);
    const RunConfig config = presetOf(row.preset);
    const Plan plan = makePlan(config, kImages);
    EXPECT_EQ(plan.effectiveBatch, row.effectiveBatch);
    EXPECT_DOUBLE_EQ(plan.lr.at(0), row.start);
    EXPECT_NEAR(plan.lr.at(plan.totalSteps), row.end, 1e-3 * row.end);
    EXPECT_NEAR(static_cast<double>(plan.lambda.end), static_cast<double>(row.lambdaSteps), 0.002 * 300000);
    EXPECT_EQ(config.train.clip, row.clip);
    EXPECT_EQ(config.data.augment, Augment::Timm);
  }
}

TEST(ImageNetPresets, EndWithThePublishedStatisticsPass) {
  int count = 0;
  for (const Preset& preset : presets()) {
    if (!preset.name.starts_with("imagenet_")) continue;
    ++count;
    const RunConfig config = presetOf(preset.name);
    EXPECT_EQ(config.prepbn.recalibrate, 100) << preset.name;
    EXPECT_EQ(config.prepbn.recalibrateWith, "momentum") << preset.name;
  }
  EXPECT_EQ(count, 16);
}

TEST(PublishedPresets, SayWhatSeveralProcessesHaveToSetAndAreWarnedOfWithout) {
  int count = 0;
  for (const Preset& preset : presets()) {
    RunConfig config = presetOf(preset.name);
    config.detector.pretrained = config.isDetector() ? "/weights.safetensors" : "";
    const std::int64_t processes = config.train.accumulate;
    if (processes == 1) continue;
    SCOPED_TRACE(preset.name);
    ++count;
    EXPECT_NE(preset.text.find("slab launch --nproc " + std::to_string(processes) + " set"), std::string::npos);
    const std::int64_t batch = makePlan(config, kImages).effectiveBatch;
    const auto issues = validate(config, kImages, processes);
    const auto found = std::find_if(issues.begin(), issues.end(),
                                    [](const ConfigIssue& issue) { return issue.key == "train.accumulate"; });
    ASSERT_NE(found, issues.end());
    EXPECT_FALSE(found->isError());
    ASSERT_TRUE(found->mend);
    EXPECT_EQ(setField(config, found->mend->key, found->mend->value), std::nullopt);
    EXPECT_EQ(config.train.accumulate, 1);
    EXPECT_EQ(makePlan(config, kImages, processes).effectiveBatch, batch);
    EXPECT_EQ(toText(validate(config, kImages, processes)).find("train.accumulate"), std::string::npos);
  }
  EXPECT_EQ(count, 27);
}

constexpr std::int64_t kTrain2017 = 117266;  // images of COCO with an annotation

struct Detector {
  const char* preset;
  const char* model;
  double dropPath, rate, weightDecay;
  std::int64_t epochs;
};

TEST(CocoPresets, HaveThePublishedBatchRatesAndMilestones) {
  const std::vector<Detector> rows{{"mask_rcnn_slab_swin_t_1x", "slab_swin_t", 0.1, 1e-4, 0.05, 12},
                                   {"mask_rcnn_slab_swin_t_3x", "slab_swin_t", 0.2, 1e-4, 0.05, 36},
                                   {"mask_rcnn_slab_swin_s_1x", "slab_swin_s", 0.2, 1e-4, 0.05, 12},
                                   {"mask_rcnn_slab_swin_s_3x", "slab_swin_s", 0.2, 1e-4, 0.05, 36},
                                   {"mask_rcnn_swin_t_prepbn_1x", "swin_t_prepbn_linearnorm", 0.1, 1e-4, 0.05, 12},
                                   {"mask_rcnn_swin_t_prepbn_3x", "swin_t_prepbn_linearnorm", 0.2, 1e-4, 0.05, 36},
                                   {"mask_rcnn_swin_s_prepbn_1x", "swin_s_prepbn_linearnorm", 0.2, 1e-4, 0.05, 12},
                                   {"mask_rcnn_swin_s_prepbn_3x", "swin_s_prepbn_linearnorm", 0.2, 1e-4, 0.05, 36},
                                   {"mask_rcnn_pvt_t_prepbn_1x", "pvt_t_prepbn", 0.1, 1e-4, 0.05, 12},
                                   {"mask_rcnn_pvt_s_prepbn_1x", "pvt_s_prepbn", 0.1, 2e-4, 1e-4, 12},
                                   {"mask_rcnn_pvt_m_prepbn_1x", "pvt_m_prepbn", 0.1, 2e-4, 1e-4, 12}};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.preset);
    const RunConfig config = presetOf(row.preset);
    const Plan plan = makePlan(config, kTrain2017);
    EXPECT_TRUE(config.isDetector());
    EXPECT_EQ(config.model.name, row.model);
    EXPECT_EQ(config.model.dropPath, row.dropPath);
    EXPECT_EQ(config.optim.weightDecay, row.weightDecay);
    EXPECT_EQ(config.detector.classes, 80);
    EXPECT_TRUE(config.detector.freezeStatistics);
    EXPECT_EQ(plan.effectiveBatch, 16);
    EXPECT_EQ(plan.totalSteps, row.epochs * plan.stepsPerEpoch);
    EXPECT_EQ(plan.lambda.at(0), 0.0);
    EXPECT_DOUBLE_EQ(plan.lr.at(500), row.rate);
    EXPECT_NEAR(plan.lr.at(0), 1e-3 * row.rate, 1e-15);
    const std::int64_t first = row.epochs == 12 ? 8 : 27, second = row.epochs == 12 ? 11 : 33;
    EXPECT_NEAR(plan.lr.at(first * plan.stepsPerEpoch) / row.rate, 0.1, 1e-12);
    EXPECT_NEAR(plan.lr.at(second * plan.stepsPerEpoch) / row.rate, 0.01, 1e-12);
    const bool isSwin = config.model.family() == Family::Swin;
    EXPECT_EQ(config.data.augment, isSwin ? Augment::MultiScale : Augment::Flip);
    EXPECT_EQ(config.data.sides.size(), isSwin ? 11U : 1U);
    EXPECT_EQ(config.data.sides.back(), 800);
  }
}

// A published detector begins with a classifier whose lambda has reached 0: it has no hand-over that could be too
// short.
TEST(DetectorPresets, WarnOfNothingButWeightsThatAreNotGiven) {
  int detectors = 0;
  for (const Preset& preset : presets()) {
    const auto issuesOf = [&](const std::vector<std::string>& overrides) {
      return loadConfig({preset.name, {}, {}, overrides}, [](const RunConfig&) { return kTrain2017; }).issues;
    };
    const RunConfig config = loadConfig({preset.name, {}, {}, {}}).config;
    if (!config.isDetector()) continue;
    SCOPED_TRACE(preset.name);
    ++detectors;
    EXPECT_EQ(toText(issuesOf({"data.root=/data", "detector.pretrained=/weights.safetensors"})), "");
    const auto issues = issuesOf({"data.root=/data"});
    ASSERT_EQ(issues.size(), config.detector.freezeStatistics ? 1U : 0U) << toText(issues);
    for (const ConfigIssue& issue : issues) {
      EXPECT_FALSE(issue.isError());
      EXPECT_EQ(issue.key, "detector.freeze_statistics");
    }
  }
  EXPECT_EQ(detectors, 12);
}

TEST(DetectorPresets, AHandOverThatIsTooShortIsWarnedOf) {
  const auto issues = loadConfig({"mask_rcnn_scenes", {}, {}, {"data.root=/data", "prepbn.lambda_end=5%"}}).issues;
  ASSERT_EQ(issues.size(), 1U) << toText(issues);
  EXPECT_EQ(issues.front().key, "prepbn.lambda_end");
}

}  // namespace
}  // namespace slab
