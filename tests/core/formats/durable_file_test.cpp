#include "core/formats/durable_file.h"

#include <cerrno>

#include "core/formats/support.h"

namespace slab {
namespace {

using test::contains;
using test::errorOf;
using test::TemporaryDirectory;

TEST(DurableFile, ReplacesTheContentAndLeavesNothingElse) {
  TemporaryDirectory directory;
  const std::string path = directory.file("x.json");
  writeFileAtomically(path, test::toBytes("old"));
  writeFileAtomically(path, test::toBytes("new and longer"));
  EXPECT_EQ(test::readFile(path), "new and longer");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory.path()), {}), 1);
}

TEST(DurableFile, AProducerThatThrowsLeavesTheOldContent) {
  TemporaryDirectory directory;
  const std::string path = directory.file("x.json");
  writeFileAtomically(path, test::toBytes("old"));
  EXPECT_THROW(writeFileAtomically(path,
                                   [](ByteSink& sink) {
                                     sink.write(test::toBytes("half"));
                                     throw Error(ErrorKind::Internal, "no");
                                   }),
               Error);
  EXPECT_EQ(test::readFile(path), "old");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory.path()), {}), 1);
}

TEST(DurableFile, HashesAndCountsWhatItWrites) {
  TemporaryDirectory directory;
  DurableFile file(directory.file("abc"));
  file.write(test::toBytes("ab"));
  file.write(test::toBytes("c"));
  file.finish();
  EXPECT_EQ(file.size(), 3U);
  EXPECT_EQ(file.sha256(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(DurableFile, AnExistingFileIsNeverOpened) {
  TemporaryDirectory directory;
  test::writeFile(directory.file("x"), std::string_view("precious"));
  const std::string message = errorOf([&] { DurableFile file(directory.file("x")); });
  EXPECT_TRUE(contains(message, directory.file("x"))) << message;
  EXPECT_TRUE(contains(message, "exists")) << message;
  EXPECT_EQ(test::readFile(directory.file("x")), "precious");
}

TEST(DurableFile, AFullDiskIsToldFromOtherFailures) {
  EXPECT_TRUE(WriteError(ErrorKind::Data, "", ENOSPC).isDiskFull());
  EXPECT_TRUE(WriteError(ErrorKind::Data, "", EDQUOT).isDiskFull());
  EXPECT_FALSE(WriteError(ErrorKind::Data, "", EIO).isDiskFull());
}

}  // namespace
}  // namespace slab
