// The queue's worker with a script in the place of `slab train`.
#include "core/jobs/queue_worker.h"

#include <gtest/gtest.h>

#include <fstream>

#include "core/jobs/child_process.h"
#include "core/jobs/tiny_run.h"
#include "core/store/run_lock.h"
#include "core/store/run_writer.h"

namespace slab::testing {
namespace {

namespace fs = std::filesystem;

class QueueWorkerTest : public ::testing::Test {
 protected:
  /// A run that ended so, for the script to leave behind.
  void prepareRun(const std::string& name, RunState state, const std::string& message) const {
    RunWriter writer(RunLock(RunDirectory::create(folder_ / name), ""));
    writer.setState(state_key::kState, toString(state));
    writer.setState(state_key::kMessage, message);
    EXPECT_TRUE(writer.flush());
  }
  /// A program that ends its first `losses` calls as one that lost its device, and then as one that is done. It notes
  /// its arguments.
  [[nodiscard]] std::string program(int losses) const {
    const fs::path script = folder_ / "slab";
    const std::string run = (folder_ / "project/runs/a").string(), here = folder_.path().string();
    std::ofstream(script) << "#!/bin/sh\necho \"$@\" >> " << here << "/calls\nrm -rf " << run << "\nif [ $(wc -l < "
                          << here << "/calls) -le " << losses << " ]; then cp -r " << here << "/failed " << run
                          << "; exit " << kWorkerLost << "; fi\ncp -r " << here << "/done " << run << "\n";
    fs::permissions(script, fs::perms::owner_all);
    return script.string();
  }
  [[nodiscard]] QueueJob worked(int losses) const {
    prepareRun("failed", RunState::Failed, "the device is gone");
    prepareRun("done", RunState::Done, "");
    const fs::path project = folder_ / "project";
    RunQueue queue(project);
    const auto id = queue.add({NewJob{"a", {"{}", "{}"}, ""}}).front();
    QueueWorkerOptions options;
    options.project = project;
    options.program = program(losses);
    EXPECT_EQ(QueueWorker(options, [](const QueueEvent&) {}).run(), "the queue is empty");
    return queue.job(id);
  }
  [[nodiscard]] std::vector<std::string> calls() const {
    std::vector<std::string> lines;
    std::ifstream stream(folder_ / "calls");
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
  }

  TemporaryDirectory folder_;
};

TEST_F(QueueWorkerTest, ResumesATrainingThatLostItsDevice) {
  const QueueJob job = worked(1);
  EXPECT_EQ(job.state, JobState::Done) << job.reason;
  const auto seen = calls();
  ASSERT_EQ(seen.size(), 2U);
  for (const auto& call : seen) EXPECT_NE(call.find("--supervised"), std::string::npos) << call;
  EXPECT_EQ(seen[0].find("--resume"), std::string::npos) << seen[0];
  EXPECT_NE(seen[1].find("--resume"), std::string::npos) << seen[1];
}

TEST_F(QueueWorkerTest, GivesUpATrainingThatKeepsLosingItsDevice) {
  const QueueJob job = worked(100);
  EXPECT_EQ(job.state, JobState::Failed);
  EXPECT_NE(job.reason.find("a lost device"), std::string::npos) << job.reason;
  EXPECT_EQ(calls().size(), static_cast<std::size_t>(kMaxDeaths));
}

}  // namespace
}  // namespace slab::testing
