// Event files become runs: those of TensorBoard's own writers, and those a training here has written.
#include "core/jobs/event_import_job.h"

#include <gtest/gtest.h>

#include <fstream>

#include "core/base/log.h"
#include "core/jobs/tiny_run.h"
#include "core/store/run_reader.h"

namespace slab::testing {
namespace {

namespace fs = std::filesystem;

const fs::path kEvents = fs::path(SLAB_TEST_DATA) / "oracles/events";

struct Curve {
  std::vector<std::int64_t> steps;
  std::vector<double> wall, values;
};

// Each series, every segment's points one after the other.
std::map<std::string, Curve> curvesOf(const fs::path& run) {
  RunReader reader{RunDirectory(run)};
  std::map<std::string, Curve> curves;
  for (const auto& info : reader.series()) {
    Curve& curve = curves[info.name];
    for (const auto& chunk : reader.points(info.id, -1'000'000, 1'000'000)) {
      curve.steps.insert(curve.steps.end(), chunk.steps.begin(), chunk.steps.end());
      curve.wall.insert(curve.wall.end(), chunk.wall.begin(), chunk.wall.end());
      curve.values.insert(curve.values.end(), chunk.values.begin(), chunk.values.end());
    }
  }
  return curves;
}

class EventImport : public ::testing::Test {
 protected:
  EventImport() { fs::create_directories(events_); }
  // The files of the source, in that order.
  void place(const std::vector<std::string>& names) const {
    int seconds = 1'700'000'000;
    for (const auto& name : names) {
      fs::copy_file(kEvents / (name + ".events"),
                    events_ / ("events.out.tfevents." + std::to_string(seconds++) + ".host.1"));
    }
  }
  [[nodiscard]] std::string errorOf(const EventImportRequest& request) const {
    try {
      jobs::importEvents(request);
    } catch (const Error& error) {
      return error.what();
    }
    ADD_FAILURE() << "no error";
    return {};
  }

