// System calls of a whole training that fail once, or are its last: the run opens, holds the newest checkpoint it told
// of, and, resumed, ends as one that was left in peace.
#include <set>

#include "core/formats/checkpoint.h"
#include "e2e/interrupted_run.h"
#include "support/system_calls.h"

namespace slab::testing {
namespace {

namespace fs = std::filesystem;

// What writes a run: its database, its checkpoints, its events on standard output.
constexpr const char* kWriting = "write,pwrite64,fsync,fdatasync,rename,renameat2,unlink,unlinkat,ftruncate,mkdir";

class FailingCalls : public InterruptedTraining {
 protected:
  static constexpr std::int64_t kShort = 8;
  static constexpr std::size_t kSample = 12;  // of the default tier; the long one takes them all

  void SetUp() override {
    const std::string reason = whyNoStrace();
    if (!reason.empty()) GTEST_SKIP() << "SYSTEM CALLS ARE NOT FAILED ON THIS MACHINE: " << reason;
    // The machine's cache of timed choices is no part of a test.
    ::setenv("XDG_CACHE_HOME", (folder_ / "cache").c_str(), 1);
    ASSERT_EQ(runCommand(trainCommand(expected_)).exitCode(), 0);
    calls_ = countCalls(trainCommand(run_), kWriting, folder_ / "strace.log");
    ASSERT_GT(calls_["pwrite64"], 5);
    ASSERT_GT(calls_["fsync"] + calls_["fdatasync"], 2);
  }

  [[nodiscard]] Command trainCommand(const fs::path& run) const {
    Command arguments = beginOrResume(run, {"train.steps=" + std::to_string(kShort), "train.checkpoint_every=3"});
    arguments.insert(arguments.begin(), slabPath());
    return arguments;
  }

  // Trains with the injection, checks what is left, and lets the run come to its end.
  Outcome trainWith(const Injection& injection) {
    fs::remove_all(run_);
    const Outcome outcome = runWith(injection, trainCommand(run_));
    expectNewestCheckpointTold(outcome.said);
    if (outcome.exitCode() != 0) {
      const Outcome second = runCommand(trainCommand(run_));
      EXPECT_EQ(second.exitCode(), 0) << "does not go on";
    }
    expectSameRun(run_, expected_, kShort);
    return outcome;
  }

  std::map<std::string, int> calls_;

 private:
  void expectNewestCheckpointTold(const std::string& said) const {
    const ProgramResult result{128 + SIGKILL, said, ""};
    const auto told = result.events("checkpoint");
    if (told.empty()) return;  // older ones than the newest may be gone by train.keep_last
    const fs::path path = RunDirectory(run_).checkpoint(told.back()["step"].get<std::int64_t>());
    for (const auto& issue : verifyCheckpoint(path.string())) ADD_FAILURE() << issue.file << ": " << issue.message;
  }

  const fs::path expected_ = folder_ / "expected", run_ = folder_ / "run";
};

TEST_F(FailingCalls, MayEachBeTheLast) {
  int killed = 0;
  const auto chosen = choose(calls_, {"signal=SIGKILL"}, kSample);
  for (const Injection& injection : chosen) {
    killed += trainWith(injection).isKilled();
    if (HasFailure()) FAIL() << "after " << injection.text();
  }
  EXPECT_GT(2 * killed, static_cast<int>(chosen.size()));
}

TEST_F(FailingCalls, MayEachFailOnce) {
  std::set<int> ends;
  const auto chosen = choose(calls_, {"error=ENOSPC", "error=EIO", "error=EACCES"}, kSample);
  for (const Injection& injection : chosen) {
    const Outcome outcome = trainWith(injection);
    EXPECT_TRUE(WIFEXITED(outcome.status)) << "ended by signal " << WTERMSIG(outcome.status);
    if (WIFEXITED(outcome.status)) ends.insert(outcome.exitCode());
    if (HasFailure()) FAIL() << "after " << injection.text();
  }
  EXPECT_EQ(ends, (std::set<int>{0, 1})) << "a full disk is waited out, other failures end it with a message";
}

}  // namespace
}  // namespace slab::testing
