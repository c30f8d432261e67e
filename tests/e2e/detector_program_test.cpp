// From made-up scenes to a trained detector and its numbers, as scripts see it.
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>

#include "core/config/data_config.h"
#include "core/data/tiny_coco.h"
#include "core/jobs/tiny_run.h"
#include "e2e/program.h"
#include "e2e/same_run.h"
#include "support/small_scenes_detector.h"

namespace slab::testing {
namespace {

namespace fs = std::filesystem;

class DetectorProgram : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(kFashionMnistRoot)) GTEST_SKIP() << "dataset-fashion-mnist is not installed";
    const auto made =
        slab({"data", "make-scenes", "--out", path("set"), "--images", "20", "--size", "64", "--seed", "1"});
    ASSERT_EQ(made.exitCode, 0) << made.err;
  }
  [[nodiscard]] ProgramResult slab(const std::vector<std::string>& arguments) const {
    return runSlab(arguments, folder_.path());
  }
  [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }
  /// The preset, made small; ten steps of two images, ten to an epoch.
  [[nodiscard]] std::vector<std::string> trainArguments(const std::string& run,
                                                        const std::vector<std::string>& more = {}) const {
    std::vector<std::string> settings = test::smallScenesDetector();
    const std::vector<std::string> own{"data.root=" + path("set"), "train.steps=10", "train.log_every=1",
                                       "train.checkpoint_every=3", "optim.warmup=2"};
    settings.insert(settings.end(), own.begin(), own.end());
    settings.insert(settings.end(), more.begin(), more.end());
    return withSettings({"train", "--preset", "mask_rcnn_scenes", "--run", path(run), "--json"}, settings);
  }
  [[nodiscard]] Json evaluated(const std::vector<std::string>& more) const {
    std::vector<std::string> arguments{"eval", "--run", path("run"), "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto result = slab(arguments);
    EXPECT_EQ(result.exitCode, 0) << result.err;
    return Json::parse(result.out);
  }

  TemporaryDirectory folder_;
};

