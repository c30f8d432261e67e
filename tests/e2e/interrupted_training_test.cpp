// Trainings that are killed again and again, or whose disk is full for a while, end with the weights and
// curves of one that was left in peace.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <fstream>
#include <thread>

#include "core/base/rng.h"
#include "core/formats/safetensors.h"
#include "core/jobs/tiny_run.h"
#include "core/store/run_reader.h"
#include "e2e/program.h"

namespace slab::testing {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kSteps = 200, kInterval = 5;

bool isLong() {
  return std::getenv("SLAB_TEST_LONG") != nullptr;
}

// Step -> bits of its loss; a step that was taken again must have given the same.
using Losses = std::map<std::int64_t, std::uint64_t>;

Losses lossesOf(const fs::path& run) {
  RunReader reader{RunDirectory(run)};
  Losses losses;
  for (const auto& series : reader.series()) {
    if (series.name != "loss") continue;
    for (const auto& chunk : reader.points(series.id, 0, kSteps)) {
      for (std::size_t i = 0; i < chunk.steps.size(); ++i) {
        std::uint64_t bits = 0;
        std::memcpy(&bits, &chunk.values[i], sizeof bits);
        const auto [place, isNew] = losses.emplace(chunk.steps[i], bits);
        EXPECT_EQ(place->second, bits) << "step " << chunk.steps[i] << " gave another loss when taken again";
      }
    }
  }
  return losses;
}

void expectSameTensors(const fs::path& a, const fs::path& b) {
  const SafetensorsFile first = SafetensorsFile::open(a.string()), second = SafetensorsFile::open(b.string());
  ASSERT_EQ(first.tensors().size(), second.tensors().size());
  for (const auto& tensor : first.tensors()) {
    const TensorView* other = second.find(tensor.name);
    ASSERT_NE(other, nullptr) << tensor.name;
    EXPECT_TRUE(std::ranges::equal(tensor.bytes, other->bytes)) << tensor.name << " differs";
  }
}

class InterruptedTraining : public ::testing::Test {
 protected:
  InterruptedTraining() {
    writeTinyData(folder_.path());
    std::ofstream(folder_ / "config.json") << toJsonText(tinyConfig(folder_.path()).config);
  }

  [[nodiscard]] std::vector<std::string> trainArguments(const fs::path& run) const {
    return withSettings({"train", "--config", (folder_ / "config.json").string(), "--run", run.string(), "--json"},
                        {"train.steps=" + std::to_string(kSteps), "train.eval_every=50",
                         "train.checkpoint_every=" + std::to_string(kInterval), "prepbn.lambda_end=80%"});
  }

  // Trained in peace.
  fs::path undisturbed() {
    const fs::path run = folder_ / "undisturbed";
    const auto result = runSlab(trainArguments(run), folder_.path());
    EXPECT_EQ(result.exitCode, 0) << result.err;
    return run;
  }

  static void expectSameRun(const fs::path& run, const fs::path& expected) {
    const Losses losses = lossesOf(run);
    EXPECT_EQ(losses.size(), static_cast<std::size_t>(kSteps));
    EXPECT_EQ(losses, lossesOf(expected));
    RunReader reader{RunDirectory(run)};
    EXPECT_EQ(reader.state().at("state"), "done");
    const CheckpointRecord last = reader.checkpoints().back();
    EXPECT_EQ(last.step, kSteps);
    for (const char* file : {"model.safetensors", "state.safetensors"}) {
      expectSameTensors(run / last.path / file, RunDirectory(expected).checkpoint(kSteps) / file);
    }
  }

  TemporaryDirectory folder_;
};

// ---- kill -9

class KilledTraining : public InterruptedTraining {
 protected:
  // One life of the worker: started or resumed, killed after a random while. False when it was done before.
  bool live(const fs::path& run, Random& random) {
    const bool resumes = RunDirectory::isRun(run);
    Program program(
        resumes ? std::vector<std::string>{"train", "--run", run.string(), "--resume", "--json"} : trainArguments(run),
        folder_.path());
    // A third of them while the worker still starts, the others while it trains.
    const bool early = random.below(3) == 0;
    if (!early && !program.waitForOutput("\"event\":\"step\"")) return ended(program.wait());
    std::this_thread::sleep_for(std::chrono::milliseconds(random.below(early ? 700 : 150)));
    program.signal(SIGKILL);
    const ProgramResult result = program.wait();
    check(result);
    return result.exitCode == 128 + SIGKILL || ended(result);
  }

  void finish(const fs::path& run) {
    const auto result = runSlab({"train", "--run", run.string(), "--resume", "--json"}, folder_.path());
    EXPECT_EQ(result.exitCode, 0) << result.err;
    check(result);
  }

  std::int64_t resumes_ = 0;

 private:
  static bool ended(const ProgramResult& result) {
    EXPECT_EQ(result.exitCode, 0) << result.err;
    return false;
  }

