// timm_cosine against timm's own scheduler (tests/oracles/make_training.py).
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "core/config/schedule.h"

namespace slab {
namespace {

TEST(TimmSchedule, EveryRateIsTimms) {
  std::ifstream table(std::string(SLAB_TEST_DATA) + "/oracles/training/schedule.tsv");
  std::string line;
  ASSERT_TRUE(std::getline(table, line)) << "the table is missing";
  int rows = 0;
  while (std::getline(table, line)) {
    std::istringstream fields(line);
    LrSchedule schedule{.kind = LrScheduleKind::TimmCosine};
    std::int64_t k = 0;
    double rate = 0;
    ASSERT_TRUE(fields >> schedule.base >> schedule.warmupStart >> schedule.minimum >> schedule.warmup >>
                schedule.steps >> k >> rate)
        << line;
    EXPECT_NEAR(schedule.at(k), rate, 1e-12 * schedule.base) << line;
    ++rows;
  }
  EXPECT_EQ(rows, 105 + 45 + 35);
}

}  // namespace
}  // namespace slab
