// Branches of a run, and rewinds in it.
#include <gtest/gtest.h>

#include <fstream>

#include "core/jobs/tiny_run.h"
#include "core/store/run_summary.h"

namespace slab::testing {
namespace {

namespace fs = std::filesystem;

class Branch : public ::testing::Test {
 protected:
  Branch() {
    writeTinyData(folder_.path());
    parent_ = folder_ / "parent";
    const Finished finished = train(newRun(config(), parent_));
    EXPECT_EQ(finished.outcome.state, RunState::Done) << finished.outcome.reason;
    parentSteps_ = finished.ofKind("step");
  }
  [[nodiscard]] LoadedConfig config(std::vector<std::string> overrides = {}) const {
    overrides.emplace_back("train.checkpoint_every=6");
    return tinyConfig(folder_.path(), overrides);
  }
  [[nodiscard]] TrainRequest branch(const std::string& name, std::int64_t step,
                                    const std::vector<std::string>& overrides = {}) const {
    TrainRequest request = newRun(config(overrides), folder_ / name);
    request.from = CheckpointName{parent_, step};
    return request;
  }
  static std::string modelOf(const fs::path& run, std::int64_t step) {
    return contentOf(RunDirectory(run).checkpoint(step) / "model.safetensors");
  }

  TemporaryDirectory folder_;
  fs::path parent_;
  std::vector<Json> parentSteps_;
};

TEST_F(Branch, WithoutAChangeIsBitForBitWhatTheParentDid) {
  const Finished child = train(branch("child", 6));
  ASSERT_EQ(child.outcome.state, RunState::Done) << child.outcome.reason;
  const auto steps = child.ofKind("step");
  ASSERT_EQ(steps.size(), 6U);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    EXPECT_EQ(steps[i]["step"], 6 + i);
    EXPECT_EQ(steps[i]["loss"], parentSteps_[6 + i]["loss"]) << "step " << 6 + i;
  }
  EXPECT_EQ(modelOf(folder_ / "child", 12), modelOf(parent_, 12));
}

TEST_F(Branch, KnowsItsParentAndTrainsWithItsOwnConfiguration) {
  const Finished child = train(branch("child", 6, {"optim.lr=0.001", "train.steps=14", "train.keep_last=3"}));
  ASSERT_EQ(child.outcome.state, RunState::Done) << child.outcome.reason;
  const auto steps = child.ofKind("step");
  ASSERT_EQ(steps.size(), 8U) << "to its own end";
  EXPECT_LT(steps[0]["lr"].get<double>(), parentSteps_[6]["lr"].get<double>());
  EXPECT_EQ(steps[0]["loss"], parentSteps_[6]["loss"]) << "the first loss is that of the parent's weights and batch";
  EXPECT_NE(steps[1]["loss"], parentSteps_[7]["loss"]);

  const RunSummary summary = summarize(RunDirectory(folder_ / "child"));
  EXPECT_EQ(summary.parent, "../parent") << "siblings move together";
  EXPECT_EQ(summary.parentPath(), parent_);
  EXPECT_EQ(summary.parentStep, 6);
  EXPECT_GT(summary.started, 0);
  RunReader reader{RunDirectory(folder_ / "child")};
  ASSERT_EQ(reader.segments().size(), 1U);
  EXPECT_EQ(reader.segments()[0].reason, "branch");
  EXPECT_EQ(reader.segments()[0].fromStep, 6);
  EXPECT_EQ(modelOf(folder_ / "child", 6), modelOf(parent_, 6)) << "it wrote down its start";
}

TEST_F(Branch, OutlivesItsParent) {
  const Finished first = train(branch("child", 6), [](TrainSession& session, const Json& event) {
    if (event["event"] == "step" && event["step"] == 8) session.command("stop");
  });
  ASSERT_EQ(first.outcome.state, RunState::Stopped) << first.outcome.reason;
  const std::string expected = modelOf(parent_, 12);
  fs::remove_all(parent_);
  const Finished second = train(resumed(folder_ / "child"));
  ASSERT_EQ(second.outcome.state, RunState::Done) << second.outcome.reason;
  EXPECT_EQ(modelOf(folder_ / "child", 12), expected);
}

// As a kill leaves it that comes while the branch loads, or between its start and its first checkpoint.
void forgetAllButItsStart(const fs::path& run) {
  for (const char* name : {"run.db", "run.db-wal", "run.db-shm", "checkpoints"}) fs::remove_all(run / name);
  fs::create_directory(run / "checkpoints");
}

TEST_F(Branch, KilledBeforeItsFirstCheckpointItBeginsAgainWhereItLeftItsParent) {
  const fs::path run = folder_ / "child";
  ASSERT_EQ(train(branch("child", 6)).outcome.state, RunState::Done);
  const std::string expected = modelOf(run, 12);
  forgetAllButItsStart(run);
  const Finished again = train(resumed(run));
  ASSERT_EQ(again.outcome.state, RunState::Done) << again.outcome.reason;
  EXPECT_EQ(again.ofKind("step").front()["step"], 6);
  EXPECT_EQ(modelOf(run, 12), expected);
  const RunSummary summary = summarize(RunDirectory(run));
  EXPECT_EQ(summary.parentPath(), parent_);
  EXPECT_EQ(summary.parentStep, 6);
}

TEST_F(Branch, KilledBeforeItsFirstCheckpointAndWithoutItsParentItSaysHowToGoOn) {
  const fs::path run = folder_ / "child";
  ASSERT_EQ(train(branch("child", 6)).outcome.state, RunState::Done);
  forgetAllButItsStart(run);
  fs::remove_all(parent_);
  const Finished again = train(resumed(run));
  EXPECT_EQ(again.outcome.kind, ErrorKind::Checkpoint);
  EXPECT_NE(again.outcome.reason.find("can't begin again from step 6 of " + parent_.string()), std::string::npos)
      << again.outcome.reason;
  EXPECT_NE(again.outcome.reason.find("--from"), std::string::npos) << again.outcome.reason;
  EXPECT_TRUE(again.events.empty()) << "not from step 0 with weights of its own";
}

TEST_F(Branch, WithAnotherBatchStartsAtAnEpoch) {
  // Step 6 is two epochs of three batches of 8; batch 6 of that loader begins its third.
  const Finished child = train(branch("child", 6, {"train.batch=8"}));
  ASSERT_EQ(child.outcome.state, RunState::Done) << child.outcome.reason;
  EXPECT_EQ(child.ofKind("step").front()["step"], 6);
  EXPECT_NE(child.ofKind("step").front()["loss"], parentSteps_[6]["loss"]);
}

TEST_F(Branch, AnotherModelIsRefusedWithTheKey) {
  const Finished child = train(branch("child", 6, {"model.embed_dim=32"}));
  EXPECT_EQ(child.outcome.kind, ErrorKind::Config);
  EXPECT_NE(child.outcome.reason.find("model.embed_dim is 32 here and 16 in"), std::string::npos)
      << child.outcome.reason;
  EXPECT_FALSE(fs::exists(folder_ / "child"));
  const Finished other = train(branch("other", 6, {"model.drop_path=0.1"}));
  EXPECT_EQ(other.outcome.state, RunState::Done) << "drop path is no part of the weights: " << other.outcome.reason;
}

TEST_F(Branch, AStartBeyondItsOwnEndIsRefused) {
  const Finished child = train(branch("child", 12));
  EXPECT_EQ(child.outcome.kind, ErrorKind::Config);
  EXPECT_NE(child.outcome.reason.find("train.steps"), std::string::npos) << child.outcome.reason;
  EXPECT_FALSE(fs::exists(folder_ / "child"));
}

TEST_F(Branch, AMissingParentOrStepIsSaid) {
  TrainRequest request = branch("child", 7);
  EXPECT_NE(train(std::move(request)).outcome.reason.find("there are 6, 12"), std::string::npos);
  request = branch("child", 6);
  request.from->run = folder_ / "nowhere";
  EXPECT_EQ(train(std::move(request)).outcome.kind, ErrorKind::Data);
  EXPECT_FALSE(fs::exists(folder_ / "child"));
}

TEST_F(Branch, ARewindKeepsWhatItSupersedes) {
  TrainRequest request = resumed(parent_);
  request.fromStep = 6;
  const Finished again = train(std::move(request));
  ASSERT_EQ(again.outcome.state, RunState::Done) << again.outcome.reason;
  ASSERT_EQ(again.ofKind("step").size(), 6U);
  EXPECT_EQ(again.ofKind("step").front()["loss"], parentSteps_[6]["loss"]);
  RunReader reader{RunDirectory(parent_)};
  ASSERT_EQ(reader.segments().size(), 2U);
  EXPECT_EQ(reader.segments()[1].reason, "rewind");
  EXPECT_EQ(reader.segments()[1].fromStep, 6);
  for (const auto& series : reader.series()) {
    if (series.name == "loss") {
      EXPECT_EQ(reader.pointCount(series.id), 18) << "nothing is overwritten";
    }
  }
}

TEST_F(Branch, ARewindThatEndsBeforeItsFirstCheckpointGoesOnFromItsStart) {
  TrainRequest request = resumed(parent_);
  request.fromStep = 6;
  TrainSession session(std::move(request), {});
  session.command("stop");
  session.start();
  ASSERT_EQ(session.wait().state, RunState::Stopped);
  EXPECT_EQ(fs::path(summarize(RunDirectory(parent_)).lastCheckpoint).filename(), "step-00000006");
  const Finished again = train(resumed(parent_));
  ASSERT_EQ(again.outcome.state, RunState::Done) << again.outcome.reason;
  ASSERT_EQ(again.ofKind("step").size(), 6U) << "not from step 12, which was left behind";
  EXPECT_EQ(RunReader{RunDirectory(parent_)}.segments().back().reason, "resume");
}

TEST_F(Branch, WhatARewindLeavesBehindIsThinnedOutFirst) {
  const fs::path run = folder_ / "run";
  // Evaluated at its end alone: the superseded checkpoint of step 12 stays as the best.
  ASSERT_EQ(train(newRun(config({"train.eval_every=0", "train.steps=13", "train.keep_last=2"}), run)).outcome.state,
            RunState::Done);
  ASSERT_FALSE(fs::exists(RunDirectory(run).checkpoint(6))) << "kept are 12 and 13";
  TrainRequest request = resumed(run);
  request.fromStep = 12;
  ASSERT_EQ(train(std::move(request)).outcome.state, RunState::Done);
  EXPECT_TRUE(fs::exists(RunDirectory(run).checkpoint(12))) << "the training's last two are 12 and the new 13";
}

}  // namespace
}  // namespace slab::testing
