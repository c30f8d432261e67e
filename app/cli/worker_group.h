// Processes of this program that train together: started, told of signals, and ended together.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <string>
#include <vector>

namespace slab::cli {

/// Of one group; more are a mistake.
inline constexpr int kMostProcesses = 1024;

/// How the first process that did not end well ended.
struct WorkerFailure {
  int rank = 0;
  pid_t pid = -1;
  int status = 0;  // of waitpid

  /// "process 1 of 2 (pid 4711) was ended by signal 9 (Killed)"
  [[nodiscard]] std::string describe(int size) const;
};

/// `size` processes `slab arguments...` on this machine, with the variables of core/base/rank_environment.h. They meet
/// at a port of the loopback device that is bound here, so that no other program can take it in between. Each leads a
/// process group of its own: a terminal's Ctrl-C reaches this process alone, which passes it on. They get SIGTERM
/// should this process be killed. Blocks SIGINT, SIGTERM and SIGCHLD in the calling thread, which must be the only one.
class WorkerGroup {
 public:
  /// Throws Error(Internal) where the system refuses a socket or a process; those already started are ended then.
  WorkerGroup(const std::vector<std::string>& arguments, int size);
  ~WorkerGroup();
  WorkerGroup(const WorkerGroup&) = delete;
  WorkerGroup& operator=(const WorkerGroup&) = delete;

  /// Waits until all have ended; each SIGINT and SIGTERM is passed on to all. After the first failure the others get
  /// SIGTERM, and SIGKILL half a minute later. Returns that failure, one with rank -1 where all ended with 0.
  WorkerFailure wait();

 private:
  void start(const std::vector<std::string>& arguments, int rank, int socket, int port);
  void reap();
  void signalAll(int number) const;
  [[nodiscard]] bool isAnyAlive() const;

  sigset_t before_{};
  std::vector<pid_t> pids_;  // by rank; -1: ended
  WorkerFailure failure_{-1, -1, 0};
};

/// Runs a group to its end, with a sentence on standard error where it fails. Returns the exit code of the command.
int trainTogether(const std::vector<std::string>& arguments, int processes);

}  // namespace slab::cli