  void check(const ProgramResult& result) {
    const auto steps = result.events("step"), checkpoints = result.events("checkpoint");
    if (!steps.empty()) {
      const auto first = steps.front()["step"].get<std::int64_t>();
      EXPECT_GE(first, announced_) << "an announced checkpoint was lost";
      EXPECT_GE(first + kInterval, reached_) << "more than one interval was lost";
      resumes_ += first > 0;
      reached_ = steps.back()["step"].get<std::int64_t>();
    }
    if (!checkpoints.empty()) announced_ = checkpoints.back()["step"].get<std::int64_t>();
  }

  std::int64_t announced_ = 0;  // step of the newest checkpoint that was told of
  std::int64_t reached_ = 0;    // newest step that was told of
};

TEST_F(KilledTraining, LosesAtMostOneIntervalAndEndsWithTheSameWeights) {
  const fs::path expected = undisturbed();
  Random random(20261124);
  int kills = 0;
  const int wanted = isLong() ? 300 : 8;
  for (int round = 0; kills < wanted; ++round) {
    const fs::path run = folder_ / ("run" + std::to_string(round));
    while (kills < wanted && live(run, random)) ++kills;
    finish(run);
    expectSameRun(run, expected);
    if (HasFailure()) FAIL() << "after " << kills << " kills, in round " << round;
  }
  EXPECT_GT(resumes_, 0) << "no kill hit a training";
}

// ---- a full disk

class FullDisk : public InterruptedTraining {
 protected:
  void fill() const { std::ofstream(marker_) << "full\n"; }
  void makeRoom() const { fs::remove(marker_); }
  [[nodiscard]] std::map<std::string, std::string> environment(const fs::path& under) const {
    return {{"LD_PRELOAD", SLAB_FULL_DISK},
            {"SLAB_TEST_FULL_UNDER", under.string()},
            {"SLAB_TEST_FULL_WHILE", marker_.string()}};
  }

  const fs::path run_ = folder_ / "run";
  const fs::path marker_ = folder_ / "marker";
};

TEST_F(FullDisk, PausesTheTrainingSaysSoAndLosesNothing) {
  const fs::path expected = undisturbed();
  // The whole run directory; the database alone; the checkpoints alone.
  for (const char* part : {"", "run.db", "checkpoints"}) {
    SCOPED_TRACE(part);
    fs::remove_all(run_);
    const std::string refused = (run_ / part).string();
    Program program(trainArguments(run_), folder_.path(), environment(refused));
    ASSERT_TRUE(program.waitForOutput("\"step\":12,"));
    fill();
    ASSERT_TRUE(program.waitForMessage("training waits and tries again"));
    fs::create_directories(folder_ / "commands");
    const auto asked = runSlab({"runs", "checkpoint", run_.string()}, folder_ / "commands");
    EXPECT_EQ(asked.exitCode, 1) << "no checkpoint can be written now";
    EXPECT_NE(asked.err.find("free some space"), std::string::npos) << asked.err;
    makeRoom();
    const auto result = program.wait();
    EXPECT_EQ(result.exitCode, 0) << result.err;
    EXPECT_NE(result.err.find(refused), std::string::npos) << "the path is not named: " << result.err;
    EXPECT_NE(result.err.find("free some space"), std::string::npos) << result.err;
    EXPECT_NE(result.err.find("training goes on"), std::string::npos) << result.err;
    EXPECT_EQ(result.events("step").size(), static_cast<std::size_t>(kSteps));
    expectSameRun(run_, expected);
  }
}

TEST_F(FullDisk, StandardOutputOnItLosesNoLine) {
  const fs::path expected = undisturbed();
  Program program(trainArguments(run_), folder_.path(), environment(folder_.path()));
  ASSERT_TRUE(program.waitForOutput("\"step\":12,"));
  fill();
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  makeRoom();
  const auto result = program.wait();
  EXPECT_EQ(result.exitCode, 0) << result.err;
  const auto steps = result.events("step");
  ASSERT_EQ(steps.size(), static_cast<std::size_t>(kSteps));
  for (std::size_t k = 0; k < steps.size(); ++k) EXPECT_EQ(steps[k]["step"], k);
  EXPECT_EQ(result.lines().back()["status"], "done");
  expectSameRun(run_, expected);
}

TEST_F(FullDisk, AStopMeanwhileEndsWithOneAndTheRunResumes) {
  const fs::path expected = undisturbed();
  Program program(trainArguments(run_), folder_.path(), environment(run_));
  ASSERT_TRUE(program.waitForOutput("\"step\":12,"));
  fill();
  ASSERT_TRUE(program.waitForMessage("training waits and tries again"));
  program.signal(SIGTERM);
  const auto stopped = program.wait();
  EXPECT_EQ(stopped.exitCode, 1);
  EXPECT_NE(stopped.err.find("without a checkpoint"), std::string::npos) << stopped.err;
  makeRoom();
  const auto resumed = runSlab({"train", "--run", run_.string(), "--resume", "--json"}, folder_.path());
  EXPECT_EQ(resumed.exitCode, 0) << resumed.err;
  expectSameRun(run_, expected);
}

}  // namespace
}  // namespace slab::testing
