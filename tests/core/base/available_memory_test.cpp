#include "core/base/available_memory.h"

#include <gtest/gtest.h>

#include <limits>

namespace slab {
namespace {

TEST(AvailableMemory, IsTheKernelsRowInBytes) {
  EXPECT_EQ(memAvailableIn("MemTotal:  100 kB\nMemAvailable:   24 kB\nBuffers: 3 kB\n"), 24U * 1024);
  EXPECT_EQ(memAvailableIn("MemTotal:  100 kB\n"), 0U);
  EXPECT_EQ(memAvailableIn(""), 0U);
}

TEST(AvailableMemory, AControlGroupLeavesWhatItsLimitLeaves) {
  constexpr auto kNoLimit = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(leftInControlGroup("max\n", "5\n"), kNoLimit);
  EXPECT_EQ(leftInControlGroup("", ""), kNoLimit);
  EXPECT_EQ(leftInControlGroup("1000\n", "300\n"), 700U);
  EXPECT_EQ(leftInControlGroup("1000\n", "3000\n"), 0U);
}

TEST(AvailableMemory, ThisMachineHasSome) {
  EXPECT_GT(availableMemory(), 0U);
}

}  // namespace
}  // namespace slab
