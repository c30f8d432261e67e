#include "core/store/run_index.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <set>

#include "core/base/error.h"
#include "core/store/run_reader.h"
#include "core/store/run_writer.h"
#include "core/store/schema.h"
#include "temporary_folder.h"

namespace slab {
namespace {

class RunIndexes : public ::testing::Test {
 protected:
  void makeRun(const std::string& name, const std::string& state, double started, double top1 = 80) {
    const RunDirectory run = RunDirectory::create(project_ / "runs" / name);
    RunWriter writer{RunLock(run, "")};
    writer.setState(state_key::kState, state);
    writer.setState(state_key::kStarted, std::to_string(started));
    writer.setState(state_key::kModel, "slab_swin_t");
    writer.setState(state_key::kBestTop1, std::to_string(top1));
    writer.setState(state_key::kStep, "120");
    writer.setState(state_key::kEpoch, "1.5");
    CheckpointRecord record;
    record.path = "checkpoints/step-00000120";
    writer.saveCheckpoint(record);
  }

  test::TemporaryFolder folder_;
  std::filesystem::path project_ = folder_.path() / "project";
};

TEST_F(RunIndexes, SummarizeEveryRunNewestFirst) {
  RunIndex index(project_);
  makeRun("old", "done", 100, 81.5);
  makeRun("new", "stopped", 200);
  const auto& runs = index.scan();
  ASSERT_EQ(runs.size(), 2U);
  EXPECT_EQ(runs[0].name, "new");
  EXPECT_EQ(runs[1].state, RunState::Done);
  EXPECT_EQ(runs[1].model, "slab_swin_t");
  EXPECT_DOUBLE_EQ(runs[1].bestTop1, 81.5);
  EXPECT_EQ(runs[1].step, 120);
  EXPECT_EQ(runs[1].lastCheckpoint, "checkpoints/step-00000120");
  EXPECT_TRUE(std::isnan(runs[1].loss));
}

TEST_F(RunIndexes, SeeChangesAndGiveTheSameFromTheCache) {
  makeRun("a", "done", 1);
  { RunIndex(project_).scan(); }
  RunIndex index(project_);
  EXPECT_EQ(index.scan().at(0).state, RunState::Done);
  EXPECT_DOUBLE_EQ(index.runs().at(0).epoch, 1.5);
  {
    RunWriter writer{RunLock(RunDirectory::open(project_ / "runs" / "a"), "")};
    writer.setState(state_key::kState, "failed");
    writer.setState(state_key::kMessage, "the loss is NaN");
    writer.setState(state_key::kAlarm, "layers.0 drifts");
    writer.setState(state_key::kAlarmStep, "90");
  }
  EXPECT_EQ(index.scan().at(0).state, RunState::Failed);
  EXPECT_EQ(index.runs().at(0).message, "the loss is NaN");
  RunIndex again(project_);
  EXPECT_EQ(again.scan().at(0).alarm, "layers.0 drifts");
  EXPECT_EQ(again.runs().at(0).alarmStep, 90);
}

TEST_F(RunIndexes, CallARunLostWhoseWriterDied) {
  makeRun("a", "running", 1);
  RunIndex index(project_);
  EXPECT_EQ(index.scan().at(0).state, RunState::Lost);
  const RunWriter writer{RunLock(RunDirectory::open(project_ / "runs" / "a"), "/sock")};
  const RunSummary live = summarize(RunDirectory::open(project_ / "runs" / "a"));
  EXPECT_EQ(live.state, RunState::Running);
  ASSERT_TRUE(live.writer);
  EXPECT_EQ(live.writer->socket, "/sock");
}

TEST_F(RunIndexes, FindNothingWrongWithARunKilledBeforeItsFirstCommit) {
  const RunDirectory run = RunDirectory::create(project_ / "runs" / "a");
  std::ofstream(run.config()) << "{}";
  std::ofstream(run.database()).close();
  EXPECT_THROW(RunReader{run}, EmptyDatabase);
  const RunSummary summary = summarize(run);
  EXPECT_EQ(summary.problem, "");
  ensureDatabase(RunLock(run, ""));
  EXPECT_NO_THROW(RunReader{run});

  const RunDirectory other = RunDirectory::create(project_ / "runs" / "b");
  std::ofstream(other.database()) << std::string(200, 'x');
  EXPECT_NE(summarize(other).problem, "");
}

TEST_F(RunIndexes, PinAColourToARunForEver) {
  makeRun("a", "done", 1);
  makeRun("b", "done", 2);
  RunIndex index(project_);
  index.scan();
  const int a = index.find("a")->notes.colour;
  const int b = index.find("b")->notes.colour;
  EXPECT_NE(a, b);
  index.rename("a", "renamed");
  index.moveToTrash("b");
  makeRun("c", "done", 3);
  index.scan();
  EXPECT_EQ(index.find("renamed")->notes.colour, a);
  EXPECT_FALSE((std::set<int>{a, b}).contains(index.find("c")->notes.colour));
  EXPECT_EQ(RunIndex(project_).scan().back().notes.colour, a);
}

TEST_F(RunIndexes, KeepNotes) {
  makeRun("a", "done", 1);
  RunIndex index(project_);
  RunNotes notes = index.scan().at(0).notes;
  notes.notes = "# lambda\nfell too fast";
  notes.tags = {"paper", "b\"ad"};
  notes.starred = true;
  index.setNotes("a", notes);
  RunIndex again(project_);
  const RunSummary& run = again.scan().at(0);
  EXPECT_EQ(run.notes.notes, notes.notes);
  EXPECT_EQ(run.notes.tags, notes.tags);
  EXPECT_TRUE(run.notes.starred);
  EXPECT_EQ(run.notes.colour, notes.colour);
}

TEST_F(RunIndexes, MoveToTheTrashAndBack) {
  makeRun("a", "done", 1);
  RunIndex index(project_);
  index.scan();
  const std::string first = index.moveToTrash("a");
  EXPECT_TRUE(index.scan().empty());
  makeRun("a", "done", 2);
  index.scan();
  const std::string second = index.moveToTrash("a");
  EXPECT_EQ(index.trash(), (std::vector<std::string>{first, second}));
  EXPECT_EQ(index.restore(second), "a");
  EXPECT_EQ(index.restore(first), "a-2");
  EXPECT_EQ(index.scan().size(), 2U);
  EXPECT_EQ(index.find("a-2")->started, 1);
}

TEST_F(RunIndexes, TouchNoRunThatIsBeingWritten) {
  makeRun("a", "done", 1);
  RunIndex index(project_);
  index.scan();
  const RunLock held(RunDirectory::open(project_ / "runs" / "a"), "");
  EXPECT_THROW(index.rename("a", "b"), Error);
  EXPECT_THROW(index.moveToTrash("a"), Error);
  EXPECT_TRUE(std::filesystem::exists(project_ / "runs" / "a" / "run.db"));
}

TEST_F(RunIndexes, RefuseNamesThatLeaveTheProject) {
  makeRun("a", "done", 1);
  makeRun("taken", "done", 1);
  RunIndex index(project_);
  index.scan();
  for (const std::string name : {"", ".", "..", "../b", "x/y", "/tmp/x", ".hidden", "new\nline", "taken"}) {
    EXPECT_THROW(index.rename("a", name), Error) << name;
  }
  EXPECT_THROW(index.rename("../a", "b"), Error);
  EXPECT_THROW(index.restore("../runs/a"), Error);
  EXPECT_EQ(index.newRunPath("taken").filename(), "taken-2");
}

TEST_F(RunIndexes, ShowARunThatCannotBeRead) {
  makeRun("a", "done", 1);
  std::ofstream(project_ / "runs" / "a" / "run.db", std::ios::trunc) << "no database";
  RunIndex index(project_);
  EXPECT_FALSE(index.scan().at(0).problem.empty());
}

TEST_F(RunIndexes, SurviveADamagedCache) {
  makeRun("a", "done", 1);
  { RunIndex(project_).scan(); }
  for (const char* text : {"", "[1,2", R"({"version":1,"runs":{"a":{"data":-1}}})", R"({"version":1,"runs":7})"}) {
    std::ofstream(project_ / ".cache" / "runs.json", std::ios::trunc) << text;
    EXPECT_EQ(RunIndex(project_).scan().size(), 1U) << text;
  }
}

TEST(RunStates, AllowExactlyTheMovesOfTheTable) {
  RunStateMachine machine;
  for (const RunState next : {RunState::Running, RunState::Pausing, RunState::Paused, RunState::Running,
                              RunState::Stopping, RunState::Stopped, RunState::Running, RunState::Done}) {
    machine.moveTo(next);
    EXPECT_EQ(machine.state(), next);
  }
  EXPECT_THROW(machine.moveTo(RunState::Paused), Error);
  EXPECT_EQ(machine.state(), RunState::Done);
  for (const RunState from : kRunStates) {
    EXPECT_FALSE(isMoveAllowed(from, from));
    EXPECT_FALSE(isMoveAllowed(from, RunState::Created));
    EXPECT_EQ(isMoveAllowed(from, RunState::Lost), isActive(from)) << toString(from);
    EXPECT_EQ(runStateFromString(toString(from)), from);
  }
  EXPECT_FALSE(runStateFromString("paws"));
}

}  // namespace
}  // namespace slab
