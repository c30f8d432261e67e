// Trainings that are killed again and again, or whose disk is full for a while, end with the weights and
// curves of one that was left in peace.
#include <chrono>
#include <thread>

#include "core/base/rng.h"
#include "e2e/interrupted_run.h"
#include "support/long_tier.h"

namespace slab::testing {
namespace {

namespace fs = std::filesystem;

// ---- kill -9

class KilledTraining : public InterruptedTraining {
 protected:
  // One life of the worker: started or resumed, killed after a random while. False when it was done before.
  bool live(const fs::path& run, Random& random) {
    Program program(beginOrResume(run), folder_.path());
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
    // The last kill may have come before there was anything of the run.
    const auto result = runSlab(beginOrResume(run), folder_.path());
    EXPECT_EQ(result.exitCode, 0) << result.err;
    check(result);
  }

  std::int64_t resumes_ = 0;
  std::int64_t announced_ = 0;  // step of the run's newest checkpoint that was told of
  std::int64_t reached_ = 0;    // newest step of it that was told of

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
};

TEST_F(KilledTraining, LosesAtMostOneIntervalAndEndsWithTheSameWeightsAndCurves) {
  const fs::path expected = undisturbed();
  Random random(20261124);
  int kills = 0;
  const int wanted = isLongTier() ? 300 : 20;
  for (int round = 0; kills < wanted; ++round) {
    const fs::path run = folder_ / ("run" + std::to_string(round));
    announced_ = reached_ = 0;
    while (kills < wanted && live(run, random)) ++kills;
    finish(run);
    expectSameRun(run, expected, kSteps);
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
    expectSameRun(run_, expected, kSteps);
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
  expectSameRun(run_, expected, kSteps);
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
  expectSameRun(run_, expected, kSteps);
}

}  // namespace
}  // namespace slab::testing
