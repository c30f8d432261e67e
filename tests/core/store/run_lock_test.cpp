#include "core/store/run_lock.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "core/base/error.h"
#include "temporary_folder.h"

namespace slab {
namespace {

class RunLocks : public ::testing::Test {
 protected:
  // A child that takes the lock, says so on a pipe and waits to be killed.
  pid_t startHolder() {
    int ready[2];
    EXPECT_EQ(::pipe(ready), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      const RunLock lock(run_, "/run/user/1/slab/x.sock");
      EXPECT_EQ(::write(ready[1], "x", 1), 1);
      for (;;) ::pause();
    }
    char byte = 0;
    EXPECT_EQ(::read(ready[0], &byte, 1), 1);
    ::close(ready[0]);
    ::close(ready[1]);
    return child;
  }
  static void kill(pid_t child) {
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }

  test::TemporaryFolder folder_;
  RunDirectory run_ = RunDirectory::create(folder_.path() / "run");
};

TEST_F(RunLocks, NameTheHolderToTheSecondWriter) {
  const pid_t child = startHolder();
  try {
    const RunLock second(run_, "");
    ADD_FAILURE() << "two writers";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Config);
    EXPECT_NE(std::string(error.what()).find(std::to_string(child)), std::string::npos) << error.what();
  }
  const auto holder = readLock(run_);
  ASSERT_TRUE(holder);
  EXPECT_EQ(holder->pid, child);
  EXPECT_EQ(holder->socket, "/run/user/1/slab/x.sock");
  EXPECT_TRUE(isAlive(*holder));
  kill(child);
}

TEST_F(RunLocks, AreFreeAtOnceAfterKill9) {
  const pid_t child = startHolder();
  kill(child);
  const auto dead = readLock(run_);
  ASSERT_TRUE(dead);
  EXPECT_FALSE(isAlive(*dead));
  const RunLock next(run_, "");
  EXPECT_EQ(readLock(run_)->pid, ::getpid());
}

TEST_F(RunLocks, AZombieIsNotAlive) {
  const pid_t child = startHolder();
  const auto holder = readLock(run_);
  ::kill(child, SIGKILL);
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
  EXPECT_FALSE(isAlive(*holder));
  ::waitpid(child, nullptr, 0);
}

TEST_F(RunLocks, APidThatIsUsedAgainIsNotTheHolder) {
  const RunLock lock(run_, "");
  LockInfo holder = *readLock(run_);
  EXPECT_TRUE(isAlive(holder));
  LockInfo other_process = holder;
  ++other_process.startTime;
  EXPECT_FALSE(isAlive(other_process));
  LockInfo other_boot = holder;
  other_boot.bootId = "00000000-0000-0000-0000-000000000000";
  EXPECT_FALSE(isAlive(other_boot));
}

TEST_F(RunLocks, SayNothingOnceReleased) {
  { const RunLock lock(run_, ""); }
  EXPECT_FALSE(readLock(run_));
  EXPECT_TRUE(std::filesystem::exists(run_.lock()));
}

TEST_F(RunLocks, DamagedTextIsNoHolder) {
  for (const char* text : {"", "{", "[]", R"({"pid":"x"})", R"({"pid":-4})", "\xFF\xFE"}) {
    std::ofstream(run_.lock(), std::ios::trunc) << text;
    EXPECT_FALSE(readLock(run_)) << text;
  }
}

TEST_F(RunLocks, LetOneOfFiftyStartersThrough) {
  int go[2];
  ASSERT_EQ(::pipe(go), 0);
  std::vector<pid_t> children;
  for (int i = 0; i < 50; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(go[1]);
      char byte = 0;
      if (::read(go[0], &byte, 1) != 0) ::_exit(9);  // end of file: everybody starts
      try {
        const RunLock lock(run_, "");
        ::usleep(2'000'000);
        ::_exit(0);
      } catch (const Error& error) {
        ::_exit(error.kind() == ErrorKind::Config ? 1 : 2);
      }
    }
    children.push_back(child);
  }
  ::close(go[0]);
  ::close(go[1]);
  int writers = 0;
  int refused = 0;
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    writers += WIFEXITED(status) && WEXITSTATUS(status) == 0;
    refused += WIFEXITED(status) && WEXITSTATUS(status) == 1;
  }
  EXPECT_EQ(writers, 1);
  EXPECT_EQ(refused, 49);
}

}  // namespace
}  // namespace slab
