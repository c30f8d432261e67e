#include "core/config/sweep.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <set>

#include "core/base/error.h"
#include "core/config/snapshot.h"

namespace slab {
namespace {

std::string refusal(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Config);
    return error.what();
  }
  return "";
}

ConfigSource demo() {
  return {.preset = "demo_minute", .text = "", .fileName = "", .overrides = {}};
}

TEST(Sweep, AGridIsEveryCombinationTheLastKeyFastest) {
  const auto trials = gridTrials({parseSweepAxis("optim.lr=1e-3,2e-3"), parseSweepAxis("prepbn.lambda_end=60%,80%")});
  ASSERT_EQ(trials.size(), 4U);
  EXPECT_EQ(toJson(trials[0]).dump(), R"({"optim.lr":0.001,"prepbn.lambda_end":"60%"})");
  EXPECT_EQ(toJson(trials[1]).dump(), R"({"optim.lr":0.001,"prepbn.lambda_end":"80%"})");
  EXPECT_EQ(toJson(trials[3]).dump(), R"({"optim.lr":0.002,"prepbn.lambda_end":"80%"})");
}

TEST(Sweep, CommasInsideListsAndQuotesSeparateNothing) {
  const auto axis = parseSweepAxis(R"(optim.betas=[0.9,0.999],[0.9,0.95])");
  ASSERT_EQ(axis.values.size(), 2U);
  EXPECT_EQ(axis.values[1], Json::parse("[0.9,0.95]"));
  EXPECT_EQ(parseSweepAxis(R"(data.root="/a,b",/c)").values, (std::vector<Json>{"/a,b", "/c"}));
}

TEST(Sweep, TrialsAreConfigurationsNamedAfterWhatTheySet) {
  const auto trials =
      planSweep("demo", demo(), gridTrials({parseSweepAxis("optim.lr=1e-3"), parseSweepAxis("prepbn.lambda_end=60%")}));
  ASSERT_EQ(trials.size(), 1U);
  EXPECT_EQ(trials[0].name, "demo-lr0.001-lambda_end60pct");
  EXPECT_EQ(trials[0].config.config.optim.lr, 1e-3);
  EXPECT_EQ(trials[0].config.config.prepbn.lambdaEnd, Duration::percent(60));
  EXPECT_FALSE(hasErrors(trials[0].config.issues));
  EXPECT_EQ(trialName("a", {{"optim.warmup", 3}, {"prepbn.warmup", "2ep"}}), "a-optim.warmup3-prepbn.warmup2ep");
  EXPECT_EQ(trialName("a", {{"data.root", "../x/y z"}}).find('/'), std::string::npos);
}

TEST(Sweep, ErrorsOfAllTrialsAreNamedOnceWithTheTrialsThatHaveThem) {
  const auto trials = planSweep(
      "demo", demo(), gridTrials({parseSweepAxis("train.batch=64,0"), parseSweepAxis("model.heads=[2,4],[3,4]")}));
  const auto errors = sweepErrors(trials);
  const std::string text = toText(errors);
  EXPECT_NE(text.find("train.batch"), std::string::npos) << text;
  EXPECT_NE(text.find("demo-batch0-heads2_4 and 1 more"), std::string::npos) << text;
  EXPECT_NE(text.find("3 heads do not divide"), std::string::npos) << text;
  EXPECT_NE(text.find("demo-batch64-heads3_4 and 1 more"), std::string::npos) << text;
}

TEST(Sweep, RandomDrawsDependOnSeedTrialAndKeyAlone) {
  const auto lr = parseSweepRange("optim.lr=log:1e-4:1e-2");
  const auto end = parseSweepRange("prepbn.lambda_end=lin:40%:90%");
  const auto trials = randomTrials({lr, end}, 20, 7);
  EXPECT_EQ(trials, randomTrials({lr, end}, 20, 7));
  EXPECT_NE(trials, randomTrials({lr, end}, 20, 8));
  const auto more = randomTrials({end, lr}, 40, 7);
  for (std::size_t i = 0; i < trials.size(); ++i) {
    EXPECT_EQ(trials[i][0], more[i][1]);
    EXPECT_EQ(trials[i][1], more[i][0]);
  }
}

