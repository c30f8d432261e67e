#include "app/cli/worker_group.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <thread>

#include "app/cli/command.h"
#include "app/cli/output.h"
#include "core/base/clock.h"
#include "core/base/error.h"

namespace slab::cli {
namespace {

constexpr double kGraceSeconds = 30.0;
constexpr int kExecFailed = 127;

sigset_t watchedSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGINT, SIGTERM, SIGCHLD}) sigaddset(&set, number);
  return set;
}

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorKind::Internal, "the system refuses " + what + ": " + errnoMessage(errno));
}

/// A socket that listens at a free port of the loopback device.
class MeetingSocket {
 public:
  MeetingSocket() : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    if (descriptor_ < 0 || ::bind(descriptor_, raw, length) != 0 || ::listen(descriptor_, SOMAXCONN) != 0 ||
        ::getsockname(descriptor_, raw, &length) != 0) {
      refuse("a port of 127.0.0.1");
    }
    port_ = ntohs(address.sin_port);
  }
  ~MeetingSocket() { ::close(descriptor_); }
  MeetingSocket(const MeetingSocket&) = delete;
  MeetingSocket& operator=(const MeetingSocket&) = delete;
  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] int port() const { return port_; }

 private:
  int descriptor_;
  int port_ = 0;
};

void setNumber(const char* name, int value, bool overwrite = true) {
  ::setenv(name, std::to_string(value).c_str(), overwrite ? 1 : 0);
}

void setRank(int rank, int size, int port) {
  for (const char* name : {"RANK", "LOCAL_RANK"}) setNumber(name, rank);
  for (const char* name : {"WORLD_SIZE", "LOCAL_WORLD_SIZE"}) setNumber(name, size);
  ::setenv("MASTER_ADDR", "127.0.0.1", 1);
  setNumber("MASTER_PORT", port);
  // Left over from a torchrun around this program, they would mean another meeting point.
  for (const char* name : {"TORCHELASTIC_USE_AGENT_STORE", "TORCHELASTIC_RESTART_COUNT"}) ::unsetenv(name);
  const int processors = static_cast<int>(std::thread::hardware_concurrency());
  setNumber("OMP_NUM_THREADS", std::max(1, processors / size), /*overwrite=*/false);
}

std::string sentence(const WorkerFailure& failure, int processes) {
  std::string text = failure.describe(processes) + "; the others were ended too";
  if (WIFEXITED(failure.status)) return text;  // that process has said why
  return text + "; slab train --run DIR --resume goes on from the last checkpoint, with as many processes";
}

}  // namespace

std::string WorkerFailure::describe(int size) const {
  const std::string who =
      "process " + std::to_string(rank) + " of " + std::to_string(size) + " (pid " + std::to_string(pid) + ")";
  if (WIFEXITED(status)) return who + " ended with exit code " + std::to_string(WEXITSTATUS(status));
  return who + " was ended by signal " + std::to_string(WTERMSIG(status)) + " (" + ::strsignal(WTERMSIG(status)) + ")";
}

WorkerGroup::WorkerGroup(const std::vector<std::string>& arguments, int size)
    : pids_(static_cast<std::size_t>(size), -1) {
  const sigset_t watched = watchedSignals();
  ::pthread_sigmask(SIG_BLOCK, &watched, &before_);
  const MeetingSocket meeting;
  try {
    for (int rank = 0; rank < size; ++rank) start(arguments, rank, meeting.descriptor(), meeting.port());
  } catch (...) {
    signalAll(SIGKILL);
    throw;
  }
}

WorkerGroup::~WorkerGroup() {
  signalAll(SIGKILL);
}

void WorkerGroup::start(const std::vector<std::string>& arguments, int rank, int socket, int port) {
  std::vector<char*> argv{const_cast<char*>("slab")};
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) refuse("another process");
  if (pid > 0) {
    pids_[static_cast<std::size_t>(rank)] = pid;
    return;
  }
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(kExecFailed);  // it died before that took effect
  ::setpgid(0, 0);
  setRank(rank, static_cast<int>(pids_.size()), port);
  if (rank == 0) {
    const int inherited = ::dup(socket);  // without the close-on-exec of the original
    setNumber("SLAB_MASTER_FD", inherited);
  } else {
    ::unsetenv("SLAB_MASTER_FD");
  }
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  ::execv("/proc/self/exe", argv.data());
  ::_exit(kExecFailed);
}

WorkerFailure WorkerGroup::wait() {
  const sigset_t watched = watchedSignals();
  Stopwatch sinceFailure;
  bool killed = false;
  while (isAnyAlive()) {
    // The limit is for a child that ended before the signal could be waited for, and for the time of grace.
    const timespec limit{1, 0};
    const int number = ::sigtimedwait(&watched, nullptr, &limit);
    if (number == SIGINT || number == SIGTERM) signalAll(number);
    const bool wasWell = failure_.rank < 0;
    reap();
    if (failure_.rank < 0) continue;
    if (wasWell) {
      sinceFailure.restart();
      signalAll(SIGTERM);
    } else if (!killed && sinceFailure.seconds() > kGraceSeconds) {
      killed = true;
      signalAll(SIGKILL);
    }
  }
  return failure_;
}

void WorkerGroup::reap() {
  for (;;) {
    int status = 0;
    const pid_t pid = ::waitpid(-1, &status, WNOHANG);
    if (pid <= 0) return;
    const auto found = std::find(pids_.begin(), pids_.end(), pid);
    if (found == pids_.end()) continue;
    *found = -1;
    const bool well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (!well && failure_.rank < 0) failure_ = {static_cast<int>(found - pids_.begin()), pid, status};
  }
}

void WorkerGroup::signalAll(int number) const {
  for (const pid_t pid : pids_) {
    if (pid > 0) ::kill(pid, number);
  }
}

bool WorkerGroup::isAnyAlive() const {
  return std::any_of(pids_.begin(), pids_.end(), [](pid_t pid) { return pid > 0; });
}

int trainTogether(const std::vector<std::string>& arguments, int processes) {
  WorkerGroup workers(arguments, processes);
  const WorkerFailure failure = workers.wait();
  if (failure.rank < 0) return kDone;
  if (WIFEXITED(failure.status) && WEXITSTATUS(failure.status) == kWrongUsage) return kWrongUsage;
  printError("launch", sentence(failure, processes));
  return kFailed;
}

}  // namespace slab::cli
