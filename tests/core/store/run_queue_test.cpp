#include "core/store/run_queue.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <set>

#include "core/base/error.h"
#include "core/base/rng.h"
#include "core/store/database.h"
#include "temporary_folder.h"

namespace slab {
namespace {

NewJob jobNamed(const std::string& name) {
  return {name, {"{} // " + name, R"({"name":")" + name + "\"}"}, ""};
}

class RunQueues : public ::testing::Test {
 protected:
  std::vector<std::int64_t> addNamed(const std::vector<std::string>& names) {
    std::vector<NewJob> jobs;
    for (const auto& name : names) jobs.push_back(jobNamed(name));
    return RunQueue(project_).add(jobs);
  }
  std::string order() {
    std::string names;
    for (const QueueJob& job : RunQueue(project_).jobs()) {
      names +=
          (names.empty() ? "" : " ") + job.name + (isPending(job.state) ? "" : ":" + std::string(toString(job.state)));
    }
    return names;
  }
  std::string refusal(const std::function<void(RunQueue&)>& call) {
    RunQueue queue(project_);
    try {
      call(queue);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::Config);
      return error.what();
    }
    return "";
  }

  test::TemporaryFolder folder_;
  const std::filesystem::path project_ = folder_.path() / "project";
};

TEST_F(RunQueues, KeepJobsInOrderWithTheirSnapshots) {
  EXPECT_FALSE(RunQueue::exists(project_));
  const auto ids = addNamed({"a", "b", "c"});
  EXPECT_TRUE(RunQueue::exists(project_));
  EXPECT_EQ(order(), "a b c");
  RunQueue queue(project_);
  EXPECT_EQ(queue.snapshot(ids[1]).given, "{} // b");
  EXPECT_EQ(queue.snapshot(ids[1]).resolved, R"({"name":"b"})");
  EXPECT_EQ(queue.job(ids[1]).state, JobState::Waiting);
}

TEST_F(RunQueues, KeepTheCheckpointOfABranchAndTheNumberOfProcesses) {
  NewJob branch = jobNamed("branch");
  branch.from = "/runs/parent@25";
  branch.processes = 8;
  RunQueue queue(project_);
  const auto ids = queue.add({jobNamed("scratch"), branch});
  EXPECT_EQ(queue.job(ids[0]).from, "");
  EXPECT_EQ(queue.job(ids[1]).from, "/runs/parent@25");
  EXPECT_EQ(queue.job(ids[0]).processes, 1);
  EXPECT_EQ(queue.job(ids[1]).processes, 8);
}

TEST_F(RunQueues, AFileOfTheFirstVersionIsReadAndGoesOn) {
  std::filesystem::create_directories(project_);
  Database((project_ / "queue.db").string(), Database::Mode::ReadWriteCreate).execute(R"sql(
CREATE TABLE job(id INTEGER PRIMARY KEY AUTOINCREMENT, place INTEGER NOT NULL, name TEXT NOT NULL,
                 state TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '', run TEXT NOT NULL DEFAULT '',
                 sweep INTEGER NOT NULL DEFAULT 0, settings TEXT NOT NULL DEFAULT '', given TEXT NOT NULL,
                 resolved TEXT NOT NULL, deaths INTEGER NOT NULL DEFAULT 0, progress INTEGER NOT NULL DEFAULT 0,
                 added REAL NOT NULL, started REAL NOT NULL DEFAULT 0, ended REAL NOT NULL DEFAULT 0,
                 removed INTEGER NOT NULL DEFAULT 0);
CREATE TABLE sweep(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, method TEXT NOT NULL,
                   added REAL NOT NULL);
CREATE TABLE orders(stop INTEGER NOT NULL, until REAL NOT NULL, stops_at_until INTEGER NOT NULL);
INSERT INTO orders VALUES(0, 0, 0);
INSERT INTO job(place, name, state, given, resolved, added) VALUES(1, 'old', 'waiting', '{}', '{}', 1.0);
PRAGMA user_version=1;
)sql");
  addNamed({"new"});
  EXPECT_EQ(order(), "old new");
  EXPECT_EQ(RunQueue(project_).jobs()[0].from, "");
  EXPECT_EQ(RunQueue(project_).jobs()[0].processes, 1);
}

