// The presets of the published ImageNet rows against the reference's rates and steps.
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace slab
