#include "core/coco/set_scan.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/base/image_view.h"
#include "core/coco/annotation_links.h"
#include "core/formats/png_writer.h"
#include "core/formats/support.h"

namespace slab::coco {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using test::contains;

class SetScan : public ::testing::Test {
 protected:
  SetScan() {
    fs::create_directory(root());
    set_ = {{"images", json::array()}, {"annotations", json::array()}, {"categories", {{{"id", 1}, {"name", "cat"}}}}};
    for (int i = 1; i <= 5; ++i) {
      const std::string file = std::to_string(i) + ".png";
      writePng(root() + "/" + file, blankImage(10 + i, 8, 3));
      set_["images"].push_back({{"id", i}, {"width", 10 + i}, {"height", 8}, {"file_name", file}});
    }
    set_["annotations"].push_back(
        {{"id", 1}, {"image_id", 2}, {"category_id", 1}, {"bbox", {1, 1, 4, 4}}, {"area", 16}, {"iscrowd", 1}});
  }
  [[nodiscard]] std::string root() const { return folder_.file("images"); }
  [[nodiscard]] SetScanReport scan(const SetScanOptions& options = {}) const {
    test::writeFile(folder_.file("set.json"), set_.dump());
    return scanSet(folder_.file("set.json"), root(), options);
  }
  /// Of a scan that is stopped before it begins.
  [[nodiscard]] SetScanReport stoppedScan() const {
    std::stop_source stop;
    stop.request_stop();
    SetScanOptions options;
    options.stop = stop.get_token();
    return scan(options);
  }
  /// The one fault of a scan.
  [[nodiscard]] CocoFault fault() const {
    const SetScanReport report = scan();
    EXPECT_EQ(report.faults.count(), 1);
    return report.faults.count() > 0 ? report.faults.named().front() : CocoFault{};
  }

  test::TemporaryDirectory folder_;
  json set_;
};

TEST_F(SetScan, CountsWhatIsThere) {
  const SetScanReport report = scan();
  EXPECT_EQ(report.faults.count(), 0);
  EXPECT_EQ(report.images, 5);
  EXPECT_TRUE(report.isComplete);
  EXPECT_EQ(report.annotations, 1);
  EXPECT_EQ(report.crowds, 1);
  EXPECT_EQ(report.withoutBoxes, 4);
  ASSERT_EQ(report.classes.size(), 1U);
  EXPECT_EQ(report.classes[0].crowds, 1);
  EXPECT_EQ(report.classes[0].objects, 0);
}

TEST_F(SetScan, AMissingImageIsNamed) {
  fs::remove(root() + "/3.png");
  const CocoFault found = fault();
  EXPECT_EQ(found.kind, FaultKind::MissingFile);
  EXPECT_EQ(found.record, "image 3");
  EXPECT_TRUE(contains(found.message, "3.png, which can't be opened: No such file")) << found.message;
}

TEST_F(SetScan, AnImageOfAnotherSizeIsNamed) {
  set_["images"][1]["width"] = 8;
  set_["images"][1]["height"] = 12;
  const CocoFault found = fault();
  EXPECT_EQ(found.kind, FaultKind::OtherSize);
  EXPECT_TRUE(contains(found.message, "is 8 x 12 pixels by its record, and 12 x 8 in ")) << found.message;
}

TEST_F(SetScan, WhatIsNoImageIsNamed) {
  test::writeFile(root() + "/4.png", std::string_view("not an image"));
  EXPECT_EQ(fault().kind, FaultKind::UnreadableImage);
  test::writeFile(root() + "/4.png", std::string_view(""));
  EXPECT_EQ(fault().kind, FaultKind::UnreadableImage);
  fs::remove(root() + "/4.png");
  fs::create_directory(root() + "/4.png");
  EXPECT_EQ(fault().kind, FaultKind::UnreadableImage);
}

TEST_F(SetScan, ALinkThatLeadsOutOfTheFolderIsNotOpened) {
  fs::rename(root() + "/5.png", folder_.file("outside.png"));
  fs::create_symlink(folder_.file("outside.png"), root() + "/5.png");
  const CocoFault found = fault();
  EXPECT_EQ(found.kind, FaultKind::UnsafePath);
  EXPECT_TRUE(contains(found.message, "leads out of")) << found.message;
  fs::remove(root() + "/5.png");
  fs::create_symlink("1.png", root() + "/5.png");
  EXPECT_EQ(fault().kind, FaultKind::OtherSize) << "a link within is followed";
  // A folder whose name begins as that of the images is another folder.
  fs::create_directory(root() + "-more");
  fs::rename(folder_.file("outside.png"), root() + "-more/5.png");
  fs::remove(root() + "/5.png");
  fs::create_symlink("../images-more/5.png", root() + "/5.png");
  EXPECT_EQ(fault().kind, FaultKind::UnsafePath);
}

TEST_F(SetScan, WithoutAFolderTheFileAloneIsLookedAt) {
  fs::remove_all(root());
  test::writeFile(folder_.file("set.json"), set_.dump());
  const SetScanReport report = scanSet(folder_.file("set.json"), "");
  EXPECT_EQ(report.faults.count(), 0);
  EXPECT_TRUE(report.isComplete);
  EXPECT_TRUE(contains(test::errorOf([&] { scanSet(folder_.file("set.json"), root()); }), "is no folder of images"));
  EXPECT_TRUE(contains(test::errorOf([&] { scanSet(folder_.file("none.json"), ""); }), "none.json can't be opened"));
}

TEST_F(SetScan, AStopKeepsWhatWasSeen) {
  const SetScanReport report = stoppedScan();
  EXPECT_FALSE(report.isComplete);
  EXPECT_EQ(report.images, 0);
  EXPECT_EQ(report.allImages, 5);
}

TEST_F(SetScan, AStopEndsTheReadingOfTheAnnotationsToo) {
  for (int i = 6; i <= ReadingWatch::kEvery; ++i) {
    set_["images"].push_back({{"id", i}, {"width", 1}, {"height", 1}, {"file_name", "1.png"}});
  }
  const SetScanReport report = stoppedScan();
  EXPECT_FALSE(report.isComplete);
  EXPECT_EQ(report.allImages, 0);
  EXPECT_FALSE(test::errorOf([&] { scanSet(folder_.file("none.json"), root()); }).empty());
}

TEST(CheckLinks, StopsBetweenAnnotations) {
  CocoSet set;
  set.path = "set.json";
  set.annotations.resize(ReadingWatch::kEvery);
  std::stop_source stop;
  ReadingWatch watch;
  watch.stop = stop.get_token();
  FaultList faults;
  checkLinks(set, {}, faults, watch);
  EXPECT_EQ(faults.count(), ReadingWatch::kEvery) << "none names an image that is there";
  set.annotations.resize(ReadingWatch::kEvery);
  stop.request_stop();
  EXPECT_TRUE(contains(test::errorOf([&] { checkLinks(set, {}, faults, watch); }), "stopped while reading"));
}

}  // namespace
}  // namespace slab::coco
