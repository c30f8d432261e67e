// `slab train` as scripts see it: exit codes, standard output, signals, crashes and bad input.
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <fstream>
#include <set>

#include "core/base/format.h"
#include "core/formats/checkpoint.h"
#include "core/jobs/tiny_run.h"
#include "core/store/run_lock.h"
#include "core/store/run_reader.h"
#include "e2e/program.h"

namespace slab::testing {
namespace {

namespace fs = std::filesystem;

class TrainProgram : public ::testing::Test {
 protected:
  TrainProgram() {
    writeTinyData(folder_.path());
    std::ofstream(config_) << toJsonText(tinyConfig(folder_.path()).config);
  }
  [[nodiscard]] std::vector<std::string> trainArguments(const std::vector<std::string>& settings = {}) const {
    return withSettings({"train", "--config", config_.string(), "--run", run_.string(), "--json"}, settings);
  }
  [[nodiscard]] ProgramResult slab(const std::vector<std::string>& arguments) const {
    return runSlab(arguments, folder_.path());
  }
  [[nodiscard]] static std::vector<std::string> endless() {
    return {"train.steps=1000000", "prepbn.lambda_end=80%", "train.eval_every=0"};
  }

  TemporaryDirectory folder_;
  const fs::path config_ = folder_ / "config.json";
  const fs::path run_ = folder_ / "run";
};

TEST_F(TrainProgram, PrintsNothingButEventsAndEndsWithDone) {
  const auto result = slab(trainArguments({"train.checkpoint_every=6"}));
  ASSERT_EQ(result.exitCode, 0) << result.err;
  for (const auto& line : result.lines()) {
    EXPECT_TRUE(std::set<std::string>({"step", "eval", "checkpoint", "end"}).count(line.value("event", ""))) << line;
  }
  EXPECT_EQ(result.events("step").size(), 12U);
  EXPECT_EQ(result.events("end").size(), 1U);
  EXPECT_EQ(result.lines().back()["status"], "done");
  EXPECT_EQ(result.events("checkpoint").front()["step"], 6) << "after the step event 5 comes checkpoint 6";
}

TEST_F(TrainProgram, SigtermAndSigintWriteACheckpointAndExitWithZero) {
  for (const int number : {SIGTERM, SIGINT}) {
    fs::remove_all(run_);
    Program program(trainArguments(endless()), folder_.path());
    ASSERT_TRUE(program.waitForOutput("\"step\":20,"));
    program.signal(number);
    const auto result = program.wait();
    EXPECT_EQ(result.exitCode, 0) << result.err;
    EXPECT_EQ(result.lines().back()["status"], "stopped");
    ASSERT_EQ(result.events("checkpoint").size(), 1U);
    const Json checkpoint = result.events("checkpoint").front();
    EXPECT_EQ(checkpoint["step"], result.events("step").back()["step"].get<std::int64_t>() + 1);
    EXPECT_TRUE(verifyCheckpoint((run_ / checkpoint["path"].get<std::string>()).string()).empty());
  }
}

TEST_F(TrainProgram, AfterKillNineResumeLosesAtMostOneInterval) {
  constexpr std::int64_t kInterval = 5;
  std::vector<std::string> settings = endless();
  settings.push_back("train.checkpoint_every=5");
  Program program(trainArguments(settings), folder_.path());
  ASSERT_TRUE(program.waitForOutput("\"step\":33,"));
  program.signal(SIGKILL);
  const auto killed = program.wait();
  const std::int64_t reached = killed.events("checkpoint").back()["step"].get<std::int64_t>();

  Program again({"train", "--run", run_.string(), "--resume", "--json"}, folder_.path());
  ASSERT_TRUE(again.waitForOutput("\"event\":\"step\""));
  again.signal(SIGTERM);
  const auto resumed = again.wait();
  EXPECT_EQ(resumed.exitCode, 0) << resumed.err;
  const std::int64_t first = resumed.events("step").front()["step"].get<std::int64_t>();
  EXPECT_GE(first, reached) << "an announced checkpoint was lost";
  EXPECT_GE(first + kInterval, killed.events("step").back()["step"].get<std::int64_t>());
}

TEST_F(TrainProgram, CommandsReachARunningTraining) {
  Program program(trainArguments(endless()), folder_.path());
  ASSERT_TRUE(program.waitForOutput("\"step\":5,"));
  const auto command = [&](const char* action) {
    const auto result = runSlab({"runs", action, run_.string(), "--json"}, folder_ / "commands");
    EXPECT_EQ(result.exitCode, 0) << action << ": " << result.err;
    return result.exitCode == 0 ? result.lines().front() : Json();
  };
  fs::create_directories(folder_ / "commands");
  const Json saved = command("checkpoint");
  EXPECT_TRUE(fs::exists(run_ / saved.value("checkpoint", "?") / "manifest.json"));
  EXPECT_EQ(command("pause").value("state", ""), "paused");
  EXPECT_EQ(command("resume").value("state", ""), "running");
  EXPECT_EQ(command("stop").value("state", ""), "stopped");
  const auto result = program.wait();
  EXPECT_EQ(result.exitCode, 0);
  EXPECT_EQ(result.lines().back()["status"], "stopped");
  EXPECT_EQ(slab({"runs", "stop", run_.string()}).exitCode, 1) << "nobody trains it any more";
}

TEST_F(TrainProgram, ASecondTrainingOnARunIsRefusedWithThePid) {
  Program program(trainArguments(endless()), folder_.path());
  ASSERT_TRUE(program.waitForOutput("\"step\":1,"));
  fs::create_directories(folder_ / "second");
  for (const auto& arguments : {trainArguments(), {"train", "--run", run_.string(), "--resume"}}) {
    const auto second = runSlab(arguments, folder_ / "second");
    EXPECT_EQ(second.exitCode, 1);
    EXPECT_NE(second.err.find("process " + std::to_string(program.pid())), std::string::npos) << second.err;
  }
}

TEST_F(TrainProgram, ATransitionTooShortIsWarnedOfBeforeTheFirstStepAndTrainedAllTheSame) {
  const std::vector<std::string> longer{"train.steps=40", "prepbn.warmup=0", "train.eval_every=0"};
  const auto withEnd = [&](const std::string& end) {
    fs::remove_all(run_);
    auto settings = longer;
    settings.push_back("prepbn.lambda_end=" + end);
    return slab(trainArguments(settings));
  };
  const auto safe = withEnd("80%"), shortened = withEnd("5%");
  EXPECT_EQ(safe.exitCode, 0);
  EXPECT_EQ(safe.err.find("diverge"), std::string::npos) << safe.err;
  EXPECT_EQ(shortened.exitCode, 0);
  EXPECT_NE(shortened.err.find("prepbn.lambda_end: lambda falls within 2 of 40 steps"), std::string::npos)
      << shortened.err;
  EXPECT_EQ(withEnd("41").exitCode, 1) << "lambda would not reach 0";
  EXPECT_FALSE(fs::exists(run_));
}

TEST_F(TrainProgram, ATransitionFoundTooShortWhenTheImagesAreCountedIsWarnedOf) {
  const std::vector<std::string> settings{"train.steps=0", "train.epochs=4", "prepbn.warmup=0", "prepbn.lambda_end=1"};
  const auto result = slab(trainArguments(settings));
  EXPECT_EQ(result.exitCode, 0) << result.err;
  EXPECT_NE(result.err.find("warning: prepbn.lambda_end: lambda falls within 1 of 24 steps"), std::string::npos)
      << result.err;
}

TEST_F(TrainProgram, ACheckOfAConfigurationCountsTheImagesOfItsFolder) {
  fs::create_directories(folder_ / "images/train/cat");
  for (int i = 0; i < 10; ++i) std::ofstream(folder_ / ("images/train/cat/" + std::to_string(i) + ".jpg")).close();
  const auto check = [&](std::vector<std::string> settings, const std::vector<std::string>& more = {}) {
    settings.insert(settings.end(),
                    {"data.root=" + (folder_ / "images").string(), "train.batch=2", "train.accumulate=1"});
    auto arguments = withSettings({"config", "check", "--preset", "imagenet_slab_swin_t"}, settings);
    arguments.insert(arguments.end(), more.begin(), more.end());
    return slab(arguments);
  };
  const auto sound = check({});
  EXPECT_EQ(sound.exitCode, 0) << sound.err;
  EXPECT_NE(sound.out.find("5 an epoch"), std::string::npos) << sound.out;
  const Json json = Json::parse(check({"prepbn.lambda_end=5%"}, {"--json"}).out);
  EXPECT_EQ(json["images"], 10);
  ASSERT_EQ(json["issues"].size(), 1U) << json;
  EXPECT_EQ(json["issues"][0]["key"], "prepbn.lambda_end");
  EXPECT_NE(json["issues"][0]["message"].get<std::string>().find("of 1 500 steps"), std::string::npos) << json;
}

TEST_F(TrainProgram, ACheckTakesAConfigurationThatCanBeReadOnce) {
  const std::string text = slab({"config", "print", "demo"}).out;
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  ASSERT_EQ(::write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  ::close(ends[1]);
  const auto result = slab({"config", "check", "--config", "/dev/fd/" + std::to_string(ends[0])});
  ::close(ends[0]);
  EXPECT_EQ(result.exitCode, 0) << result.err;
  EXPECT_NE(result.out.find("the configuration is sound"), std::string::npos) << result.out;
}

TEST_F(TrainProgram, AConfigurationWithThreeMistakesShowsAllThree) {
  std::ofstream(config_) << R"({"optim": {"weigth_decay": 0.1}, "train": {"batch": 0}, "model": {"image_size": 30}})";
  const auto result = slab(trainArguments());
  EXPECT_EQ(result.exitCode, 1);
  for (const char* word : {"weigth_decay", "weight_decay", "train.batch", "image_size"}) {
    EXPECT_NE(result.err.find(word), std::string::npos) << word << " is not named in:\n" << result.err;
  }
  EXPECT_EQ(result.lines().back()["status"], "failed");
  EXPECT_FALSE(fs::exists(run_));
}

TEST_F(TrainProgram, AMissingDataSetNamesItsPackage) {
  const auto result = slab(withSettings({"train", "--preset", "demo_minute", "--run", run_.string()},
                                        {"data.root=" + (folder_ / "absent").string()}));
  EXPECT_EQ(result.exitCode, 1);
  EXPECT_NE(result.err.find("dataset-fashion-mnist"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("absent"), std::string::npos) << result.err;
}

TEST_F(TrainProgram, ANaNExitsWithOneAndSaysWhere) {
  writeTinyData(folder_.path(), 9);
  const auto result = slab(trainArguments());
  EXPECT_EQ(result.exitCode, 1);
  EXPECT_EQ(result.lines().back()["status"], "failed");
  EXPECT_NE(result.err.find("step 2"), std::string::npos) << result.err;
  ASSERT_EQ(result.events("non_finite").size(), 1U);
  EXPECT_EQ(result.events("non_finite").front()["cause"], "image");
}

TEST_F(TrainProgram, ACutCheckpointIsRefusedAndThePreviousOneOffered) {
  ASSERT_EQ(slab(trainArguments({"train.checkpoint_every=6"})).exitCode, 0);
  fs::resize_file(run_ / "checkpoints/step-00000012/state.safetensors", 100);
  const auto refused = slab({"train", "--run", run_.string(), "--resume"});
  EXPECT_EQ(refused.exitCode, 1);
  EXPECT_NE(refused.err.find("--from-step 6"), std::string::npos) << refused.err;
  const auto resumed = slab({"train", "--run", run_.string(), "--resume", "--from-step", "6", "--json"});
  EXPECT_EQ(resumed.exitCode, 0) << resumed.err;
  EXPECT_EQ(resumed.events("step").front()["step"], 6);
}

TEST_F(TrainProgram, ABranchGoesOnWithAnotherConfigurationAndShowsItsParent) {
  ASSERT_EQ(slab(trainArguments({"train.checkpoint_every=6"})).exitCode, 0);
  const std::string child = (folder_ / "child").string();
  const auto branch =
      slab({"train", "--run", child, "--from", run_.string() + "@6", "--set", "optim.lr=0.001", "--json"});
  ASSERT_EQ(branch.exitCode, 0) << branch.err;
  EXPECT_EQ(branch.events("step").front()["step"], 6);
  const auto shown = slab({"runs", "show", child, "--json"});
  const Json parent = Json::parse(shown.out, nullptr, false)["parent"];
  EXPECT_EQ(parent["run"], run_.string());
  EXPECT_EQ(parent["step"], 6);
  EXPECT_NE(slab({"runs", "show", child}).out.find("branched off after 6 steps"), std::string::npos);
  EXPECT_EQ(slab({"train", "--run", child, "--resume", "--from", run_.string()}).exitCode, 2);
  EXPECT_EQ(slab({"train", "--run", (folder_ / "x").string(), "--from", run_.string() + "@7"}).exitCode, 1);
}

TEST_F(TrainProgram, ARecalibrationPrintsTheDriftAndCanBeUndone) {
  ASSERT_EQ(slab(trainArguments()).exitCode, 0);
  const auto result = slab({"recalibrate", "--run", run_.string(), "--batches", "4", "--json"});
  ASSERT_EQ(result.exitCode, 0) << result.err;
  const Json report = Json::parse(result.out, nullptr, false);
  EXPECT_EQ(report["batches"], 4);
  EXPECT_FALSE(report["layers"].empty());
  const auto undone = slab({"recalibrate", "--run", run_.string(), "--undo"});
  ASSERT_EQ(undone.exitCode, 0) << undone.err;
  EXPECT_NE(undone.out.find(report["checkpoint"].get<std::string>()), std::string::npos) << undone.out;
  EXPECT_EQ(slab({"recalibrate", "--run", run_.string(), "--undo"}).exitCode, 1) << "nothing is left to undo";
}

TEST_F(TrainProgram, WeightsOfAnotherModelGiveAKeyReport) {
  ASSERT_EQ(slab(trainArguments()).exitCode, 0);
  const auto result = slab({"infer", "--weights", (run_ / "checkpoints/step-00000012/model.safetensors").string(),
                            "--model", "deit_t", "--input", (folder_ / "images.npy").string()});
  EXPECT_EQ(result.exitCode, 1);
  EXPECT_NE(result.err.find("checkpoint error"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("keys"), std::string::npos) << result.err;
}

TEST_F(TrainProgram, EvalRepeatsTheRunsOwnEvaluation) {
  const auto trained = slab(trainArguments());
  ASSERT_EQ(trained.exitCode, 0) << trained.err;
  const auto result = slab({"eval", "--run", run_.string(), "--json"});
  ASSERT_EQ(result.exitCode, 0) << result.err;
  const Json report = Json::parse(result.out, nullptr, false);
  const Json last = trained.events("eval").back();
  EXPECT_EQ(report["top1"], last["top1"]);
  EXPECT_EQ(report["loss"], last["loss"]);
}

TEST_F(TrainProgram, WrongUsageExitsWithTwo) {
  EXPECT_EQ(slab({}).exitCode, 2);
  EXPECT_EQ(slab({"train"}).exitCode, 2);
  EXPECT_EQ(slab({"train", "--run", run_.string()}).exitCode, 2);
  EXPECT_EQ(slab({"train", "--no-such-option"}).exitCode, 2);
  EXPECT_EQ(slab({"train", "--run", run_.string(), "--resume", "--preset", "demo"}).exitCode, 2);
  EXPECT_EQ(slab({"no-such-command"}).exitCode, 2);
  EXPECT_EQ(slab({"--help"}).exitCode, 0);
  EXPECT_EQ(slab({"train", "--help"}).exitCode, 0);
}

TEST_F(TrainProgram, ConfigurationCommandsAgreeWithEachOther) {
  const auto printed = slab({"config", "print", "--preset", "demo"});
  ASSERT_EQ(printed.exitCode, 0) << printed.err;
  std::ofstream(folder_ / "demo.json") << printed.out;
  const auto same = slab({"config", "diff", "demo", (folder_ / "demo.json").string()});
  EXPECT_EQ(same.out, "no difference\n") << same.err;
  EXPECT_EQ(slab({"config", "check", "demo"}).exitCode, 0);
  EXPECT_EQ(slab({"config", "check", "--preset", "demo", "--set", "train.batch=0"}).exitCode, 1);
  EXPECT_NE(slab({"config", "help", "prepbn.lambda_end"}).out.find("80%"), std::string::npos);
}

TEST_F(TrainProgram, ModelCommandsKnowTheReferencesCounts) {
  const auto tree = slab({"model", "tree", "slab_swin_t", "--json"});
  ASSERT_EQ(tree.exitCode, 0) << tree.err;
  const Json json = Json::parse(tree.out, nullptr, false);
  EXPECT_EQ(json["parameters"], 29216605);
  EXPECT_EQ(json["folded_parameters"], 29168384);
  EXPECT_NE(slab({"model", "list"}).out.find("slab_deit_t"), std::string::npos);
}

}  // namespace
}  // namespace slab::testing
