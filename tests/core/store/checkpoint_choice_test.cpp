#include "core/store/checkpoint_choice.h"

#include <gtest/gtest.h>

#include "core/base/error.h"
#include "core/store/run_reader.h"
#include "core/store/run_writer.h"
#include "temporary_folder.h"

namespace slab {
namespace {

CheckpointRecord record(SegmentId segment, std::int64_t step, const std::string& path) {
  CheckpointRecord record;
  record.segment = segment;
  record.step = step;
  record.path = path;
  return record;
}

TEST(CheckpointName, IsARunAndPerhapsAStep) {
  EXPECT_EQ(parseCheckpointName("runs/a").run, "runs/a");
  EXPECT_FALSE(parseCheckpointName("runs/a").step);
  EXPECT_EQ(parseCheckpointName("runs/a@300").run, "runs/a");
  EXPECT_EQ(parseCheckpointName("runs/a@300").step, 300);
  for (const char* wrong : {"runs/a@", "runs/a@x", "runs/a@-3", "runs/a@3x"}) {
    EXPECT_THROW(parseCheckpointName(wrong), Error) << wrong;
  }
}

TEST(CheckpointName, ARunMayHaveAnAtInItsOwnName) {
  const test::TemporaryFolder folder;
  const RunDirectory run = RunDirectory::create(folder.path() / "swin@28");
  RunWriter(RunLock(run, "")).close();
  const CheckpointName name = parseCheckpointName(run.path().string());
  EXPECT_EQ(name.run, run.path());
  EXPECT_FALSE(name.step);
  EXPECT_EQ(parseCheckpointName(run.path().string() + "@6").step, 6);
}

TEST(CheckpointChoice, TheNewestIsThatOfTheTrainingNotTheOneWrittenLast) {
  const test::TemporaryFolder folder;
  const RunDirectory run = RunDirectory::create(folder.path() / "run");
  {
    RunWriter writer{RunLock(run, "")};
    const SegmentId first = writer.beginSegment(0, "start");
    writer.saveCheckpoint(record(first, 6, "six"));
    writer.saveCheckpoint(record(first, 12, "twelve"));
    writer.saveCheckpoint(record(first, 6, "six-2"));  // of an older step, as a recalibration makes it
    EXPECT_EQ(chooseCheckpoint(RunReader(run).checkpoints(), std::nullopt, run.path()).path, "twelve");
    EXPECT_EQ(chooseCheckpoint(RunReader(run).checkpoints(), 6, run.path()).path, "six-2");
    const SegmentId second = writer.beginSegment(6, "rewind");
    writer.saveCheckpoint(record(second, 9, "nine"));
  }
  EXPECT_EQ(chooseCheckpoint(RunReader(run).checkpoints(), std::nullopt, run.path()).path, "nine");
}

TEST(CheckpointChoice, ARewindStandsBeforeItHasACheckpointOfItsOwn) {
  const test::TemporaryFolder folder;
  const RunDirectory run = RunDirectory::create(folder.path() / "run");
  RunWriter writer{RunLock(run, "")};
  const auto order = [&] {
    EXPECT_TRUE(writer.flush());
    std::string paths;
    for (const auto& record : RunReader(run).checkpoints()) paths += record.path + " ";
    return paths;
  };
  const SegmentId first = writer.beginSegment(0, "start");
  writer.saveCheckpoint(record(first, 6, "six"));
  writer.saveCheckpoint(record(first, 12, "twelve"));
  const SegmentId second = writer.beginSegment(6, "rewind", first);
  EXPECT_EQ(order(), "twelve six ");
  writer.beginSegment(6, "resume", first);  // the rewind died before it saved
  EXPECT_EQ(order(), "twelve six ");
  writer.beginSegment(12, "rewind", first);
  EXPECT_EQ(order(), "six twelve ") << "back to what had been left behind";
  writer.saveCheckpoint(record(second, 9, "nine"));
  EXPECT_EQ(order(), "nine six twelve ") << "of a line that was left";
}

TEST(CheckpointChoice, AStepThatIsNotThereListsThoseThatAre) {
  CheckpointRecord bad = record(1, 9, "nine");
  bad.good = false;
  try {
    chooseCheckpoint({record(1, 3, "three"), record(1, 6, "six"), bad}, 9, "runs/a");
    FAIL() << "a checkpoint that is not good was chosen";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Checkpoint);
    EXPECT_NE(std::string(error.what()).find("runs/a has no checkpoint of step 9; there are 3, 6"), std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace slab
