#include "core/data/scan.h"

#include "core/data/image_folder.h"
#include "core/data/support.h"

namespace slab::data {
namespace {

using test::contains;

TEST(Scan, CountsClassesSizesAndNamesBadFilesInOrder) {
  test::TemporaryDirectory root;
  test::writeJpeg(root.file("train/a/1.jpg"), 20, 10, 1);
  test::writeJpeg(root.file("train/a/2.jpg"), 20, 10, 2);
  test::writeCutJpeg(root.file("train/a/3.jpg"));
  test::writeJpeg(root.file("train/b/1.jpg"), 30, 10, 3);
  test::writeFile(root.file("train/b/2.jpg"), std::string_view("not an image"));
  std::filesystem::create_directories(root.file("train/c"));
  const auto dataset = openImageFolder(root.path(), Split::Train);
  for (const int workers : {1, 4}) {
    std::int64_t last = 0;
    const ScanReport report = scanDataset(*dataset, workers, 0, {}, [&](std::int64_t done, std::int64_t total) {
      last = done;
      EXPECT_EQ(total, 5);
    });
    EXPECT_EQ(last, 5);
    EXPECT_EQ(report.samples, 5);
    EXPECT_TRUE(report.complete);
    ASSERT_EQ(report.bad.size(), 2U);
    EXPECT_TRUE(report.bad[0].name.ends_with("train/a/3.jpg"));
    EXPECT_TRUE(contains(report.bad[0].cause, "at byte")) << report.bad[0].cause;
    EXPECT_TRUE(report.bad[1].name.ends_with("train/b/2.jpg"));
    EXPECT_EQ(report.classCounts, (std::vector<std::int64_t>{3, 2, 0}));
    EXPECT_EQ(report.sizes.at({20, 10}), 2);
    EXPECT_EQ(report.sizes.at({30, 10}), 1);
    EXPECT_EQ(report.notices.size(), 1U);
  }
  EXPECT_EQ(scanDataset(*dataset, 2, 2).samples, 2);
}

TEST(Scan, AStopEndsItEarlyAndSaysSo) {
  std::stop_source source;
  source.request_stop();
  const ScanReport report = scanDataset(*test::numberedDataset(100), 2, 0, source.get_token());
  EXPECT_EQ(report.samples, 0);
  EXPECT_FALSE(report.complete);
}

}  // namespace
}  // namespace slab::data