TEST_F(RunQueues, MoveJobsToAnyPlaceAndSayTheOldOne) {
  const auto ids = addNamed({"a", "b", "c", "d"});
  RunQueue queue(project_);
  EXPECT_EQ(queue.move(ids[3], 0), 3U);
  EXPECT_EQ(order(), "d a b c");
  EXPECT_EQ(queue.move(ids[3], 3), 0U);
  EXPECT_EQ(order(), "a b c d");
  EXPECT_EQ(queue.move(ids[0], 99), 0U);
  EXPECT_EQ(order(), "b c d a");
  EXPECT_EQ(queue.move(ids[2], 1), 1U);
  EXPECT_EQ(order(), "b c d a");
}

TEST_F(RunQueues, HeldJobsKeepTheirPlaceAndArePassedOver) {
  const auto ids = addNamed({"a", "b"});
  RunQueue queue(project_);
  queue.hold(ids[0]);
  EXPECT_EQ(order(), "a b");
  EXPECT_EQ(queue.firstWaiting()->id, ids[1]);
  queue.release(ids[0]);
  EXPECT_EQ(queue.firstWaiting()->id, ids[0]);
}

TEST_F(RunQueues, RemovalIsUndone) {
  const auto ids = addNamed({"a", "b", "c"});
  RunQueue queue(project_);
  queue.remove(ids[1]);
  EXPECT_EQ(order(), "a c");
  EXPECT_NE(refusal([&](RunQueue& q) { q.hold(ids[1]); }).find("is not in the queue"), std::string::npos);
  queue.restore(ids[1]);
  EXPECT_EQ(order(), "a b c");
  EXPECT_NE(refusal([&](RunQueue& q) { q.restore(ids[1]); }).find("was not removed"), std::string::npos);
}

TEST_F(RunQueues, AJobHasOneTurn) {
  const auto ids = addNamed({"a", "b", "c"});
  RunQueue queue(project_);
  const auto job = queue.begin(ids[0], "a-2");
  ASSERT_TRUE(job);
  EXPECT_EQ(job->run, "a-2");
  EXPECT_GT(job->started, 0);
  EXPECT_FALSE(queue.begin(ids[0], "a-3")) << "it runs already";
  EXPECT_NE(refusal([&](RunQueue& q) { q.remove(ids[0]); }).find("is running"), std::string::npos);
  EXPECT_NE(refusal([&](RunQueue& q) { q.move(ids[0], 1); }).find("not waiting"), std::string::npos);
  EXPECT_NE(refusal([&](RunQueue& q) { q.hold(ids[0]); }).find("only a waiting job"), std::string::npos);
  queue.finish(ids[0], JobState::Done, "");
  EXPECT_EQ(order(), "b c a:done");
  EXPECT_NE(refusal([&](RunQueue& q) { q.release(ids[0]); }).find("is done"), std::string::npos);
  EXPECT_NE(refusal([&](RunQueue& q) { q.finish(ids[0], JobState::Failed, ""); }).find("does not run"),
            std::string::npos);
}

TEST_F(RunQueues, AnInterruptedJobIsNextAgainAndAFailedOneGetsAnotherTurnAtTheEnd) {
  const auto ids = addNamed({"a", "b", "c"});
  RunQueue queue(project_);
  queue.begin(ids[1], "b");
  queue.noteDeath(ids[1], 2, 40);
  queue.finish(ids[1], JobState::Waiting, "stopped with the queue at step 40");
  EXPECT_EQ(order(), "b a c");
  EXPECT_EQ(queue.job(ids[1]).run, "b") << "it goes on in its run";
  queue.begin(ids[0], "a");
  queue.finish(ids[0], JobState::Failed, "no such data");
  EXPECT_EQ(order(), "b c a:failed");
  queue.release(ids[0]);
  EXPECT_EQ(order(), "b c a");
  EXPECT_EQ(queue.job(ids[0]).deaths, 0);
  EXPECT_EQ(queue.job(ids[0]).reason, "");
}

TEST_F(RunQueues, FinishedJobsStandNewestFirstBehindTheRest) {
  const auto ids = addNamed({"a", "b", "c", "d"});
  RunQueue queue(project_);
  for (const std::size_t i : {0U, 1U}) {
    queue.begin(ids[i], "run");
    queue.finish(ids[i], JobState::Done, "");
    ::usleep(2000);
  }
  queue.begin(ids[3], "d");
  EXPECT_EQ(order(), "d:running c b:done a:done");
}

