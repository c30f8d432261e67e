#include "core/config/duration.h"

#include <gtest/gtest.h>

namespace slab {
namespace {

TEST(Duration, ReadsStepsEpochsAndShares) {
  EXPECT_EQ(Duration::parse("60000"), Duration::steps(60000));
  EXPECT_EQ(Duration::parse("48ep"), Duration::epochs(48));
  EXPECT_EQ(Duration::parse(" 80 % "), Duration::percent(80));
  EXPECT_EQ(Duration::parse("0.5ep"), Duration::epochs(0.5));
}

TEST(Duration, RefusesWhatIsNone) {
  for (const char* text : {"", "ep", "%", "-1", "1.5", "nan", "inf%", "80 percent", "1e400", "0x10"}) {
    EXPECT_FALSE(Duration::parse(text)) << text;
  }
}

TEST(Duration, TextRoundTrips) {
  for (const char* text : {"0", "60000", "375300", "48ep", "0.25ep", "80%", "33.3%"}) {
    const auto duration = Duration::parse(text);
    ASSERT_TRUE(duration) << text;
    EXPECT_EQ(duration->toString(), text);
    EXPECT_EQ(Duration::parse(duration->toString()), duration);
  }
}

TEST(Duration, RoundsHalfUpToWholeSteps) {
  EXPECT_EQ(Duration::epochs(48).toSteps(1251, 375300), 60048);
  EXPECT_EQ(Duration::percent(80).toSteps(468, 936), 749);  // 748.8
  EXPECT_EQ(Duration::percent(50).toSteps(1, 5), 3);        // 2.5
  EXPECT_EQ(Duration::percent(48).toSteps(1, 1250), 600);
  EXPECT_EQ(Duration::steps(7).toSteps(1, 5), 7);
}

}  // namespace
}  // namespace slab