  TemporaryDirectory folder_;
  const fs::path events_ = folder_ / "events";
  const fs::path run_ = folder_ / "run";
};

TEST_F(EventImport, MakesARunOfAFileAndItsContinuation) {
  place({"torch", "resumed"});
  const EventImportReport report = jobs::importEvents({events_, run_});
  EXPECT_EQ(report.files.size(), 2U);
  EXPECT_EQ(report.sessions, 2);
  EXPECT_EQ(report.points, 2 * (40 + 20));
  EXPECT_EQ(report.superseded, 2 * 10);
  EXPECT_EQ(report.lastStep, 49);
  EXPECT_TRUE(report.issues.empty());
  const auto curves = curvesOf(run_);
  ASSERT_EQ(curves.size(), 2U);
  const Curve& loss = curves.at("loss");
  ASSERT_EQ(loss.steps.size(), 60U) << "superseded points stay";
  EXPECT_EQ(loss.steps[39], 39);
  EXPECT_EQ(loss.steps[40], 30);
  EXPECT_EQ(loss.wall[40], 1.7e9 + 30.0 / 8);
  EXPECT_EQ(loss.values[1], 0.5);
  RunReader reader{RunDirectory(run_)};
  ASSERT_EQ(reader.segments().size(), 2U);
  EXPECT_EQ(reader.segments()[1].fromStep, 30);
  EXPECT_EQ(reader.state().at("state"), "done");
  EXPECT_EQ(reader.state().at("step"), "49");
}

TEST_F(EventImport, ReadsTheScalarsOfTensorFlow2AndCountsWhatIsNone) {
  place({"tensors", "other"});
  const EventImportReport report = jobs::importEvents({events_, run_});
  EXPECT_EQ(report.series.size(), 9U);
  EXPECT_EQ(report.others, 4);
  EXPECT_EQ(curvesOf(run_).at("int64/listed").values, (std::vector<double>{-1, 999, 1999, 2999}));
}

TEST_F(EventImport, NamesADamagedRecordAndKeepsTheOthers) {
  place({"torch"});
  const fs::path file = fs::directory_iterator(events_)->path();
  std::string content = contentOf(file);
  content[1000] ^= 1;
  std::ofstream(file, std::ios::binary) << content.substr(0, content.size() - 5);
  const EventImportReport report = jobs::importEvents({events_, run_});
  ASSERT_EQ(report.issueCount, 2);
  EXPECT_LE(report.issues[0].offset, 1000U);
  EXPECT_GT(report.issues[0].offset, 900U);
  EXPECT_NE(report.issues[1].message.find("ends within a record"), std::string::npos);
  EXPECT_EQ(report.points, 78);
}

TEST_F(EventImport, RefusesWhatGivesNoCurveAndMakesNothing) {
  EXPECT_NE(errorOf({folder_ / "absent", run_}).find("does not exist"), std::string::npos);
  EXPECT_NE(errorOf({events_, run_}).find("no event file"), std::string::npos);
  std::ofstream(events_ / "events.out.tfevents.1.host.1") << "this is a text of more than sixteen bytes";
  EXPECT_NE(errorOf({events_, run_}).find("at byte 0"), std::string::npos);
  EXPECT_FALSE(fs::exists(run_));
}

TEST_F(EventImport, FoldersBelowAreRunsOfTheirOwn) {
  fs::create_directories(events_ / "train");
  fs::copy_file(kEvents / "torch.events", events_ / "train/events.out.tfevents.1.host.1");
  const std::string refused = errorOf({events_, run_});
  EXPECT_NE(refused.find("train"), std::string::npos) << refused;
  place({"torch"});
  EXPECT_EQ(jobs::importEvents({events_, run_}).runsBeside, (std::vector<std::string>{"train"}));
}

TEST_F(EventImport, AnExistingRunStaysAsItIs) {
  place({"torch"});
  jobs::importEvents({events_, run_});
  EXPECT_NE(errorOf({events_, run_}).find("already holds a run"), std::string::npos);
  EXPECT_EQ(curvesOf(run_).at("loss").steps.size(), 40U);
}

// ---- written by a training

class TensorBoardOfATraining : public EventImport {
 protected:
  TensorBoardOfATraining() { writeTinyData(folder_.path()); }
  [[nodiscard]] LoadedConfig config() const {
    return tinyConfig(folder_.path(), {"train.tensorboard=true", "train.checkpoint_every=6"});
  }
  const fs::path trained_ = folder_ / "trained";
};

TEST_F(TensorBoardOfATraining, HoldsEverySeriesOfTheRun) {
  ASSERT_EQ(train(newRun(config(), trained_)).outcome.state, RunState::Done);
  jobs::importEvents({trained_ / "tensorboard", run_});
  const auto expected = curvesOf(trained_), curves = curvesOf(run_);
  ASSERT_GE(expected.size(), 10U);
  ASSERT_EQ(curves.size(), expected.size());
  for (const auto& [name, curve] : expected) {
    const Curve& found = curves.at(name);
    EXPECT_EQ(found.steps, curve.steps) << name;
    EXPECT_EQ(found.wall, curve.wall) << name;
    ASSERT_EQ(found.values.size(), curve.values.size()) << name;
    for (std::size_t i = 0; i < curve.values.size(); ++i) {
      EXPECT_EQ(static_cast<float>(found.values[i]), static_cast<float>(curve.values[i])) << name;
    }
  }
}

TEST_F(TensorBoardOfATraining, AResumedOneSupersedesWhatItTakesAgain) {
  train(newRun(config(), trained_), [](TrainSession& session, const Json& event) {
    if (event["event"] == "step" && event["step"] == 8) session.command("stop");
  });
  TrainRequest request = resumed(trained_);
  request.fromStep = 6;
  ASSERT_EQ(train(std::move(request)).outcome.state, RunState::Done);
  const EventImportReport report = jobs::importEvents({trained_ / "tensorboard", run_});
  EXPECT_EQ(report.files.size(), 2U);
  EXPECT_EQ(report.sessions, 2);
  RunReader reader{RunDirectory(run_)};
  ASSERT_EQ(reader.segments().size(), 2U);
  EXPECT_EQ(reader.segments()[1].fromStep, 6);
  // TensorBoard drops what comes at the start's step and later: the evaluation after 6 steps is written again.
  const Curve top1 = curvesOf(run_).at("top1");
  EXPECT_EQ(top1.steps, (std::vector<std::int64_t>{6, 6, 12}));
  EXPECT_EQ(top1.values[0], top1.values[1]);
}

TEST_F(TensorBoardOfATraining, WithoutAPlaceForItTheTrainingGoesOn) {
  fs::create_directories(trained_);
  std::ofstream(trained_ / "tensorboard") << "no folder";
  std::string log;
  const LogSink before = setLogSink([&](LogLevel, std::string_view line) { log += line; });
  const Finished finished = train(newRun(config(), trained_));
  setLogSink(before);
  EXPECT_EQ(finished.outcome.state, RunState::Done);
  EXPECT_NE(log.find("TensorBoard gets nothing"), std::string::npos) << log;
}

}  // namespace
}  // namespace slab::testing
