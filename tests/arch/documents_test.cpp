// What the documents in the root say of the tree is so.
#include <gtest/gtest.h>

#include <regex>

#include "tests/arch/source_tree.h"

namespace slab::arch {
namespace {

namespace fs = std::filesystem;

std::string documentOf(const std::string& name) {
  std::ostringstream text;
  text << std::ifstream(fs::path(SLAB_SOURCE_DIR) / name).rdbuf();
  return text.str();
}

// "a/b.{h,cpp}" names two files.
std::vector<std::string> expanded(const std::string& path) {
  const auto open = path.find('{'), close = path.find('}');
  if (open == std::string::npos || close == std::string::npos || close < open) return {path};
  std::vector<std::string> paths;
  std::istringstream choices(path.substr(open + 1, close - open - 1));
  for (std::string choice; std::getline(choices, choice, ',');) {
    paths.push_back(path.substr(0, open) + choice + path.substr(close + 1));
  }
  return paths;
}

// Words in backticks and targets of links that begin with a folder of the tree. A word with a
// placeholder (<name>, *) names no file.
std::set<std::string> pathsIn(const std::string& text) {
  static const std::regex quoted(R"(`([^`]+)`|\]\(([^)#]+)\))");
  static const std::regex path(
      R"(^(app|core|kernels|packaging|resources|tests|widgets)/[A-Za-z0-9_./{},-]*[A-Za-z0-9_}/]$)");
  std::set<std::string> found;
  for (std::sregex_iterator it(text.begin(), text.end(), quoted), end; it != end; ++it) {
    std::istringstream words((*it)[1].matched ? (*it)[1].str() : (*it)[2].str());
    for (std::string word; words >> word;) {
      while (!word.empty() && (word.back() == '.' || word.back() == ',' || word.back() == ':')) word.pop_back();
      if (!std::regex_match(word, path)) continue;
      for (auto& one : expanded(word)) found.insert(std::move(one));
    }
  }
  return found;
}

TEST(Documents, EveryPathTheyNameIsThere) {
  for (const char* name : {"ARCHITECTURE.md", "CONTRIBUTING.md", "README.md"}) {
    const auto paths = pathsIn(documentOf(name));
    if (std::string(name) == "ARCHITECTURE.md") {
      EXPECT_GT(paths.size(), 20U) << "the test reads nothing";
    }
    for (const auto& path : paths) EXPECT_TRUE(fs::exists(fs::path(SLAB_SOURCE_DIR) / path)) << name << ": " << path;
  }
}

TEST(Documents, AMissingPathIsFound) {
  const auto paths =
      pathsIn("see `core/base/absent.{h,cpp}`, `core/models/<name>.h` and [this](tests/absent), `run.db`");
  EXPECT_EQ(paths, (std::set<std::string>{"core/base/absent.cpp", "core/base/absent.h", "tests/absent"}));
}

}  // namespace
}  // namespace slab::arch
