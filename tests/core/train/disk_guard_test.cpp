#include "core/train/disk_guard.h"

#include <gtest/gtest.h>

namespace slab::train {
namespace {

class Guard : public ::testing::Test {
 protected:
  [[nodiscard]] bool warns(std::uint64_t free) {
    free_ = free;
    return guard_.warning(10'000'000).has_value();
  }
  std::optional<std::uint64_t> free_;
  DiskGuard guard_{"/runs/one", [this](const auto&) { return free_; }};
};

TEST_F(Guard, WarnsOnceWhenFewCheckpointsFitAndAgainAfterThereWasRoom) {
  EXPECT_FALSE(warns(30'000'000));
  EXPECT_TRUE(warns(29'999'999));
  EXPECT_FALSE(warns(5'000'000));
  EXPECT_FALSE(warns(31'000'000));
  EXPECT_TRUE(warns(0));
}

TEST_F(Guard, SaysHowMuchThereIsAndHowMuchIsNeeded) {
  free_ = 25'500'000;
  const std::string text = guard_.warning(10'000'000).value();
  for (const char* part : {"/runs/one", "25.5 MB", "10.0 MB", "room for 2 checkpoints", "free some space"}) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  }
}

TEST_F(Guard, IsSilentWhereTheSystemDoesNotTell) {
  free_.reset();
  EXPECT_FALSE(guard_.warning(10'000'000));
  EXPECT_FALSE(warns(100) && guard_.warning(0)) << "a size that is not known";
}

TEST(DiskGuard, AsksTheRealDisk) {
  EXPECT_GT(DiskGuard::freeBytesOf("/tmp").value_or(0), 0U);
  EXPECT_FALSE(DiskGuard::freeBytesOf("/no/such/folder"));
}

}  // namespace
}  // namespace slab::train