TEST(Sweep, RandomDrawsFillTheirRangesInTheScaleAsked) {
  const auto trials =
      randomTrials({parseSweepRange("optim.lr=log:1e-4:1e-2"), parseSweepRange("train.batch=log:32:256"),
                    parseSweepRange("prepbn.lambda_end=lin:40%:90%"), parseSweepRange("model.attention=LL,SS")},
                   2000, 1);
  double below = 0;
  std::set<std::string> attention;
  for (const auto& trial : trials) {
    const double lr = trial[0].second.get<double>();
    EXPECT_GE(lr, 1e-4);
    EXPECT_LE(lr, 1e-2);
    below += lr < 1e-3;
    EXPECT_TRUE(trial[1].second.is_number_integer());
    const auto lambda_end = Duration::parse(trial[2].second.get<std::string>());
    ASSERT_TRUE(lambda_end);
    EXPECT_EQ(lambda_end->unit, Duration::Unit::Percent);
    EXPECT_GE(lambda_end->value, 40);
    EXPECT_LE(lambda_end->value, 90);
    attention.insert(trial[3].second.get<std::string>());
  }
  // Half of a logarithmic range lies below its geometric middle: 2,000 draws, five standard deviations.
  EXPECT_NEAR(below, 1000, 5 * std::sqrt(500));
  EXPECT_EQ(attention, (std::set<std::string>{"LL", "SS"}));
}

TEST(Sweep, RefusesWhatMakesNoSense) {
  EXPECT_NE(refusal([] { parseSweepAxis("optim.lrr=1"); }).find("did you mean optim.lr"), std::string::npos);
  EXPECT_NE(refusal([] { parseSweepAxis("optim.lr"); }).find("must have the form"), std::string::npos);
  EXPECT_NE(refusal([] { parseSweepRange("optim.lr=log:0:1"); }).find("above 0"), std::string::npos);
  EXPECT_NE(refusal([] { parseSweepRange("optim.lr=lin:2:1"); }).find("low below high"), std::string::npos);
  EXPECT_NE(refusal([] { parseSweepRange("prepbn.lambda_end=lin:1ep:80%"); }).find("same unit"), std::string::npos);
  EXPECT_NE(refusal([] { parseSweepRange("optim.lr=log:1e-4"); }).find("must have the form"), std::string::npos);
  EXPECT_NE(refusal([] { gridTrials({parseSweepAxis("optim.lr=1e-3,0.001")}); }).find("given twice"),
            std::string::npos);
  EXPECT_NE(refusal([] {
              gridTrials({parseSweepAxis("train.seed=1"), parseSweepAxis("train.seed=2")});
            }).find("twice"),
            std::string::npos);
  std::string many = "train.seed=0";
  for (int i = 1; i < 200; ++i) many += "," + std::to_string(i);
  std::string batches = "train.batch=1";
  for (int i = 2; i < 200; ++i) batches += "," + std::to_string(i);
  EXPECT_NE(refusal([&] {
              gridTrials({parseSweepAxis(many), parseSweepAxis(batches)});
            }).find("more than"),
            std::string::npos);
}

TEST(Snapshot, KeepsTheTextWhereItAloneMeansTheConfiguration) {
  const LoadedConfig plain = loadConfig(demo());
  EXPECT_EQ(takeSnapshot(plain, "/home/a").given, findPreset("demo_minute")->text);
  ConfigSource changed = demo();
  changed.overrides = {"train.batch=32"};
  const ConfigSnapshot snapshot = takeSnapshot(loadConfig(changed), "/home/a");
  EXPECT_EQ(snapshot.given, snapshot.resolved);
  EXPECT_EQ(loadConfig({.preset = "", .text = snapshot.resolved, .fileName = "", .overrides = {}}).config.train.batch,
            32);
}

TEST(Snapshot, MakesRelativePathsAbsolute) {
  ConfigSource source = demo();
  source.overrides = {"data.type=image_folder", "data.root=sets/../birds", "train.init=/w/a.safetensors"};
  const ConfigSnapshot snapshot = takeSnapshot(loadConfig(source), "/home/a");
  const RunConfig config =
      loadConfig({.preset = "", .text = snapshot.resolved, .fileName = "", .overrides = {}}).config;
  EXPECT_EQ(config.data.root, "/home/a/birds");
  EXPECT_EQ(config.data.labels, "");
  EXPECT_EQ(config.train.init, "/w/a.safetensors");
}

}  // namespace
}  // namespace slab
