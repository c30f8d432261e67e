#include "core/data/scan.h"

#include <sys/stat.h>

#include "core/data/image_folder.h"
#include "core/data/support.h"
#include "core/formats/png_writer.h"

namespace slab::data {
namespace {

namespace fs = std::filesystem;
using test::contains;
using test::errorOf;

/// Two classes with five files, two of them bad, and an empty class.
struct FolderScan : testing::Test {
  test::TemporaryDirectory root;

  void SetUp() override {
    test::writeJpeg(root.file("train/a/1.jpg"), 20, 10, 1);
    test::writeJpeg(root.file("train/a/2.jpg"), 20, 10, 2);
    test::writeCutJpeg(root.file("train/a/3.jpg"));
    test::writeJpeg(root.file("train/b/1.jpg"), 30, 10, 3);
    test::writeFile(root.file("train/b/2.jpg"), std::string_view("not an image"));
    fs::create_directories(root.file("train/c"));
  }

  ScanReport scan(ScanOptions options = {}) {
    ManifestJournal journal(root.path());
    options.journal = &journal;
    options.root = root.path();
    ScanReport report = scanDataset(*openImageFolder(root.path(), Split::Train), options);
    journal.finish(report.complete && options.limit == 0);
    return report;
  }
};

TEST_F(FolderScan, CountsClassesSizesAndNamesBadFilesInOrder) {
  const auto dataset = openImageFolder(root.path(), Split::Train);
  for (const int workers : {1, 4}) {
    std::int64_t last = 0;
    ScanOptions options;
    options.workers = workers;
    options.root = root.path();
    options.onProgress = [&](std::int64_t done, std::int64_t total) {
      last = done;
      EXPECT_EQ(total, 5);
    };
    const ScanReport report = scanDataset(*dataset, options);
    EXPECT_EQ(last, 5);
    EXPECT_EQ(report.samples, 5);
    EXPECT_TRUE(report.complete);
    ASSERT_EQ(report.bad.size(), 2U);
    EXPECT_TRUE(report.bad[0].name.ends_with("train/a/3.jpg"));
    EXPECT_EQ(report.bad[0].fault, ImageFault::Cut);
    EXPECT_TRUE(contains(report.bad[0].cause, "at byte")) << report.bad[0].cause;
    EXPECT_GT(report.bad[0].offset, 0);
    EXPECT_TRUE(report.bad[1].name.ends_with("train/b/2.jpg"));
    EXPECT_EQ(report.bad[1].fault, ImageFault::NotAnImage);
    EXPECT_EQ(report.classCounts, (std::vector<std::int64_t>{3, 2, 0}));
    EXPECT_EQ(report.classFaults, (std::vector<std::int64_t>{1, 1, 0}));
    EXPECT_EQ(report.sizes.at({20, 10}), 2);
    EXPECT_EQ(report.sizes.at({30, 10}), 1);
    EXPECT_EQ(report.notices.size(), 1U);
    EXPECT_FALSE(report.sandbox.empty());
    EXPECT_EQ(report.lostProcesses, 0);
  }
}

TEST_F(FolderScan, ASecondScanDecodesOnlyWhatIsNewOrChanged) {
  EXPECT_EQ(scan().reused, 0);
  const ScanReport again = scan();
  EXPECT_EQ(again.reused, 5);
  EXPECT_EQ(again.bad.size(), 2U);
  EXPECT_EQ(again.sizes.at({20, 10}), 2);
  EXPECT_TRUE(again.sandbox.empty()) << "nothing was decoded";

  test::writeJpeg(root.file("train/a/3.jpg"), 25, 25, 7);
  test::writeJpeg(root.file("train/b/3.jpg"), 30, 10, 3);
  const ScanReport repaired = scan();
  EXPECT_EQ(repaired.samples, 6);
  EXPECT_EQ(repaired.reused, 4);
  EXPECT_EQ(repaired.bad.size(), 1U);
}

TEST_F(FolderScan, GoesOnWhereItWasStopped) {
  ScanOptions first;
  first.limit = 3;
  EXPECT_EQ(scan(first).samples, 3);
  const ScanReport rest = scan();
  EXPECT_EQ(rest.samples, 5);
  EXPECT_EQ(rest.reused, 3);
}

TEST_F(FolderScan, WhatItFoundBadIsNotOpenedAgainUntilItChanges) {
  scan();
  const auto dataset = openImageFolder(root.path(), Split::Train);
  EXPECT_EQ(knownBad(*dataset), 2);
  EXPECT_TRUE(dataset->isKnownBad(2));
  const std::string known = errorOf([&] { (void)dataset->image(2); });
  EXPECT_TRUE(contains(known, "train/a/3.jpg") && contains(known, "at byte")) << known;
  test::writeJpeg(root.file("train/a/3.jpg"), 25, 25, 7);
  EXPECT_EQ(dataset->image(2).width, 25) << "the verdict is about another file";
}

TEST_F(FolderScan, FilesThatCannotBeOpenedAreNamedWithTheCause) {
  fs::create_symlink("absent.jpg", root.file("train/c/dangling.jpg"));
  fs::create_symlink("loop.jpg", root.file("train/c/loop.jpg"));
  ASSERT_EQ(::mkfifo(root.file("train/c/pipe.jpg").c_str(), 0600), 0);
  const ScanReport report = scan();
  ASSERT_EQ(report.bad.size(), 5U);
  const auto causeOf = [&](const std::string& name) {
    for (const auto& bad : report.bad) {
      if (bad.name.ends_with(name)) return std::string(toString(*bad.fault)) + ": " + bad.cause;
    }
    return std::string("not named");
  };
  EXPECT_EQ(causeOf("dangling.jpg"), "unreadable: No such file or directory");
  EXPECT_EQ(causeOf("loop.jpg"), "unreadable: Too many levels of symbolic links");
  EXPECT_EQ(causeOf("pipe.jpg"), "unreadable: it is not a regular file");
}

TEST_F(FolderScan, OdditiesThatLoseNothingAreNotes) {
  if (!isImageName("x.png")) GTEST_SKIP() << "a build without OpenCV";
  writePng(root.file("train/c/really.jpg"), test::makeImage(8, 8, 3, [](int, int, int) { return 9; }));
  fs::create_directories(root.file("train/c/folder.jpg"));
  test::writeJpeg(root.file("train/c/folder.jpg/inside.jpg"), 8, 8, 1);
  fs::create_directory_symlink("..", root.file("train/c/up"));
  const ScanReport report = scan();
  EXPECT_EQ(report.bad.size(), 2U);
  EXPECT_EQ(report.classCounts[2], 2);
  const auto isNoted = [&](const std::string& path, const std::string& words) {
    return std::any_of(report.notices.begin(), report.notices.end(),
                       [&](const auto& n) { return n.path.ends_with(path) && contains(n.message, words); });
  };
  EXPECT_TRUE(isNoted("really.jpg", "holds PNG"));
  EXPECT_TRUE(isNoted("folder.jpg", "a folder with the name of an image"));
}

TEST(ImageFolderLinks, AFolderThatHoldsItselfIsReadOnce) {
  test::TemporaryDirectory root;
  test::writeJpeg(root.file("train/a/1.jpg"), 8, 8, 1);
  fs::create_directory_symlink(".", root.file("train/a/again"));
  const auto dataset = openImageFolder(root.path(), Split::Train);
  EXPECT_EQ(dataset->size(), 1);
  ASSERT_EQ(dataset->notices().size(), 1U);
  EXPECT_TRUE(contains(dataset->notices()[0].message, "holds it"));
}

TEST(Scan, AStopEndsItEarlyAndSaysSo) {
  std::stop_source source;
  source.request_stop();
  ScanOptions options;
  options.stop = source.get_token();
  const ScanReport report = scanDataset(*test::numberedDataset(100), options);
  EXPECT_EQ(report.samples, 0);
  EXPECT_FALSE(report.complete);
}

TEST(Scan, SamplesHeldInMemoryNeedNoSandbox) {
  ScanOptions options;
  options.limit = 7;
  const ScanReport report = scanDataset(*test::numberedDataset(100), options);
  EXPECT_EQ(report.samples, 7);
  EXPECT_EQ(report.sizes.at({4, 4}), 7);
  EXPECT_TRUE(report.sandbox.empty());
}

}  // namespace
}  // namespace slab::data
