// Rules of the tree that no compiler checks.
#include <gtest/gtest.h>

#include <regex>

#include "tests/arch/source_tree.h"

namespace slab::arch {
namespace {

const std::vector<SourceFile>& files() {
  static const auto kFiles = sourceFiles({"kernels", "core", "widgets", "app"});
  return kFiles;
}

TEST(TreeRules, EveryHeaderIsGuardedAndSaysWhatItIsFor) {
  for (const auto& file : files()) {
    if (!file.path.ends_with(".h")) continue;
    EXPECT_NE(file.text.find("#pragma once"), std::string::npos) << file.path;
    EXPECT_NE(file.text.find("//"), std::string::npos) << file.path << " says nothing about itself";
  }
}

TEST(TreeRules, NothingBelowAppPrintsOrExits) {
  const std::regex printing(
      R"((std::cout|std::cerr|[^a-z_:]printf\(|std::printf|fprintf\(\s*std|\bexit\(|std::abort\())");
  for (const auto& file : files()) {
    if (file.path.rfind("app/", 0) == 0) continue;
    EXPECT_FALSE(std::regex_search(file.text, printing)) << file.path;
  }
}

TEST(TreeRules, NoHeaderOpensANamespaceForEverybody) {
  const std::regex usingNamespace(R"((^|\n)\s*using namespace )");
  for (const auto& file : files()) {
    if (file.path.ends_with(".h")) {
      EXPECT_FALSE(std::regex_search(file.text, usingNamespace)) << file.path;
    }
  }
}

TEST(TreeRules, FilesOfUsersAreNeverOpenedByCodeThatExecutesThem) {
  const std::regex executing(R"(torch::load\(|jit::load\(|pickle_load\()");
  for (const auto& file : files()) EXPECT_FALSE(std::regex_search(file.text, executing)) << file.path;
}

TEST(TreeRules, FileNamesAreSnakeCase) {
  const std::regex snake(R"([a-z0-9_]+\.(h|cpp|cu|cuh))");
  for (const auto& file : files()) {
    EXPECT_TRUE(std::regex_match(file.path.substr(file.path.rfind('/') + 1), snake)) << file.path;
  }
}

}  // namespace
}  // namespace slab::arch
