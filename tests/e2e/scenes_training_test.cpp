// The scenes' detector as its preset trains it, on the set that the program makes by itself: a quarter of an hour.
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>

#include "core/config/data_config.h"
#include "core/jobs/tiny_run.h"
#include "e2e/program.h"

namespace slab::testing {
namespace {

class ScenesTraining : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kFashionMnistRoot)) GTEST_SKIP() << "dataset-fashion-mnist is not installed";
  }
  /// What a command that must succeed says.
  [[nodiscard]] ProgramResult slab(const std::vector<std::string>& arguments) const {
    auto result = runSlab(arguments, folder_.path());
    EXPECT_EQ(result.exitCode, 0) << result.err;
    return result;
  }
  [[nodiscard]] Json evaluated(const std::vector<std::string>& more) const {
    std::vector<std::string> arguments{"eval", "--run", run(), "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Json::parse(slab(arguments).out);
  }
  [[nodiscard]] std::string set() const { return (folder_ / "scenes").string(); }
  [[nodiscard]] std::string run() const { return (folder_ / "run").string(); }

 private:
  TemporaryDirectory folder_;
};

double first(const Json& report, const char* type) {
  return report[type]["stats"][0].get<double>();
}

TEST_F(ScenesTraining, ThePresetReachesItsPrecisionOnScenesItHasNotSeenAndFoldsToTheSameNumbers) {
  (void)slab({"data", "make-scenes", "--out", set()});
  const auto trained =
      slab({"train", "--preset", "mask_rcnn_scenes", "--set", "data.root=" + set(), "--run", run(), "--json"});
  ASSERT_EQ(trained.events("end").at(0)["status"], "done");

  const Json plain = evaluated({}), folded = evaluated({"--folded"});
  EXPECT_EQ(plain["images"], 1600);
  EXPECT_GE(first(plain, "boxes"), 0.5);
  EXPECT_GE(first(plain, "masks"), 0.45);
  for (const char* type : {"boxes", "masks"}) {
    for (std::size_t i = 0; i < 12; ++i) {
      EXPECT_NEAR(folded[type]["stats"][i].get<double>(), plain[type]["stats"][i].get<double>(), 1e-3) << type << i;
    }
  }
  std::printf("box AP %.4f, mask AP %.4f\n", first(plain, "boxes"), first(plain, "masks"));
}

}  // namespace
}  // namespace slab::testing
