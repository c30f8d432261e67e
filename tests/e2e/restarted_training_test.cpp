// slab train --restarts: a worker that is lost is started again, within bounds, and signals reach it.
#include <sys/wait.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "app/cli/worker_supervisor.h"
#include "core/jobs/child_process.h"
#include "core/store/run_lock.h"
#include "core/store/run_reader.h"
#include "core/store/run_writer.h"
#include "e2e/interrupted_run.h"

namespace slab::testing {
namespace {

namespace fs = std::filesystem;

class RestartedTraining : public InterruptedTraining {
 protected:
  [[nodiscard]] std::vector<std::string> supervised(int restarts, const std::vector<std::string>& more = {}) const {
    auto arguments = trainArguments(run_, more);
    arguments.insert(arguments.end(), {"--restarts", std::to_string(restarts)});
    return arguments;
  }

  // The worker that writes the run, once there is one besides `before`.
  [[nodiscard]] pid_t worker(pid_t before = -1) const {
    for (int i = 0; i < 6000; ++i) {
      const auto holder = readLock(RunDirectory(run_));
      if (holder && isAlive(*holder) && holder->pid != before && !holder->socket.empty()) return holder->pid;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    ADD_FAILURE() << "no worker";
    return -1;
  }

  [[nodiscard]] std::vector<EventRecord> eventsOf(const std::string& kind) const {
    RunReader reader{RunDirectory(run_)};
    std::vector<EventRecord> found;
    for (auto& event : reader.events()) {
      if (event.kind == kind) found.push_back(std::move(event));
    }
    return found;
  }
  [[nodiscard]] std::string stateOf(const char* key) const { return RunReader(RunDirectory(run_)).state()[key]; }

  const fs::path run_ = folder_ / "run";
};

TEST_F(RestartedTraining, GoesOnAfterACrashAndEndsAsOneLeftInPeace) {
  const fs::path expected = undisturbed();
  Program program(supervised(3), folder_.path());
  ASSERT_TRUE(program.waitForOutput("\"step\":12,"));
  const pid_t first = worker();
  EXPECT_NE(first, program.pid());
  ::kill(first, SIGSEGV);
  ASSERT_TRUE(program.waitForOutput("\"event\":\"restart\""));
  // The next one only after a checkpoint of the second life.
  const pid_t second = worker(first);
  ASSERT_TRUE(program.waitForOutput("\"step\":60,"));
  ::kill(second, SIGKILL);
  const ProgramResult result = program.wait();
  EXPECT_EQ(result.exitCode, 0) << result.err;
  EXPECT_EQ(result.events("restart").size(), 2U);
  ASSERT_EQ(result.events("end").size(), 1U);
  EXPECT_EQ(result.lines().back()["status"], "done");
  EXPECT_NE(result.err.find("Segmentation fault"), std::string::npos) << result.err;
  EXPECT_EQ(eventsOf("restart").size(), 2U);
  expectSameRun(run_, expected, kSteps);
}

TEST_F(RestartedTraining, GivesUpWhenItIsLostAgainWithoutANewerCheckpoint) {
  Program program(supervised(5, {"train.checkpoint_every=0"}), folder_.path());
  ASSERT_TRUE(program.waitForOutput("\"step\":3,"));
  const pid_t first = worker();
  ::kill(first, SIGABRT);
  ::kill(worker(first), SIGABRT);
  const ProgramResult result = program.wait();
  EXPECT_EQ(result.exitCode, 1);
  EXPECT_EQ(result.events("restart").size(), 1U);
  EXPECT_EQ(result.lines().back()["status"], "failed");
  EXPECT_NE(result.err.find("before the next checkpoint"), std::string::npos) << result.err;
  EXPECT_EQ(stateOf("state"), "failed");
  EXPECT_NE(stateOf("message").find("signal 6"), std::string::npos) << stateOf("message");
}

TEST_F(RestartedTraining, AStopReachesTheWorkerAndIsNoCrash) {
  Program program(supervised(3, {"train.steps=100000"}), folder_.path());
  ASSERT_TRUE(program.waitForOutput("\"step\":3,"));
  program.signal(SIGTERM);
  const ProgramResult result = program.wait();
  EXPECT_EQ(result.exitCode, 0) << result.err;
  EXPECT_EQ(result.lines().back()["status"], "stopped");
  EXPECT_TRUE(result.events("restart").empty());
}

TEST_F(RestartedTraining, TheWorkerDoesNotOutliveItsSupervisorAndSavesItsSteps) {
  Program program(supervised(3, {"train.steps=100000", "train.checkpoint_every=0"}), folder_.path());
  ASSERT_TRUE(program.waitForOutput("\"step\":3,"));
  const pid_t last = worker();
  program.signal(SIGKILL);
  program.wait();
  for (int i = 0; i < 6000 && ::kill(last, 0) == 0 && readLock(RunDirectory(run_)); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(stateOf("state"), "stopped");
  EXPECT_EQ(RunReader(RunDirectory(run_)).checkpoints().size(), 1U);
}

TEST_F(RestartedTraining, AMistakeIsNoReasonToStartAgain) {
  auto wrong = supervised(3);
  wrong.emplace_back("--resume");
  EXPECT_EQ(runSlab(wrong, folder_.path()).exitCode, 2) << "--resume takes --run alone";
  fs::remove(folder_ / "images.npy");
  const ProgramResult result = runSlab(supervised(3), folder_.path());
  EXPECT_EQ(result.exitCode, 1);
  EXPECT_TRUE(result.events("restart").empty());
  EXPECT_EQ(result.events("end").size(), 1U);
}

// ---- the supervisor alone, with scripts for workers

class Supervisor : public ::testing::Test {
 protected:
  // As a life of the worker leaves it behind.
  void addCheckpoint(std::int64_t step) const {
    const auto run = RunDirectory::isRun(run_) ? RunDirectory(run_) : RunDirectory::create(run_);
    RunWriter writer(RunLock(run, ""));
    CheckpointRecord record;
    record.step = step;
    record.path = "checkpoints/" + std::to_string(step);
    writer.saveCheckpoint(record);
  }
  int supervise(const std::string& first, const std::string& again) {
    const auto shell = [](const std::string& text) { return std::vector<std::string>{"/bin/sh", "-c", text}; };
    cli::SupervisedEvents events;
    events.onRestart = [&](int, std::int64_t step, const std::string&) {
      restartedFrom_.push_back(step);
      if (savesEachLife_) addCheckpoint(step + 10);
    };
    events.onGiveUp = [&](const std::string& reason) { gaveUp_ = reason; };
    return cli::supervise({shell(first), shell(again), run_, 2}, events);
  }

  TemporaryDirectory folder_;
  const fs::path run_ = folder_ / "run";
  std::vector<std::int64_t> restartedFrom_;
  std::string gaveUp_;
  bool savesEachLife_ = false;
  const std::string lost_ = "exit " + std::to_string(kWorkerLost);
};

TEST_F(Supervisor, StartsAWorkerThatLostItsDeviceAgain) {
  addCheckpoint(40);
  EXPECT_EQ(supervise(lost_, "exit 0"), 0);
  EXPECT_EQ(restartedFrom_, (std::vector<std::int64_t>{40}));
  EXPECT_EQ(gaveUp_, "");
  EXPECT_EQ(RunReader(RunDirectory(run_)).state()["state"], "created") << "not lost while the next worker starts";
}

TEST_F(Supervisor, PassesOnHowTheWorkerEnds) {
  EXPECT_EQ(supervise("exit 0", "exit 3"), 0);
  EXPECT_EQ(supervise("exit 1", "exit 3"), 1);
  EXPECT_EQ(supervise("exit 2", "exit 3"), 2);
  EXPECT_TRUE(restartedFrom_.empty());
}

TEST_F(Supervisor, DoesNotStartAgainWhereThereIsNoRun) {
  EXPECT_EQ(supervise("kill -SEGV $$", "exit 0"), 1);
  EXPECT_TRUE(restartedFrom_.empty());
  EXPECT_NE(gaveUp_.find("before there was a run"), std::string::npos) << gaveUp_;
}

TEST_F(Supervisor, DoesNotStartAgainWithoutANewerCheckpoint) {
  addCheckpoint(10);
  EXPECT_EQ(supervise(lost_, lost_), 1);
  EXPECT_EQ(restartedFrom_, (std::vector<std::int64_t>{10}));
  EXPECT_NE(gaveUp_.find("again before the next checkpoint"), std::string::npos) << gaveUp_;
}

TEST_F(Supervisor, EndsWhenItsRestartsAreUsedUp) {
  addCheckpoint(10);
  savesEachLife_ = true;
  EXPECT_EQ(supervise(lost_, lost_), 1);
  EXPECT_EQ(restartedFrom_, (std::vector<std::int64_t>{10, 20}));
  EXPECT_NE(gaveUp_.find("after 2 restarts"), std::string::npos) << gaveUp_;
}

}  // namespace
}  // namespace slab::testing
