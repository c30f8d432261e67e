#include "e2e/program.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <sstream>
#include <thread>

namespace slab::testing {
namespace {

constexpr int kSignalExit = 128;

std::string contentOf(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

void redirect(int descriptor, const std::filesystem::path& file) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  ::dup2(fd, descriptor);
  ::close(fd);
}

}  // namespace

std::vector<Json> ProgramResult::lines() const {
  std::vector<Json> parsed;
  std::istringstream stream(out);
  for (std::string line; std::getline(stream, line);) {
    if (exitCode > kSignalExit && stream.eof()) break;
    parsed.push_back(Json::parse(line, nullptr, false));
    EXPECT_FALSE(parsed.back().is_discarded()) << "not JSON on standard output: " << line;
  }
  return parsed;
}

std::vector<Json> ProgramResult::events(const std::string& kind) const {
  std::vector<Json> found;
  for (auto& line : lines()) {
    if (line.is_object() && line.value("event", "") == kind) found.push_back(std::move(line));
  }
  return found;
}

std::string slabPath() {
  return std::string(SLAB_BINARY_DIR) + "/bin/slab";
}

Program::Program(const std::vector<std::string>& arguments, const std::filesystem::path& folder,
                 const std::map<std::string, std::string>& environment)
    : out_(folder / "stdout"), err_(folder / "stderr") {
  const std::string program = slabPath();
  std::vector<char*> argv{const_cast<char*>(program.c_str())};
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  // The machine's cache of timed choices is no part of a test.
  const std::string cache = (folder / "cache").string();
  for (const auto& file : {out_, err_}) std::filesystem::remove(file);
  pid_ = ::fork();
  if (pid_ != 0) return;
  ::setenv("XDG_CACHE_HOME", cache.c_str(), 1);
  for (const auto& [name, value] : environment) ::setenv(name.c_str(), value.c_str(), 1);
  redirect(STDOUT_FILENO, out_);
  redirect(STDERR_FILENO, err_);
  ::execv(argv[0], argv.data());
  ::_exit(127);
}

Program::~Program() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void Program::signal(int number) const {
  ::kill(pid_, number);
}

bool Program::waitFor(const std::filesystem::path& file, const std::string& text) const {
  for (int i = 0; i < 6000; ++i) {
    if (contentOf(file).find(text) != std::string::npos) return true;
    siginfo_t info{};
    if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return contentOf(file).find(text) != std::string::npos;
}

ProgramResult Program::wait() {
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  return {WIFEXITED(status) ? WEXITSTATUS(status) : kSignalExit + WTERMSIG(status), contentOf(out_), contentOf(err_)};
}

ProgramResult runSlab(const std::vector<std::string>& arguments, const std::filesystem::path& folder) {
  return Program(arguments, folder).wait();
}

std::vector<std::string> withSettings(std::vector<std::string> arguments, const std::vector<std::string>& settings) {
  for (const auto& setting : settings) {
    arguments.emplace_back("--set");
    arguments.push_back(setting);
  }
  return arguments;
}

}  // namespace slab::testing
