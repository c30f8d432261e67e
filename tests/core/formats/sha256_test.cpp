#include "core/formats/sha256.h"

#include "core/formats/support.h"

namespace slab {
namespace {

// FIPS 180-2, appendix B.
constexpr const char* kAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST(Sha256, AgreesWithThePublishedVectors) {
  EXPECT_EQ(sha256Hex({}), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256Hex(test::toBytes("abc")), kAbc);
  EXPECT_EQ(sha256Hex(test::toBytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(Sha256, PiecesGiveTheHashOfTheWholeAndTheHashMayBeAskedInBetween) {
  Sha256 hash;
  hash.update(test::toBytes("a"));
  EXPECT_NE(hash.hex(), kAbc);
  hash.update(test::toBytes("bc"));
  EXPECT_EQ(hash.hex(), kAbc);
  EXPECT_EQ(hash.hex(), kAbc);
}

TEST(Sha256, OfAFile) {
  test::TemporaryDirectory directory;
  test::writeFile(directory.file("abc"), std::string_view("abc"));
  EXPECT_EQ(sha256OfFile(directory.file("abc")), kAbc);
  EXPECT_THROW(sha256OfFile(directory.file("absent")), Error);
  EXPECT_THROW(sha256OfFile(directory.path()), Error);
}

}  // namespace
}  // namespace slab
