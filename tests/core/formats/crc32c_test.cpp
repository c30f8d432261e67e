#include "core/formats/crc32c.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "core/formats/support.h"

namespace slab {
namespace {

// RFC 3720, appendix B.4.
TEST(Crc32c, GivesTheValuesOfItsStandard) {
  std::vector<std::byte> bytes(32, std::byte{0});
  EXPECT_EQ(crc32c(bytes), 0x8A9136AAU);
  bytes.assign(32, std::byte{0xFF});
  EXPECT_EQ(crc32c(bytes), 0x62A8AB43U);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i);
  EXPECT_EQ(crc32c(bytes), 0x46DD794EU);
  EXPECT_EQ(crc32c({}), 0U);
}

TEST(Crc32c, OfPiecesIsThatOfTheWhole) {
  const auto bytes = test::toBytes("any way of cutting these bytes gives the same value");
  const std::span<const std::byte> whole(bytes);
  for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
    EXPECT_EQ(crc32c(whole.subspan(cut), crc32c(whole.first(cut))), crc32c(whole)) << cut;
  }
}

}  // namespace
}  // namespace slab
