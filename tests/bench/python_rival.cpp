#include "tests/bench/python_rival.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace slab::bench {

PythonRival::PythonRival(const std::string& python, const std::string& script, const std::string& folder) {
  std::signal(SIGPIPE, SIG_IGN);
  int there[2], back[2];
  if (::pipe(there) != 0 || ::pipe(back) != 0) return;
  child_ = ::fork();
  if (child_ == 0) {
    ::dup2(there[0], STDIN_FILENO);
    ::dup2(back[1], STDOUT_FILENO);
    for (const int fd : {there[0], there[1], back[0], back[1]}) ::close(fd);
    ::execl(python.c_str(), python.c_str(), script.c_str(), folder.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(there[0]);
  ::close(back[1]);
  to_ = ::fdopen(there[1], "w");
  from_ = ::fdopen(back[0], "r");
}

PythonRival::~PythonRival() {
  if (to_ != nullptr) std::fclose(to_);
  if (from_ != nullptr) std::fclose(from_);
  if (child_ > 0) ::waitpid(child_, nullptr, 0);
}

std::string PythonRival::ask(const std::string& line) {
  if (to_ == nullptr || from_ == nullptr) return {};
  std::fprintf(to_, "%s\n", line.c_str());
  std::fflush(to_);
  char answer[256];
  if (std::fgets(answer, sizeof answer, from_) == nullptr) return {};
  std::string text(answer);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace slab::bench
