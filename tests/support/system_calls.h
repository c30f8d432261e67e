// A program one of whose system calls fails, or is its last: strace's injections.
#pragma once

#include <sys/wait.h>

#include <csignal>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace slab::testing {

using Command = std::vector<std::string>;

struct Outcome {
  int status = 0;    // of waitpid
  std::string said;  // standard output
  [[nodiscard]] bool isKilled() const { return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL; }
  [[nodiscard]] int exitCode() const { return WIFEXITED(status) ? WEXITSTATUS(status) : -1; }
};

/// Runs a command; `kill_after_us` >= 0: kills it then.
Outcome runCommand(const Command& command, int kill_after_us = -1);

/// Why strace can't be used here; "" when it can.
std::string whyNoStrace();

/// What happens to which of a thread's calls of one kind.
struct Injection {
  std::string call;
  std::string position;  // "3", "40..59": counted by thread, as strace does
  std::string what;      // "signal=SIGKILL", "error=ENOSPC", ...
  [[nodiscard]] std::string text() const { return call + ":" + what + ":when=" + position; }
};

/// How often each of `calls` ("write,fsync") is made, by the thread that makes it most often. `log`: a file that may
/// be written. Fails the test where the command does not end with 0.
std::map<std::string, int> countCalls(const Command& command, const std::string& calls,
                                      const std::filesystem::path& log);

/// Each of `whats` at each position of each call: all of them in a long test, else a fixed sample of `limit` drawn
/// from calls, positions and ways to fail alike.
std::vector<Injection> choose(const std::map<std::string, int>& calls, const std::vector<std::string>& whats,
                              std::size_t limit);

/// Runs the command with the injection; killed where it is.
Outcome runWith(const Injection& injection, const Command& command);

}  // namespace slab::testing
