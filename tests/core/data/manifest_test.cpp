#include "core/data/manifest.h"

#include <filesystem>

#include "core/formats/support.h"

namespace slab::data {
namespace {

namespace fs = std::filesystem;
using test::TemporaryDirectory;

ManifestEntry good(std::uint64_t bytes) {
  ManifestEntry entry;
  entry.stamp = {bytes, 1'700'000'000'123'456'789};
  entry.sha256 = std::string(64, 'a');
  entry.format = ImageFormat::Png;
  entry.width = 640;
  entry.height = 480;
  return entry;
}

ManifestEntry bad(std::uint64_t bytes, ImageFault fault = ImageFault::Cut) {
  ManifestEntry entry = good(bytes);
  entry.fault = fault;
  entry.cause = "the file is cut\tat\nbyte \\7";
  entry.offset = 7;
  return entry;
}

TEST(Manifest, ALineCarriesEveryFieldAndAnyName) {
  for (const std::string name : {"train/a/1.jpg", "a b/\xC3\xA4\t\n\\n.jpg"}) {
    Manifest manifest;
    ASSERT_TRUE(readManifestLine(manifestLine(name, bad(99)), manifest));
    ASSERT_EQ(manifest.size(), 1U);
    const auto& [read, entry] = *manifest.begin();
    EXPECT_EQ(read, name);
    EXPECT_EQ(entry.stamp, bad(99).stamp);
    EXPECT_EQ(entry.sha256, bad(99).sha256);
    EXPECT_EQ(entry.fault, ImageFault::Cut);
    EXPECT_EQ(entry.cause, bad(99).cause);
    EXPECT_EQ(entry.offset, 7);
    EXPECT_EQ(entry.format, ImageFormat::Png);
    EXPECT_EQ(entry.width, 640);
    EXPECT_EQ(entry.height, 480);
  }
}

TEST(Manifest, LinesThatAreNoneArePassedOver) {
  const std::string line = manifestLine("train/a/1.jpg", good(5));
  Manifest manifest;
  for (std::size_t length = 0; length < line.size(); ++length) {
    // Only the cause, empty here, may be missing its end.
    EXPECT_FALSE(readManifestLine(line.substr(0, length), manifest)) << length;
  }
  EXPECT_FALSE(readManifestLine("# slab manifest 1", manifest));
  EXPECT_FALSE(readManifestLine("bent" + line.substr(4), manifest));
  EXPECT_TRUE(manifest.empty());
}

TEST(Manifest, AJournalThatWasCutOffIsContinued) {
  TemporaryDirectory root;
  {
    ManifestJournal journal(root.path());
    journal.add("train/1.jpg", good(1));
    journal.add("train/2.jpg", bad(2));
  }  // killed: no finish
  std::string torn = test::readFile(root.file(".slab-manifest.tsv.journal"));
  torn.resize(torn.size() - 3);
  test::writeFile(root.file(".slab-manifest.tsv.journal"), torn);
  EXPECT_EQ(readManifest(root.path()).size(), 1U);

  ManifestJournal again(root.path());
  EXPECT_NE(again.unchanged("train/1.jpg", good(1).stamp), nullptr);
  EXPECT_EQ(again.unchanged("train/2.jpg", bad(2).stamp), nullptr) << "its line was torn";
  EXPECT_EQ(again.unchanged("train/1.jpg", good(9).stamp), nullptr) << "the file is another";
  again.add("train/2.jpg", bad(2));
  again.finish(/*complete=*/false);
  EXPECT_FALSE(fs::exists(root.file(".slab-manifest.tsv.journal")));
  EXPECT_EQ(readManifest(root.path()).size(), 2U);
  EXPECT_EQ(readManifest(root.path(), /*faultsOnly=*/true).size(), 1U);
}

TEST(Manifest, OnlyACompleteScanForgetsFilesThatAreGone) {
  TemporaryDirectory root;
  for (const bool complete : {false, true}) {
    ManifestJournal journal(root.path());
    journal.add(complete ? "new.jpg" : "old.jpg", good(1));
    journal.finish(complete);
    EXPECT_EQ(readManifest(root.path()).size(), 1U) << complete;
  }
  EXPECT_EQ(readManifest(root.path()).begin()->first, "new.jpg");
}

TEST(Manifest, VerdictsThatDependOnTheDayAreNotReused) {
  TemporaryDirectory root;
  {
    ManifestJournal journal(root.path());
    journal.add("locked.jpg", bad(1, ImageFault::Unreadable));
    journal.add("slow.jpg", bad(1, ImageFault::Endless));
    journal.add("cut.jpg", bad(1));
    journal.finish(true);
  }
  const ManifestJournal journal(root.path());
  EXPECT_EQ(journal.unchanged("locked.jpg", bad(1).stamp), nullptr);
  EXPECT_EQ(journal.unchanged("slow.jpg", bad(1).stamp), nullptr);
  EXPECT_NE(journal.unchanged("cut.jpg", bad(1).stamp), nullptr);
}

TEST(Manifest, NamesAreRelativeToTheRootHoweverItIsWritten) {
  EXPECT_EQ(manifestName("/data", "/data/train/a.jpg"), "train/a.jpg");
  EXPECT_EQ(manifestName("/data/", "/data/train/a.jpg"), "train/a.jpg");
  EXPECT_EQ(manifestName(".", "./train/a.jpg"), "train/a.jpg");
}

}  // namespace
}  // namespace slab::data
