// The statistics pass: as a phase of a training, on request afterwards, and its undo.
#include <gtest/gtest.h>

#include "core/formats/checkpoint.h"
#include "core/formats/safetensors.h"
#include "core/jobs/infer_job.h"
#include "core/jobs/inspection.h"
#include "core/jobs/tiny_run.h"
#include "core/store/run_lock.h"
#include "core/store/run_summary.h"
#include "core/store/run_writer.h"

namespace slab::testing {
namespace {

namespace fs = std::filesystem;

class RecalibrateJob : public ::testing::Test {
 protected:
  RecalibrateJob() { writeTinyData(folder_.path()); }
  [[nodiscard]] LoadedConfig config(const std::vector<std::string>& overrides = {}) const {
    return tinyConfig(folder_.path(), overrides);
  }
  [[nodiscard]] fs::path run() const { return folder_ / "run"; }
  [[nodiscard]] std::string newest() const { return summarize(RunDirectory(run())).lastCheckpoint; }
  [[nodiscard]] RecalibrateRequest request(std::int64_t batches) const {
    RecalibrateRequest request;
    request.run = run().string();
    request.batches = batches;
    return request;
  }
  [[nodiscard]] double top1Of(const std::string& checkpoint) const {
    ModelSource source;
    source.checkpoint = (run() / checkpoint).string();
    return jobs::evaluateModel(source).top1;
  }