TEST_F(DetectorProgram, KilledAndResumedItEndsAsOneLeftInPeaceAndItsResultsGiveItsNumbers) {
  const auto peaceful = slab(trainArguments("peaceful"));
  ASSERT_EQ(peaceful.exitCode, 0) << peaceful.err;
  EXPECT_EQ(peaceful.events("step").size(), 10U);
  EXPECT_EQ(peaceful.events("eval").size(), 1U);
  EXPECT_EQ(peaceful.events("end").at(0)["status"], "done");

  {
    Program program(trainArguments("run"), folder_.path());
    ASSERT_TRUE(program.waitForOutput("\"event\":\"checkpoint\",\"step\":6"));
    program.signal(SIGKILL);
    (void)program.wait();
  }
  const auto resumed = slab({"train", "--run", path("run"), "--resume", "--json"});
  ASSERT_EQ(resumed.exitCode, 0) << resumed.err;
  expectSameRun(path("run"), path("peaceful"), 10);

  const Json report = evaluated({"--results", path("results.json")});
  EXPECT_EQ(report["images"], 4);
  EXPECT_EQ(report["complete"], true);
  EXPECT_EQ(report["boxes"]["stats"].size(), 12U);
  EXPECT_EQ(report["masks"]["per_class"].size(), 10U);
  EXPECT_EQ(report["boxes"]["stats"], resumed.events("eval").back()["box_stats"]);
  EXPECT_EQ(readJson(path("results.json")).size(), report["detections"].get<std::size_t>());
  for (const auto& [type, name] : {std::pair{"bbox", "boxes"}, std::pair{"segm", "masks"}}) {
    const auto again = slab({"data", "coco-eval", "--annotations", path("set/annotations/instances_val.json"),
                             "--results", path("results.json"), "--type", type, "--json"});
    ASSERT_EQ(again.exitCode, 0) << again.err;
    const Json scores = Json::parse(again.out);
    EXPECT_EQ(scores["stats"], report[name]["stats"]) << type;
    EXPECT_EQ(scores["per_class"], report[name]["per_class"]) << type;
  }

  const auto nowhere = slab({"eval", "--run", path("run"), "--results", path("none/results.json")});
  EXPECT_EQ(nowhere.exitCode, 1);
  EXPECT_NE(nowhere.err.find("there is no folder"), std::string::npos) << nowhere.err;
  EXPECT_EQ(nowhere.out, "") << "nothing was evaluated";

  const auto shown = slab({"runs", "show", path("run"), "--json"});
  ASSERT_EQ(shown.exitCode, 0) << shown.err;
  const Json run = Json::parse(shown.out);
  EXPECT_EQ(run["score"], "mask_ap");
  EXPECT_NEAR(run["mask_ap"].get<double>(), report["masks"]["stats"][0].get<double>(), 1e-12);
  EXPECT_FALSE(run.contains("top1")) << "a mask AP is none";
  EXPECT_FALSE(run.contains("best_top1"));
  EXPECT_TRUE(run["checkpoints"].back().contains("mask_ap"));

  const Json folded = evaluated({"--folded"}), earlier = evaluated({"--checkpoint", "9"});
  for (std::size_t i = 0; i < 12; ++i) {
    EXPECT_NEAR(folded["boxes"]["stats"][i].get<double>(), report["boxes"]["stats"][i].get<double>(), 1e-3) << i;
  }
  EXPECT_EQ(earlier["images"], 4);

  const std::string output = path("run/exports/folded.safetensors");
  const auto fold = slab({"fold", "--run", path("run"), "--output", output, "--force", "--json"});
  ASSERT_EQ(fold.exitCode, 0) << fold.err;
  const Json certificate = Json::parse(fold.out);
  EXPECT_LT(certificate["maps"]["relative_error_double"], 1e-10);
  EXPECT_EQ(certificate["images"], 4);
  EXPECT_EQ(certificate["same_detections"], 4);
  for (const Json& layer : certificate["layers"]) {
    const bool isOutput = layer["norm"].get<std::string>().starts_with("backbone.norm");
    EXPECT_EQ(layer["folded"], !isOutput) << layer;
  }
  EXPECT_EQ(readJson(path("run/exports/folded.certificate.json"))["sha256"], certificate["sha256"]);
  const auto reopened = slab({"eval", "--weights", output, "--json"});
  ASSERT_EQ(reopened.exitCode, 0) << reopened.err;
  EXPECT_EQ(Json::parse(reopened.out)["boxes"]["stats"], folded["boxes"]["stats"]);
  EXPECT_EQ(slab({"fold", "--weights", output}).exitCode, 1) << "folded twice";

  const auto table = slab({"eval", "--run", path("run")});
  EXPECT_EQ(table.exitCode, 0) << table.err;
  EXPECT_NE(table.out.find("masks"), std::string::npos) << table.out;
  EXPECT_NE(table.out.find("AR  0.50:0.95"), std::string::npos) << table.out;
  EXPECT_NE(table.out.find("Ankle boot"), std::string::npos) << table.out;
}

TEST_F(DetectorProgram, WrongUseAndBrokenSetsAreSaidInOneMessage) {
  const auto classes = slab(trainArguments("run", {"detector.classes=80"}));
  EXPECT_EQ(classes.exitCode, 1);
  EXPECT_NE(classes.err.find("set detector.classes to 10"), std::string::npos) << classes.err;
  EXPECT_FALSE(fs::exists(path("run")));

  const std::string annotations = path("set/annotations/instances_train.json");
  Json set = readJson(annotations);
  set["images"][0]["file_name"] = "../../etc/passwd";
  writeJson(annotations, set);
  const auto unsafe = slab(trainArguments("run"));
  EXPECT_EQ(unsafe.exitCode, 1);
  EXPECT_NE(unsafe.err.find("leads out of its folder"), std::string::npos) << unsafe.err;
  EXPECT_FALSE(fs::exists(path("run")));

  EXPECT_EQ(slab({"train", "--preset", "mask_rcnn_scenes", "--run", path("run")}).exitCode, 1) << "no data.root";
  const auto help = slab({"config", "help", "--json"});
  EXPECT_NE((help.out + slab({"config", "help"}).out).find("detector.anchor_scale"), std::string::npos);
}

}  // namespace
}  // namespace slab::testing
