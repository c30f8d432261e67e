#include "core/jobs/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <csignal>
#include <utility>

#include "core/base/error.h"

namespace slab {
namespace {

// By number: the wrappers came with glibc 2.36, the system calls with Linux 5.3 and 5.1.
int openPid(pid_t pid) {
  return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
}

// Attributes and file actions of posix_spawn that free themselves.
class SpawnPlan {
 public:
  explicit SpawnPlan(const std::filesystem::path& log) {
    ::posix_spawn_file_actions_init(&files_);
    ::posix_spawn_file_actions_addopen(&files_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&files_, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    ::posix_spawn_file_actions_adddup2(&files_, STDOUT_FILENO, STDERR_FILENO);
    ::posix_spawnattr_init(&attributes_);
    sigset_t none, defaults;
    sigemptyset(&none);
    sigemptyset(&defaults);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) sigaddset(&defaults, number);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &defaults);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnPlan() {
    ::posix_spawn_file_actions_destroy(&files_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  [[nodiscard]] const posix_spawn_file_actions_t* files() const { return &files_; }
  [[nodiscard]] const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t files_{};
  posix_spawnattr_t attributes_{};
};

}  // namespace

ChildProcess ChildProcess::start(const std::string& program, const std::vector<std::string>& arguments,
                                 const std::filesystem::path& log) {
  const SpawnPlan plan(log);
  std::vector<char*> argv{const_cast<char*>("slab")};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  pid_t pid = -1;
  const int problem = ::posix_spawn(&pid, program.c_str(), plan.files(), plan.attributes(), argv.data(), environ);
  if (problem != 0) {
    throw Error(ErrorKind::Data,
                "can't start '" + program + "' with its log '" + log.string() + "': " + errnoMessage(problem));
  }
  const int descriptor = openPid(pid);
  if (descriptor < 0) {
    throw Error(ErrorKind::Internal, "can't watch process " + std::to_string(pid) + ": " + errnoMessage(errno));
  }
  return {pid, descriptor, true};
}

std::optional<ChildProcess> ChildProcess::find(const LockInfo& holder) {
  const int descriptor = openPid(holder.pid);
  if (descriptor < 0) return std::nullopt;
  ChildProcess found(holder.pid, descriptor, false);
  // Asked after the descriptor is open: from here on the pid can't pass to another process unseen.
  if (!isAlive(holder)) return std::nullopt;
  return found;
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(other.pid_), descriptor_(std::exchange(other.descriptor_, -1)), isOwn_(other.isOwn_) {}

ChildProcess::~ChildProcess() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::optional<ProcessEnd> ChildProcess::waitFor(double seconds) const {
  pollfd ready{descriptor_, POLLIN, 0};
  if (::poll(&ready, 1, static_cast<int>(std::lround(seconds * 1000))) <= 0) return std::nullopt;
  ProcessEnd end;
  int status = 0;
  if (!isOwn_ || ::waitpid(pid_, &status, 0) != pid_) return end;
  if (WIFEXITED(status)) end.exitCode = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
  return end;
}

void ChildProcess::askToStop() const {
  ::syscall(SYS_pidfd_send_signal, descriptor_, SIGTERM, nullptr, 0);
}

}  // namespace slab