  TemporaryDirectory folder_;
};

std::string orderOf(const std::vector<Json>& events) {
  std::string order;
  for (const auto& event : events) {
    const auto kind = event["event"].get<std::string>();
    if (kind != "step") order += kind.substr(0, 1) + std::to_string(event["step"].get<int>()) + " ";
  }
  return order;
}

// Names of the tensors that differ.
std::vector<std::string> differences(const fs::path& a, const fs::path& b) {
  const auto first = SafetensorsFile::open((a / "model.safetensors").string());
  const auto second = SafetensorsFile::open((b / "model.safetensors").string());
  std::vector<std::string> names;
  for (const auto& tensor : first.tensors()) {
    const TensorView* other = second.find(tensor.name);
    if (other == nullptr || !std::equal(tensor.bytes.begin(), tensor.bytes.end(), other->bytes.begin())) {
      names.push_back(tensor.name);
    }
  }
  return names;
}

TEST_F(RecalibrateJob, IsAPhaseAfterTheLastStepWithACheckpointBeforeAndAfter) {
  bool wasShown = false;
  TrainCallbacks callbacks;
  std::vector<Json> events;
  callbacks.onEvent = [&](const Json& event) { events.push_back(event); };
  callbacks.onStatus = [&](const RunStatus& status) {
    wasShown |= status.phase == "recalibration" && status.phaseTotal == 5 && status.state == "running";
  };
  TrainSession session(newRun(config({"prepbn.recalibrate=5"}), run()), std::move(callbacks));
  session.start();
  ASSERT_EQ(session.wait().state, RunState::Done);
  EXPECT_EQ(orderOf(events), "e6 e12 c12 r12 c12 ");
  EXPECT_TRUE(wasShown);
  const Json& report = events[events.size() - 2];
  EXPECT_EQ(report["with"], "cumulative");
  EXPECT_EQ(report["batches"], 5);
  EXPECT_FALSE(report["layers"].empty());
  EXPECT_DOUBLE_EQ(report["top1_before"].get<double>(), top1Of("checkpoints/step-00000012"));
  EXPECT_DOUBLE_EQ(report["top1_after"].get<double>(), top1Of("checkpoints/step-00000012-2"));
  EXPECT_EQ(newest(), "checkpoints/step-00000012-2");
  const auto changed = differences(run() / "checkpoints/step-00000012", run() / "checkpoints/step-00000012-2");
  EXPECT_FALSE(changed.empty());
  for (const auto& name : changed) {
    EXPECT_TRUE(name.ends_with("running_mean") || name.ends_with("running_var") ||
                name.ends_with("num_batches_tracked"))
        << name;
  }
}

TEST_F(RecalibrateJob, AResumeOfARecalibratedRunHasNothingToDo) {
  ASSERT_EQ(train(newRun(config({"prepbn.recalibrate=3"}), run())).outcome.state, RunState::Done);
  const Finished again = train(resumed(run()));
  EXPECT_EQ(again.outcome.state, RunState::Done) << again.outcome.reason;
  EXPECT_TRUE(again.events.empty());
}

TEST_F(RecalibrateJob, AStopInThePassLeavesTheOldStatisticsAndAResumeTakesItAgain) {
  const auto overrides = std::vector<std::string>{"prepbn.recalibrate=6", "prepbn.recalibrate_with=momentum"};
  ASSERT_EQ(train(newRun(config(overrides), folder_ / "straight")).outcome.state, RunState::Done);
  TrainSession* running = nullptr;
  TrainCallbacks callbacks;
  callbacks.onStatus = [&](const RunStatus& status) {
    if (status.phase == "recalibration") running->command("stop");
  };
  TrainSession session(newRun(config(overrides), run()), std::move(callbacks));
  running = &session;
  session.start();
  ASSERT_EQ(session.wait().state, RunState::Stopped);
  EXPECT_EQ(newest(), "checkpoints/step-00000012");
  EXPECT_EQ(listCheckpoints((run() / "checkpoints").string()).size(), 1U);

  const Finished second = train(resumed(run()));
  ASSERT_EQ(second.outcome.state, RunState::Done) << second.outcome.reason;
  EXPECT_EQ(orderOf(second.events), "r12 c12 ");
  EXPECT_TRUE(differences(run() / newest(), folder_ / "straight" / newest()).empty());
}

TEST_F(RecalibrateJob, AStopInTheEvaluationBehindThePassLeavesTheOldStatisticsToo) {
  TrainSession* running = nullptr;
  bool isTaken = false;
  TrainCallbacks callbacks;
  callbacks.onStatus = [&](const RunStatus& status) {
    isTaken |= status.phase == "recalibration";
    if (isTaken && status.phase == "evaluation") running->command("stop");
  };
  TrainSession session(newRun(config({"prepbn.recalibrate=3"}), run()), std::move(callbacks));
  running = &session;
  session.start();
  ASSERT_EQ(session.wait().state, RunState::Stopped);
  EXPECT_EQ(listCheckpoints((run() / "checkpoints").string()).size(), 1U);
  EXPECT_EQ(orderOf(train(resumed(run())).events), "r12 c12 ");
}

TEST_F(RecalibrateJob, OnRequestMakesTheNewestCheckpointAndUndoTakesItOut) {
  ASSERT_EQ(train(newRun(config(), run())).outcome.state, RunState::Done);
  const std::string before = contentOf(run() / "checkpoints/step-00000012/model.safetensors");
  const RecalibrationReport report = jobs::recalibrate(request(4), {});
  EXPECT_EQ(report.batches, 4);
  EXPECT_EQ(report.checkpoint, newest());
  EXPECT_EQ(report.previous, "checkpoints/step-00000012");
  EXPECT_FALSE(report.rows.empty());
  EXPECT_DOUBLE_EQ(report.top1Before, top1Of(report.previous));
  EXPECT_DOUBLE_EQ(report.top1After, top1Of(report.checkpoint));
  EXPECT_TRUE(verifyCheckpoint((run() / report.checkpoint).string()).empty());

  RecalibrateRequest undo = request(1);
  undo.undo = true;
  EXPECT_EQ(jobs::recalibrate(undo, {}).checkpoint, "checkpoints/step-00000012");
  EXPECT_EQ(newest(), "checkpoints/step-00000012");
  EXPECT_FALSE(fs::exists(run() / report.checkpoint));
  EXPECT_EQ(contentOf(run() / newest() / "model.safetensors"), before);
  try {
    jobs::recalibrate(undo, {});
    FAIL() << "there is nothing left to undo";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Config);
  }
}

TEST_F(RecalibrateJob, OnRequestTheBestScoreIsNeverBelowTheNewest) {
  ASSERT_EQ(train(newRun(config(), run())).outcome.state, RunState::Done);
  for (const double best : {-1.0, 100.0}) {
    RunWriter(RunLock(RunDirectory(run()), "")).setState(state_key::kBestTop1, std::to_string(best));
    const RecalibrationReport report = jobs::recalibrate(request(2), {});
    const RunSummary summary = summarize(RunDirectory(run()));
    EXPECT_DOUBLE_EQ(summary.top1, report.top1After);
    EXPECT_DOUBLE_EQ(summary.bestTop1, std::max(best, report.top1After));
  }
}

TEST_F(RecalibrateJob, AnOlderCheckpointDoesNotBecomeTheOneToResumeFrom) {
  ASSERT_EQ(train(newRun(config({"train.checkpoint_every=6"}), run())).outcome.state, RunState::Done);
  RecalibrateRequest older = request(2);
  older.step = 6;
  EXPECT_EQ(jobs::recalibrate(older, {}).checkpoint, "checkpoints/step-00000006-2");
  EXPECT_EQ(newest(), "checkpoints/step-00000012");
}

TEST_F(RecalibrateJob, ARunInTrainingIsRefused) {
  ASSERT_EQ(train(newRun(config(), run())).outcome.state, RunState::Done);
  const RunLock lock(RunDirectory(run()), "");
  EXPECT_THROW(jobs::recalibrate(request(2), {}), Error);
  EXPECT_EQ(newest(), "checkpoints/step-00000012");
}

TEST_F(RecalibrateJob, ACancelledPassLeavesNothingBehind) {
  ASSERT_EQ(train(newRun(config(), run())).outcome.state, RunState::Done);
  std::stop_source stop;
  const auto cancel = [&](const ProgressBody& progress) {
    if (progress.done == 1) stop.request_stop();
  };
  EXPECT_THROW(jobs::recalibrate(request(4), stop.get_token(), cancel), Error);
  EXPECT_EQ(listCheckpoints((run() / "checkpoints").string()).size(), 1U);
}

TEST_F(RecalibrateJob, AModelWithoutStatisticsIsRefusedBeforeTheStart) {
  const Finished finished = train(newRun(config({"model.norm=layer_norm", "prepbn.recalibrate=3"}), run()));
  EXPECT_EQ(finished.outcome.kind, ErrorKind::Config);
  EXPECT_NE(finished.outcome.reason.find("prepbn.recalibrate"), std::string::npos) << finished.outcome.reason;
}

}  // namespace
}  // namespace slab::testing
