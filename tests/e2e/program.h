// Runs the program `slab` as a user or a script does.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace slab::testing {

using Json = nlohmann::ordered_json;

struct ProgramResult {
  int exitCode = -1;  // 128 + signal where one ended it
  std::string out, err;

  /// Standard output line by line as JSON; fails the test for a line that is none. What a killed
  /// program left of a last line is passed over.
  [[nodiscard]] std::vector<Json> lines() const;
  /// The lines of that event.
  [[nodiscard]] std::vector<Json> events(const std::string& kind) const;
};

/// The program's path.
std::string slabPath();

/// A running `slab`, its outputs in files of `folder`. Killed at the end if it still runs.
class Program {
 public:
  /// `environment`: more variables for it.
  Program(const std::vector<std::string>& arguments, const std::filesystem::path& folder,
          const std::map<std::string, std::string>& environment = {});
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  void signal(int number) const;
  /// Waits until standard output holds `text`; false when the program ended or a minute passed without.
  [[nodiscard]] bool waitForOutput(const std::string& text) const { return waitFor(out_, text); }
  /// The same of standard error.
  [[nodiscard]] bool waitForMessage(const std::string& text) const { return waitFor(err_, text); }
  ProgramResult wait();

 private:
  [[nodiscard]] bool waitFor(const std::filesystem::path& file, const std::string& text) const;

  std::filesystem::path out_, err_;
  pid_t pid_ = -1;
};

ProgramResult runSlab(const std::vector<std::string>& arguments, const std::filesystem::path& folder);

/// "--set", "key=value" for each.
std::vector<std::string> withSettings(std::vector<std::string> arguments, const std::vector<std::string>& settings);

}  // namespace slab::testing
