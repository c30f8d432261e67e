// `slab queue` and `slab sweep` as a user leaves them alone overnight: order, failures, crashes, stops.
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "core/base/clock.h"
#include "core/jobs/tiny_run.h"
#include "core/store/run_lock.h"
#include "core/store/run_queue.h"
#include "core/store/run_summary.h"
#include "e2e/program.h"

namespace slab::testing {
namespace {

namespace fs = std::filesystem;

class QueueProgram : public ::testing::Test {
 protected:
  QueueProgram() {
    writeTinyData(folder_.path());
    std::ofstream(config_) << toJsonText(tinyConfig(folder_.path()).config);
  }

  [[nodiscard]] ProgramResult slab(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--project", project_.string(), "--json"});
    return runSlab(arguments, folder_.path());
  }
  std::int64_t add(const std::string& name, const std::vector<std::string>& settings = {}) const {
    const auto result = slab(withSettings({"queue", "add", "--config", config_.string(), "--name", name}, settings));
    EXPECT_EQ(result.exitCode, 0) << result.err;
    return Json::parse(result.out)["ids"][0].get<std::int64_t>();
  }
  [[nodiscard]] std::unique_ptr<Program> startQueue(const std::string& folder = "worker") const {
    fs::create_directories(folder_ / folder);
    return std::make_unique<Program>(std::vector<std::string>{"queue", "run", project_.string(), "--json"},
                                     folder_ / folder);
  }
  [[nodiscard]] ProgramResult runQueue() const { return startQueue()->wait(); }
  [[nodiscard]] QueueJob job(std::int64_t id) const { return RunQueue(project_).job(id); }
  [[nodiscard]] fs::path run(const std::string& name) const { return project_ / "runs" / name; }
  [[nodiscard]] pid_t trainerOf(const std::string& name) const {
    for (int i = 0; i < 3000; ++i) {
      const auto holder = readLock(RunDirectory(run(name)));
      if (holder && isAlive(*holder)) return holder->pid;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    ADD_FAILURE() << "no process trains " << name;
    return -1;
  }
  [[nodiscard]] bool waitForStep(const std::string& name, std::int64_t step) const {
    for (int i = 0; i < 3000; ++i) {
      if (RunDirectory::isRun(run(name)) && summarize(RunDirectory(run(name))).step >= step) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }
  [[nodiscard]] std::string weightsOf(const std::string& name) const {
    const RunSummary summary = summarize(RunDirectory(run(name)));
    return contentOf(run(name) / summary.lastCheckpoint / "model.safetensors");
  }
  [[nodiscard]] static std::vector<std::string> endless() {
    return {"train.steps=1000000", "train.eval_every=0", "train.checkpoint_every=0"};
  }

  TemporaryDirectory folder_;
  const fs::path project_ = folder_ / "project";
  const fs::path config_ = folder_ / "tiny.json";
};

TEST_F(QueueProgram, RunsJobsInTheOrderTheyHaveThen) {
  const auto a = add("a"), b = add("b"), c = add("c");
  EXPECT_EQ(slab({"queue", "move", std::to_string(c), "1"}).exitCode, 0);
  EXPECT_EQ(slab({"queue", "hold", std::to_string(a)}).exitCode, 0);
  // What is queued is a snapshot: the file may change or go.
  const std::string given = contentOf(config_);
  fs::remove(config_);
  const auto result = runQueue();
  ASSERT_EQ(result.exitCode, 0) << result.err;
  std::vector<std::string> order;
  for (const Json& event : result.events("end")) order.push_back(event["run"]);
  EXPECT_EQ(order, (std::vector<std::string>{"c", "b"}));
  EXPECT_EQ(result.lines().back()["reason"], "the queue is empty");
  EXPECT_EQ(job(b).state, JobState::Done);
  EXPECT_EQ(job(a).state, JobState::Held);
  EXPECT_EQ(contentOf(run("b") / "config.given.json"), given);
  const Json list = Json::parse(slab({"queue", "list"}).out);
  EXPECT_TRUE(list["pid"].is_null());
  EXPECT_EQ(list["jobs"][0]["name"], "a");
  EXPECT_EQ(list["jobs"][1]["run_state"], "done");
}

TEST_F(QueueProgram, ABranchBeginsWithItsCheckpoint) {
  add("parent", {"train.checkpoint_every=6"});
  ASSERT_EQ(runQueue().exitCode, 0);
  const std::string parent = run("parent").string();
  const auto queued = slab({"queue", "add", "--from", parent + "@6", "--set", "optim.lr=0.001"});
  ASSERT_EQ(queued.exitCode, 0) << queued.err;
  EXPECT_EQ(slab({"sweep", "--from", parent, "--grid", "train.steps=14"}).exitCode, 0);
  const auto other = slab({"queue", "add", "--from", parent, "--set", "model.mlp_ratio=[2]"});
  EXPECT_EQ(other.exitCode, 1);
  EXPECT_NE(other.err.find("a branch keeps the model"), std::string::npos) << other.err;
  const Json list = Json::parse(slab({"queue", "list"}).out);
  EXPECT_EQ(list["jobs"][0]["name"], "parent-from-6");
  EXPECT_EQ(list["jobs"][0]["from"], parent + "@6");
  EXPECT_EQ(list["jobs"][1]["from"], parent + "@12") << "the newest one, by its step";

  ASSERT_EQ(runQueue().exitCode, 0);
  const auto check = [&](const std::string& name, std::int64_t from, std::int64_t to) {
    const RunSummary child = summarize(RunDirectory(run(name)));
    EXPECT_EQ(child.state, RunState::Done) << name;
    EXPECT_EQ(fs::path(child.parent).filename(), "parent") << name;
    EXPECT_EQ(child.parentStep, from) << name;
    EXPECT_EQ(child.step, to) << name;
  };
  check("parent-from-6", 6, 12);
  check("parent-from-12-steps14", 12, 14);
  EXPECT_EQ(Json::parse(contentOf(run("parent-from-6") / "config.json"))["optim"]["lr"], 0.001);
}

TEST_F(QueueProgram, AJobIsTrainedByAsManyProcessesAsItAsksFor) {
  const auto queued = slab(
      {"queue", "add", "--config", config_.string(), "--name", "two", "--nproc", "2", "--set", "train.accumulate=2"});
  ASSERT_EQ(queued.exitCode, 0) << queued.err;
  EXPECT_NE(queued.err.find("train.accumulate"), std::string::npos) << "twice the batch of one process";
  const auto result = runQueue();
  ASSERT_EQ(result.exitCode, 0) << result.err;
  const RunSummary two = summarize(RunDirectory(run("two")));
  EXPECT_EQ(two.state, RunState::Done) << two.message;
  EXPECT_EQ(two.processes, 2);
}

TEST_F(QueueProgram, ATrainingOfTwoProcessesThatIsKilledGoesOnWithTwo) {
  const auto queued =
      slab(withSettings({"queue", "add", "--config", config_.string(), "--name", "two", "--nproc", "2"}, endless()));
  ASSERT_EQ(queued.exitCode, 0) << queued.err;
  auto worker = startQueue();
  const pid_t first = trainerOf("two");
  ASSERT_GT(first, 0);
  ASSERT_TRUE(waitForStep("two", 1));
  ::kill(first, SIGKILL);
  pid_t second = first;
  while (second == first) second = trainerOf("two");
  ASSERT_GT(second, 0);
  EXPECT_EQ(slab({"queue", "stop"}).exitCode, 0);
  const auto result = worker->wait();
  EXPECT_EQ(result.exitCode, 0) << result.err;
  const auto starts = result.events("start");
  ASSERT_EQ(starts.size(), 2U);
  EXPECT_EQ(starts[1]["resumed"], true);
  const QueueJob job = RunQueue(project_).jobs().front();
  EXPECT_EQ(job.state, JobState::Waiting) << job.reason;
  EXPECT_EQ(summarize(RunDirectory(run("two"))).processes, 2);
}

TEST_F(QueueProgram, AJobThatFailsDoesNotHoldUpTheOthers) {
  const auto bad = add("bad", {"data.labels=" + (folder_ / "nowhere.npy").string()}), good = add("good");
  const auto result = runQueue();
  EXPECT_EQ(result.exitCode, 0) << result.err;
  EXPECT_EQ(job(bad).state, JobState::Failed);
  EXPECT_NE(job(bad).reason.find("nowhere.npy"), std::string::npos) << job(bad).reason;
  EXPECT_EQ(job(good).state, JobState::Done);
}

TEST_F(QueueProgram, AStoppedQueueGoesOnWhereItStoodBitForBit) {
  const auto id = add("a", {"train.steps=1500", "train.eval_every=0"});
  auto worker = startQueue();
  // Before the worker says that it began, the signal would meet a program that does not listen yet.
  ASSERT_TRUE(worker->waitForOutput("\"event\":\"start\""));
  worker->signal(SIGHUP);  // the terminal is closed
  ASSERT_TRUE(waitForStep("a", 20));
  EXPECT_EQ(slab({"queue", "stop"}).exitCode, 0);
  const auto stopped = worker->wait();
  EXPECT_EQ(stopped.exitCode, 0) << stopped.err;
  EXPECT_EQ(stopped.lines().back()["reason"], "asked to stop");
  ASSERT_EQ(job(id).state, JobState::Waiting) << "the training was over before the order to stop came";
  EXPECT_NE(job(id).reason.find("stopped with the queue at step"), std::string::npos) << job(id).reason;

  const auto resumed = runQueue();
  EXPECT_EQ(resumed.exitCode, 0) << resumed.err;
  EXPECT_EQ(resumed.events("start").front()["resumed"], true);
  EXPECT_EQ(job(id).state, JobState::Done);
  add("straight", {"train.steps=1500", "train.eval_every=0"});
  EXPECT_EQ(runQueue().exitCode, 0);
  EXPECT_EQ(weightsOf("a"), weightsOf("straight"));
}

TEST_F(QueueProgram, AKilledTrainingIsResumedAndOneThatKeepsDyingFails) {
  const auto mortal = add("mortal", endless()), next = add("next");
  auto worker = startQueue();
  pid_t before = -1;
  for (int death = 0; death < 3; ++death) {
    pid_t trainer = trainerOf("mortal");
    while (trainer == before) trainer = trainerOf("mortal");
    ASSERT_GT(trainer, 0);  // kill(-1) would end every process of the machine
    ::kill(trainer, SIGKILL);
    before = trainer;
  }
  const auto result = worker->wait();
  EXPECT_EQ(result.exitCode, 0) << result.err;
  EXPECT_EQ(result.events("start").size(), 4U);
  EXPECT_EQ(job(mortal).state, JobState::Failed);
  EXPECT_NE(job(mortal).reason.find("died 3 times"), std::string::npos) << job(mortal).reason;
  EXPECT_NE(job(mortal).reason.find("signal 9"), std::string::npos) << job(mortal).reason;
  EXPECT_EQ(job(next).state, JobState::Done);
}

TEST_F(QueueProgram, ATrainingKilledBeforeItsFirstCommitIsGoneOnWith) {
  const auto id = add("a");
  ASSERT_TRUE(RunQueue(project_).begin(id, "a"));
  // What a kill leaves between opening the database and committing its tables.
  fs::create_directories(run("a") / "checkpoints");
  fs::copy_file(config_, run("a") / "config.json");
  std::ofstream(run("a") / "run.db").close();
  const auto result = runQueue();
  EXPECT_EQ(result.exitCode, 0) << result.err;
  EXPECT_EQ(job(id).state, JobState::Done) << job(id).reason;
  ASSERT_EQ(result.events("start").size(), 1U);
  EXPECT_EQ(result.events("start").front()["resumed"], true);
}

TEST_F(QueueProgram, ATrainingOutlivesItsQueueAndIsFoundAgain) {
  const auto id = add("a", {"train.steps=400", "train.eval_every=0"});
  auto worker = startQueue();
  const pid_t trainer = trainerOf("a");
  worker->signal(SIGKILL);
  (void)worker->wait();
  EXPECT_EQ(trainerOf("a"), trainer) << "the training goes on";
  EXPECT_EQ(job(id).state, JobState::Running);
  const auto result = runQueue();
  EXPECT_EQ(result.exitCode, 0) << result.err;
  EXPECT_TRUE(result.events("start").empty()) << "it was watched, not started again";
  EXPECT_EQ(job(id).state, JobState::Done);
}

TEST_F(QueueProgram, ATrainingThatEndedWithoutItsQueueIsNotTrainedAgain) {
  const auto id = add("a", {"train.steps=200", "train.eval_every=0"});
  auto worker = startQueue();
  ASSERT_GT(trainerOf("a"), 0);
  worker->signal(SIGKILL);
  (void)worker->wait();
  ASSERT_TRUE(waitForStep("a", 200));
  while (readLock(RunDirectory(run("a")))) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  const auto result = runQueue();
  EXPECT_EQ(result.exitCode, 0) << result.err;
  EXPECT_TRUE(result.events("start").empty());
  EXPECT_EQ(job(id).state, JobState::Done);
}

TEST_F(QueueProgram, EndsAtItsTimeAndStopsTheRunningJobIfAsked) {
  const auto running = add("a", endless()), waiting = add("b");
  auto worker = startQueue();
  ASSERT_TRUE(waitForStep("a", 5));
  RunQueue(project_).setUntil(wallSeconds(), true);
  const auto result = worker->wait();
  EXPECT_EQ(result.exitCode, 0) << result.err;
  EXPECT_EQ(result.lines().back()["reason"].get<std::string>().substr(0, 5), "it is");
  EXPECT_EQ(job(running).state, JobState::Waiting);
  EXPECT_EQ(job(waiting).state, JobState::Waiting);
  EXPECT_FALSE(weightsOf("a").empty()) << "it was stopped with a checkpoint";
}

TEST_F(QueueProgram, ARunStoppedByHandIsStoppedAndTheQueueGoesOn) {
  const auto by_hand = add("a", endless()), next = add("b");
  auto worker = startQueue();
  ASSERT_TRUE(waitForStep("a", 5));
  EXPECT_EQ(runSlab({"runs", "stop", run("a").string()}, folder_.path()).exitCode, 0);
  EXPECT_EQ(worker->wait().exitCode, 0);
  EXPECT_EQ(job(by_hand).state, JobState::Stopped);
  EXPECT_EQ(job(next).state, JobState::Done);
}

TEST_F(QueueProgram, TwentyStartsAtOnceAreOneWorkerAndNineteenMessages) {
  add("a", endless());
  std::vector<std::unique_ptr<Program>> programs;
  for (int i = 0; i < 20; ++i) programs.push_back(startQueue("worker-" + std::to_string(i)));
  ASSERT_TRUE(waitForStep("a", 1));
  int refused = 0;
  std::unique_ptr<Program> worker;
  const auto holder = queueWorker(project_);
  ASSERT_TRUE(holder);
  for (auto& program : programs) {
    if (program->pid() == holder->pid) {
      worker = std::move(program);
      continue;
    }
    const auto result = program->wait();
    EXPECT_EQ(result.exitCode, 1);
    // "process 4711", or "another process" as long as that has not written its number.
    EXPECT_NE(result.err.find("is being run by "), std::string::npos) << result.err;
    ++refused;
  }
  EXPECT_EQ(refused, 19);
  ASSERT_TRUE(worker);
  worker->signal(SIGTERM);
  EXPECT_EQ(worker->wait().exitCode, 0);
}

TEST_F(QueueProgram, ASweepIsQueuedWholeAndShownBestFirst) {
  const auto queued = slab({"sweep", "--config", config_.string(), "--grid", "optim.lr=1e-3,2e-3", "train.seed=0,1"});
  ASSERT_EQ(queued.exitCode, 0) << queued.err;
  EXPECT_EQ(Json::parse(queued.out)["ids"].size(), 4U);
  EXPECT_EQ(runQueue().exitCode, 0);
  const Json shown = Json::parse(slab({"sweep", "show"}).out);
  ASSERT_EQ(shown["trials"].size(), 4U);
  EXPECT_EQ(shown["method"]["grid"]["train.seed"], Json::parse("[0,1]"));
  double last = 101;
  for (const Json& trial : shown["trials"]) {
    EXPECT_EQ(trial["state"], "done");
    EXPECT_LE(trial["best_top1"].get<double>(), last);
    last = trial["best_top1"].get<double>();
    const Json settings = trial["settings"];
    const Json config = Json::parse(contentOf(run(trial["run"].get<std::string>()) / "config.json"));
    EXPECT_EQ(config["optim"]["lr"], settings["optim.lr"]);
    EXPECT_EQ(config["train"]["seed"], settings["train.seed"]);
  }
}

TEST_F(QueueProgram, ASweepWithAProblemQueuesNothingAndNamesAll) {
  const auto result =
      slab({"sweep", "--config", config_.string(), "--grid", "train.batch=4,0", "model.heads=[1,2],[3,2]"});
  EXPECT_EQ(result.exitCode, 1);
  EXPECT_NE(result.err.find("train.batch"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("3 heads"), std::string::npos) << result.err;
  EXPECT_FALSE(RunQueue::exists(project_));
}

}  // namespace
}  // namespace slab::testing
