#include "core/base/format.h"

#include <gtest/gtest.h>

#include <cmath>

namespace slab {
namespace {

TEST(Format, CountsKeepThreeSignificantDigits) {
  EXPECT_EQ(formatCount(385), "385");
  EXPECT_EQ(formatCount(74000), "74.0 k");
  EXPECT_EQ(formatCount(29216605), "29.2 M");
  EXPECT_EQ(formatCount(4.483e9), "4.48 G");
  EXPECT_EQ(formatCount(999600), "1.00 M");
  EXPECT_EQ(formatCount(0), "0");
}

TEST(Format, ThousandsAreSpaced) {
  EXPECT_EQ(formatInteger(3752), "3 752");
  EXPECT_EQ(formatInteger(-1234567), "-1 234 567");
  EXPECT_EQ(formatInteger(999), "999");
}

TEST(Format, DurationsReadAsClocks) {
  EXPECT_EQ(formatDuration(7), "0:07");
  EXPECT_EQ(formatDuration(171), "2:51");
  EXPECT_EQ(formatDuration(3729), "1:02:09");
  EXPECT_EQ(formatDuration(3 * 86400 + 4 * 3600), "3 d 04:00");
  EXPECT_EQ(formatDuration(NAN), "unknown");
}

TEST(Format, NonFiniteNumbersHaveWords) {
  EXPECT_EQ(formatNumber(NAN), "nan");
  EXPECT_EQ(formatNumber(-INFINITY), "-inf");
  EXPECT_EQ(formatNumber(0.00125, 3), "0.00125");
}

TEST(Format, NearestNameFindsATypoAndRefusesAStranger) {
  const std::vector<std::string> names{"weight_decay", "warmup", "lr"};
  EXPECT_EQ(nearestName("weigth_decay", names), "weight_decay");
  EXPECT_EQ(nearestName("elephant", names), "");
}

}  // namespace
}  // namespace slab
