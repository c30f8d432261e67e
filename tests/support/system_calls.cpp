#include "support/system_calls.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <regex>

#include "core/base/rng.h"
#include "support/long_tier.h"

namespace slab::testing {
namespace {

constexpr std::uint64_t kSampleSeed = 20261128;

Command traced(const std::vector<std::string>& options, const Command& command) {
  Command all{"strace", "-f", "-qq"};
  all.insert(all.end(), options.begin(), options.end());
  all.insert(all.end(), command.begin(), command.end());
  return all;
}

}  // namespace

Outcome runCommand(const Command& command, int kill_after_us) {
  int out[2];
  if (::pipe(out) != 0) throw std::runtime_error("pipe");
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(out[1], STDOUT_FILENO);
    ::close(out[0]);
    ::close(out[1]);
    std::vector<char*> arguments;
    for (const std::string& part : command) arguments.push_back(const_cast<char*>(part.c_str()));
    arguments.push_back(nullptr);
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }
  ::close(out[1]);
  if (kill_after_us >= 0) {
    ::usleep(static_cast<useconds_t>(kill_after_us));
    ::kill(child, SIGKILL);
  }
  Outcome outcome;
  char buffer[4096];
  for (ssize_t n = 0; (n = ::read(out[0], buffer, sizeof buffer)) > 0;) {
    outcome.said.append(buffer, static_cast<std::size_t>(n));
  }
  ::close(out[0]);
  ::waitpid(child, &outcome.status, 0);
  return outcome;
}

std::string whyNoStrace() {
  const Outcome outcome = runCommand({"sh", "-c", "strace -f -e trace=write -o /dev/null true 2>&1"});
  if (outcome.exitCode() == 0) return "";
  return outcome.said.empty() ? "strace is not installed" : outcome.said;
}

std::map<std::string, int> countCalls(const Command& command, const std::string& calls,
                                      const std::filesystem::path& log) {
  const Outcome outcome = runCommand(traced({"-e", "trace=" + calls, "-o", log}, command));
  EXPECT_EQ(outcome.exitCode(), 0) << outcome.said;
  std::map<std::pair<std::string, std::string>, int> byThread;
  std::ifstream lines(log);
  const std::regex call(R"(^(\d+)\s+(\w+)\()");
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_search(line, match, call)) ++byThread[{match[1], match[2]}];
  }
  std::map<std::string, int> most;
  for (const auto& [key, count] : byThread) most[key.second] = std::max(most[key.second], count);
  return most;
}

std::vector<Injection> choose(const std::map<std::string, int>& calls, const std::vector<std::string>& whats,
                              std::size_t limit) {
  std::vector<Injection> all;
  for (const auto& [call, count] : calls) {
    for (int position = 1; position <= count; ++position) {
      for (const std::string& what : whats) all.push_back({call, std::to_string(position), what});
    }
  }
  if (isLongTier() || all.size() <= limit) return all;
  Random random(kSampleSeed);
  for (std::size_t i = 0; i < limit; ++i) std::swap(all[i], all[i + random.below(all.size() - i)]);
  all.resize(limit);
  return all;
}

Outcome runWith(const Injection& injection, const Command& command) {
  return runCommand(
      traced({"-e", "trace=" + injection.call, "-e", "inject=" + injection.text(), "-o", "/dev/null"}, command));
}

}  // namespace slab::testing
