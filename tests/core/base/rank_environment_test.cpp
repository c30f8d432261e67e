#include "core/base/rank_environment.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/base/error.h"

namespace slab {
namespace {

using Variables = std::map<std::string, std::string>;

class RankVariables : public ::testing::Test {
 protected:
  RankVariables() { clear(); }
  ~RankVariables() override { clear(); }

  static RankEnvironment read(const Variables& variables) {
    clear();
    for (const auto& [name, value] : variables) ::setenv(name.c_str(), value.c_str(), 1);
    return RankEnvironment::read();
  }

  static std::string problemOf(const Variables& variables) {
    try {
      read(variables);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

  static void clear() {
    for (const char* name : {"RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT",
                             "TORCHELASTIC_USE_AGENT_STORE", "TORCHELASTIC_RESTART_COUNT", "SLAB_MASTER_FD"}) {
      ::unsetenv(name);
    }
  }

  const Variables torchrun_{{"RANK", "5"},
                            {"WORLD_SIZE", "8"},
                            {"LOCAL_RANK", "1"},
                            {"LOCAL_WORLD_SIZE", "4"},
                            {"MASTER_ADDR", "node-0"},
                            {"MASTER_PORT", "29500"},
                            {"TORCHELASTIC_USE_AGENT_STORE", "True"},
                            {"TORCHELASTIC_RESTART_COUNT", "2"}};
};

TEST_F(RankVariables, WithoutThemAProcessIsAlone) {
  EXPECT_FALSE(read({}).isDistributed());
  EXPECT_FALSE(read({{"WORLD_SIZE", "1"}}).isDistributed());
  EXPECT_TRUE(read({}).isFirst());
}

TEST_F(RankVariables, TorchrunsAreUnderstood) {
  const RankEnvironment environment = read(torchrun_);
  EXPECT_TRUE(environment.isDistributed());
  EXPECT_EQ(environment.rank, 5);
  EXPECT_EQ(environment.size, 8);
  EXPECT_EQ(environment.localRank, 1);
  EXPECT_EQ(environment.localSize, 4);
  EXPECT_FALSE(environment.isLocal()) << "four of eight are on this machine";
  EXPECT_EQ(environment.address, "node-0");
  EXPECT_EQ(environment.port, 29500);
  EXPECT_TRUE(environment.launcherAnswers);
  EXPECT_EQ(environment.attempt, 2);
  EXPECT_EQ(environment.masterSocket, -1);
}

TEST_F(RankVariables, OneThatIsMissingOrMakesNoSenseIsNamed) {
  for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{{"RANK", "8"},
                                                                                    {"RANK", "-1"},
                                                                                    {"WORLD_SIZE", "two"},
                                                                                    {"LOCAL_RANK", "4"},
                                                                                    {"LOCAL_WORLD_SIZE", "9"},
                                                                                    {"MASTER_ADDR", ""},
                                                                                    {"MASTER_PORT", "99999"},
                                                                                    {"RANK", ""}}) {
    Variables broken = torchrun_;
    broken[name] = value;
    EXPECT_NE(problemOf(broken).find(name), std::string::npos) << name << "=" << value << ": " << problemOf(broken);
  }
}

}  // namespace
}  // namespace slab
