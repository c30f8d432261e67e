// The log never throws: a full disk is waited out, any other failure ends it with a warning.
#include "core/train/tensorboard_log.h"

#include <gtest/gtest.h>

#include "core/base/log.h"
#include "core/formats/fault_file_system.h"
#include "core/formats/support.h"

namespace slab::train {
namespace {

class Log : public ::testing::Test {
 protected:
  Log() {
    before_ = setLogSink([this](LogLevel, std::string_view line) { said_.emplace_back(line); });
  }
  ~Log() override { setLogSink(before_); }

  static void addStep(TensorBoardLog& log, std::int64_t step) {
    const CommittedPoint points[] = {{"loss", step, 0.5, 100.0}, {"lr", step, 0.25, 100.0}};
    log.add(points);
  }
  // The steps in the one file; the version and the start come first.
  [[nodiscard]] std::vector<std::int64_t> stepsWritten() const {
    std::vector<std::int64_t> steps;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.file("tensorboard"))) {
      const std::string file = test::readFile(entry.path().string());
      EventFileReader reader(std::as_bytes(std::span(file)));
      while (const auto event = reader.next()) {
        if (!event->scalars.empty()) steps.push_back(event->step);
        EXPECT_TRUE(event->scalars.empty() || event->scalars.size() == 2U) << "both series share the step's event";
      }
      EXPECT_TRUE(reader.issues().empty());
    }
    return steps;
  }

  const test::TemporaryDirectory folder_;
  const RunDirectory run_{folder_.path()};
  std::vector<std::string> said_;
  LogSink before_;
};

// Calls: 0 mkdir, 1 create, 2 the head, 3 the first step, ...
TEST_F(Log, WaitsForRoomOnTheDiskAndLosesNothing) {
  test::FaultFileSystem disk(4, ENOSPC);
  TensorBoardLog log(run_, 0, disk);
  for (std::int64_t step = 0; step < 3; ++step) addStep(log, step);
  EXPECT_EQ(stepsWritten(), (std::vector<std::int64_t>{0, 1, 2}));
  ASSERT_EQ(said_.size(), 1U);
  EXPECT_TRUE(test::contains(said_[0], "until there is room")) << said_[0];
}

TEST_F(Log, EndsWithAWarningWhereTheDiskFails) {
  test::FaultFileSystem disk(4, EIO);
  TensorBoardLog log(run_, 0, disk);
  for (std::int64_t step = 0; step < 3; ++step) addStep(log, step);
  EXPECT_EQ(stepsWritten(), (std::vector<std::int64_t>{0}));
  ASSERT_EQ(said_.size(), 1U);
  EXPECT_TRUE(test::contains(said_[0], "gets nothing more")) << said_[0];
}

TEST_F(Log, SurvivesAFailureOfEveryCall) {
  for (const int code : {ENOSPC, EIO, EACCES}) {
    for (long call = 0; call < 4; ++call) {
      std::filesystem::remove_all(folder_.file("tensorboard"));
      test::FaultFileSystem disk(call, code);
      TensorBoardLog log(run_, 0, disk);
      addStep(log, 0);
      EXPECT_TRUE(disk.struck());
    }
  }
  EXPECT_EQ(said_.size(), 12U);
}

// A run that went on from step 3 to 5 and is resumed from 3: the evaluation after three steps stands, step 3 is taken
// again.
TEST_F(Log, RepeatsTheEvaluationWhereItTakesOverAndNoStep) {
  {
    RunWriter writer{RunLock(run_, "")};
    writer.beginSegment(0, "start");
    for (std::int64_t step = 0; step < 5; ++step) {
      if (step == 3) {
        writer.append(writer.series("top1", "%"), step, 40.0, 100.0);
        writer.append(writer.series("eval_loss"), step, 1.5, 100.0);
      }
      writer.append(writer.series("loss"), step, 0.5, 101.0);
      writer.append(writer.series("lr"), step, 0.25, 101.0);
    }
    writer.close();
  }
  const TensorBoardLog log(run_, 3);
  EXPECT_EQ(stepsWritten(), (std::vector<std::int64_t>{3}));
}

}  // namespace
}  // namespace slab::train