TEST_F(RunQueues, SweepsAreRememberedWithTheirTrials) {
  RunQueue queue(project_);
  NewJob trial = jobNamed("demo-lr0.001");
  trial.settings = R"({"optim.lr":0.001})";
  queue.addSweep("demo", R"({"grid":{"optim.lr":[0.001]}})", {trial});
  queue.addSweep("other", "{}", {jobNamed("x"), jobNamed("y")});
  const auto sweeps = queue.sweeps();
  ASSERT_EQ(sweeps.size(), 2U);
  EXPECT_EQ(sweeps[1].name, "demo");
  const auto jobs = queue.jobs();
  EXPECT_EQ(jobs[0].sweep, sweeps[1].id);
  EXPECT_EQ(jobs[0].settings, trial.settings);
  EXPECT_EQ(jobs[2].sweep, sweeps[0].id);
}

TEST_F(RunQueues, AddAllJobsOrNone) {
  EXPECT_NE(refusal([&](RunQueue& q) {
              q.add({jobNamed("good"), jobNamed("../../evil")});
            }).find("can't be a run's name"),
            std::string::npos);
  EXPECT_EQ(order(), "");
}

TEST_F(RunQueues, OrdersReachTheWorker) {
  RunQueue queue(project_);
  queue.setUntil(1.76e9, true);
  queue.setStop(QueueOrders::Stop::AfterJob);
  const QueueOrders orders = RunQueue(project_).orders();
  EXPECT_EQ(orders.until, 1.76e9);
  EXPECT_TRUE(orders.stopsAtUntil);
  EXPECT_EQ(orders.stop, QueueOrders::Stop::AfterJob);
}

TEST_F(RunQueues, RefuseAFileThatIsNoneAndANewerOne) {
  std::filesystem::create_directories(project_);
  std::ofstream(project_ / "queue.db") << "this is a text, and longer than a header of a database would have to be; "
                                          "it stays as it is, whatever the program makes of it.";
  const auto size = std::filesystem::file_size(project_ / "queue.db");
  EXPECT_THROW(RunQueue{project_}, Error);
  EXPECT_EQ(std::filesystem::file_size(project_ / "queue.db"), size);
  std::filesystem::remove(project_ / "queue.db");
  addNamed({"a"});
  Database((project_ / "queue.db").string(), Database::Mode::ReadWriteCreate).execute("PRAGMA user_version=99");
  try {
    const RunQueue newer(project_);
    ADD_FAILURE() << "a newer queue was opened";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("newer version"), std::string::npos) << error.what();
  }
}

// Each child adds, moves, holds and removes until it is killed: whatever it was doing, the file opens, and no
// id is given twice.
TEST_F(RunQueues, SurviveKill9AtRandomMoments) {
  addNamed({"first"});
  Random random(11);
  for (int cycle = 0; cycle < 20; ++cycle) {
    const pid_t child = ::fork();
    if (child == 0) {
      RunQueue queue(project_);
      for (;;) {
        const auto ids = queue.add({jobNamed("x"), jobNamed("y"), jobNamed("z")});
        queue.move(ids[2], 0);
        queue.hold(ids[1]);
        queue.remove(ids[0]);
      }
    }
    ::usleep(static_cast<useconds_t>(5'000 + random.below(40'000)));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    RunQueue queue(project_);
    std::set<std::int64_t> ids;
    std::size_t left = 0;
    for (const QueueJob& job : queue.jobs()) {
      EXPECT_TRUE(ids.insert(job.id).second);
      EXPECT_FALSE(queue.snapshot(job.id).resolved.empty());
      left += job.name == "x";
    }
    EXPECT_LE(left, static_cast<std::size_t>(cycle) + 1) << "three jobs are added together, one is removed";
  }
}

TEST_F(RunQueues, TakeJobsFromTwentyProcessesAtOnce) {
  std::vector<pid_t> children;
  for (int i = 0; i < 20; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      try {
        RunQueue queue(project_);  // all of them make the file
        for (int k = 0; k < 3; ++k) queue.add({jobNamed(std::to_string(i) + "-" + std::to_string(k))});
        ::_exit(0);
      } catch (const Error&) {
        ::_exit(1);
      }
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  std::set<std::string> names;
  for (const QueueJob& job : RunQueue(project_).jobs()) names.insert(job.name);
  EXPECT_EQ(names.size(), 60U);
}

TEST_F(RunQueues, HaveOneWorkerAndNameItToTheOthers) {
  const ProcessLock lock = lockQueue(project_);
  ASSERT_TRUE(queueWorker(project_));
  EXPECT_EQ(queueWorker(project_)->pid, ::getpid());
  try {
    (void)lockQueue(project_);
    ADD_FAILURE() << "two workers";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("is being run by process " + std::to_string(::getpid())),
              std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace slab
