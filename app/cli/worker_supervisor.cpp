#include "app/cli/worker_supervisor.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>

#include "app/cli/command.h"
#include "core/base/error.h"
#include "core/base/log.h"
#include "core/config/fields.h"
#include "core/jobs/child_process.h"
#include "core/store/run_reader.h"
#include "core/store/run_state.h"
#include "core/store/run_writer.h"

namespace slab::cli {
namespace {

constexpr int kCannotStart = 127;

sigset_t watchedSet() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGCHLD}) sigaddset(&set, signal);
  return set;
}

// Keeps the watched signals for sigwaitinfo; what was in force before is the worker's.
class BlockedSignals {
 public:
  BlockedSignals() {
    const sigset_t set = watchedSet();
    ::pthread_sigmask(SIG_BLOCK, &set, &before_);
  }
  ~BlockedSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;
  [[nodiscard]] const sigset_t& before() const { return before_; }

 private:
  sigset_t before_{};
};

pid_t start(const std::vector<std::string>& command, const sigset_t& signals) {
  std::vector<char*> arguments;
  for (const auto& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  const pid_t supervisor = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) throw Error(ErrorKind::Internal, "the worker can't be started: " + errnoMessage(errno));
  // By both, so that it holds for whoever runs first.
  ::setpgid(child, child);
  if (child > 0) return child;
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != supervisor) ::_exit(kCannotStart);  // it died before the line above
  ::pthread_sigmask(SIG_SETMASK, &signals, nullptr);
  ::execv(arguments[0], arguments.data());
  ::_exit(kCannotStart);
}

struct Life {
  int status = 0;      // of waitpid
  bool asked = false;  // a signal asked it to end
};

// Passes signals on until the worker has ended.
Life attend(pid_t worker) {
  const sigset_t set = watchedSet();
  Life life;
  for (;;) {
    const pid_t ended = ::waitpid(worker, &life.status, WNOHANG);
    if (ended == worker || (ended < 0 && errno != EINTR)) return life;
    const int signal = ::sigwaitinfo(&set, nullptr);
    if (signal <= 0 || signal == SIGCHLD) continue;
    if (signal == SIGTSTP) {
      ::kill(-worker, SIGSTOP);
      ::raise(SIGSTOP);
    } else {
      life.asked = life.asked || signal != SIGCONT;
      ::kill(-worker, signal);
    }
  }
}

// Why the worker is lost; nothing when it ended by itself.
std::optional<std::string> lossOf(int status) {
  if (WIFSIGNALED(status)) {
    const int signal = WTERMSIG(status);
    const char* name = ::sigdescr_np(signal);
    return "the worker was ended by signal " + std::to_string(signal) + " (" + (name != nullptr ? name : "unknown") +
           ")";
  }
  if (WEXITSTATUS(status) == kWorkerLost) return "the worker has lost its device";
  return std::nullopt;
}

// Completed steps of the newest good checkpoint; 0 without one.
std::int64_t savedStep(const RunDirectory& run) {
  std::int64_t step = 0;
  std::error_code ignored;
  if (!std::filesystem::exists(run.database(), ignored)) return step;
  for (const auto& record : RunReader(run).checkpoints()) {
    if (record.good) step = record.step;
  }
  return step;
}

class Supervisor {
 public:
  Supervisor(const SupervisedWork& work, const SupervisedEvents& events)
      : work_(work), events_(events), run_(work.run) {}

  int run() {
    for (const auto* command = &work_.first;; command = &work_.again) {
      const Life life = attend(start(*command, signals_.before()));
      const auto loss = lossOf(life.status);
      if (!loss) return WEXITSTATUS(life.status);
      std::string why = life.asked ? *loss : whyNot(*loss);
      if (life.asked || !why.empty()) return giveUp(why);
      noteRestart(*loss);
    }
  }

 private:
  // Why there is no further start, as a sentence; "" when there is one.
  std::string whyNot(const std::string& loss) {
    if (!RunDirectory::isRun(run_.path())) return loss + " before there was a run to go on with";
    const std::int64_t step = savedStep(run_);
    const std::string times = std::to_string(done_) + (done_ == 1 ? " restart" : " restarts");
    if (done_ == work_.restarts) return loss + " after " + times + "; look into " + run_.log().string();
    if (done_ > 0 && step <= lastStep_) {
      return loss + " again before the next checkpoint (" + times + "); look into " + run_.log().string();
    }
    lastStep_ = step;
    return "";
  }

  void noteRestart(const std::string& loss) {
    ++done_;
    const std::string how = "it is started again from step " + std::to_string(lastStep_) + " (restart " +
                            std::to_string(done_) + " of at most " + std::to_string(work_.restarts) + ")";
    logWarning(loss + "; " + how);
    store([&](RunWriter& writer) {
      // Not "running": the run is not lost while its next worker starts.
      writer.setState(state_key::kState, toString(RunState::Created));
      writer.setState(state_key::kMessage, loss + "; " + how);
      writer.event("restart", lastStep_,
                   Json{{"restart", done_}, {"restarts", work_.restarts}, {"reason", loss}}.dump());
    });
    if (events_.onRestart) events_.onRestart(done_, lastStep_, loss);
  }

  int giveUp(const std::string& why) {
    logError(why);
    if (RunDirectory::isRun(run_.path())) {
      store([&](RunWriter& writer) {
        writer.setState(state_key::kState, toString(RunState::Failed));
        writer.setState(state_key::kMessage, why);
        writer.event("end", lastStep_, Json{{"event", "end"}, {"status", "failed"}, {"reason", why}}.dump());
      });
    }
    if (events_.onGiveUp) events_.onGiveUp(why);
    return kFailed;
  }

  // The worker is dead: its lock is free. What can't be written down stands in the log all the same.
  void store(const std::function<void(RunWriter&)>& write) const {
    try {
      RunWriter writer(RunLock(run_, ""));
      write(writer);
    } catch (const Error& error) {
      logWarning(error.what());
    }
  }

  const SupervisedWork& work_;
  const SupervisedEvents& events_;
  const RunDirectory run_;
  const BlockedSignals signals_;
  int done_ = 0;
  std::int64_t lastStep_ = 0;  // of the checkpoint that the newest restart went on from
};

}  // namespace

int supervise(const SupervisedWork& work, const SupervisedEvents& events) {
  return Supervisor(work, events).run();
}

}  // namespace slab::cli
