#include "core/base/time_of_day.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace slab {
namespace {

constexpr double kHour = 3600;

class TimeOfDay : public ::testing::Test {
 protected:
  void SetUp() override { setZone("UTC0"); }
  void TearDown() override {
    ::unsetenv("TZ");
    ::tzset();
  }
  static void setZone(const char* zone) {
    ::setenv("TZ", zone, 1);
    ::tzset();
  }
  static constexpr double kMidnight = 1'764'374'400;  // 2025-11-29T00:00:00Z
};

TEST_F(TimeOfDay, IsTodayWhileItLiesAheadAndTomorrowFromThenOn) {
  EXPECT_EQ(nextTimeOfDay("07:00", kMidnight), kMidnight + 7 * kHour);
  EXPECT_EQ(nextTimeOfDay("7:00", kMidnight + 6.99 * kHour), kMidnight + 7 * kHour);
  EXPECT_EQ(nextTimeOfDay("07:00", kMidnight + 7 * kHour), kMidnight + 31 * kHour);
  EXPECT_EQ(nextTimeOfDay("00:00", kMidnight + 1), kMidnight + 24 * kHour);
  EXPECT_EQ(nextTimeOfDay("23:59", kMidnight), kMidnight + 24 * kHour - 60);
}

TEST_F(TimeOfDay, FollowsSummerTime) {
  // Clocks go forward at 2025-03-30T01:00Z: seven o'clock comes an hour sooner.
  setZone("CET-1CEST,M3.5.0,M10.5.0/3");
  const double evening = 1'743'282'000;  // 2025-03-29T22:00 local
  EXPECT_EQ(nextTimeOfDay("07:00", evening), evening + 8 * kHour);
  EXPECT_EQ(toTimeOfDay(evening + 8 * kHour), "07:00");
}

TEST_F(TimeOfDay, RefusesWhatIsNone) {
  for (const char* text :
       {"", ":", "7", "24:00", "07:60", "07:5", "7:000", "-1:00", "a:bc", "07:00 ", " 7:00", "007:00"}) {
    EXPECT_FALSE(nextTimeOfDay(text, kMidnight)) << text;
  }
}

}  // namespace
}  // namespace slab
