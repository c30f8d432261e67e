// The project's sources as text, for the tests of its architecture.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace slab::arch {

struct SourceFile {
  std::string path;  // relative to the root, "core/base/error.h"
  std::string text;
};

inline std::vector<SourceFile> sourceFiles(const std::vector<std::string>& folders) {
  static const std::set<std::string> kExtensions{".h", ".cpp", ".cu", ".cuh"};
  const std::filesystem::path root = SLAB_SOURCE_DIR;
  std::vector<SourceFile> files;
  for (const auto& folder : folders) {
    if (!std::filesystem::exists(root / folder)) continue;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder)) {
      if (!entry.is_regular_file() || !kExtensions.contains(entry.path().extension())) continue;
      std::ostringstream text;
      text << std::ifstream(entry.path()).rdbuf();
      files.push_back({std::filesystem::relative(entry.path(), root).string(), text.str()});
    }
  }
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return files;
}

/// The names in #include lines, without their quotes or brackets.
inline std::vector<std::string> includesOf(const std::string& text) {
  std::vector<std::string> names;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const auto hash = line.find_first_not_of(" \t");
    if (hash == std::string::npos || line.compare(hash, 8, "#include") != 0) continue;
    const auto open = line.find_first_of("<\"", hash);
    const auto close = open == std::string::npos ? open : line.find_first_of(">\"", open + 1);
    if (close != std::string::npos) names.push_back(line.substr(open + 1, close - open - 1));
  }
  return names;
}

}  // namespace slab::arch
