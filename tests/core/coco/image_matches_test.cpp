#include "core/coco/image_matches.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "core/base/error.h"
#include "core/base/image_view.h"
#include "core/coco/annotation_file.h"
#include "core/coco/image_folder.h"
#include "core/coco/result_file.h"
#include "core/formats/png_writer.h"
#include "core/formats/support.h"
#include "tests/core/coco/synthetic_set.h"

namespace slab::coco {
namespace {

std::span<const std::byte> bytesOf(const std::string& text) {
  return std::as_bytes(std::span(text));
}

struct Drawn {
  CocoSet set;
  std::vector<Detection> detections;
};

Drawn drawn(std::uint64_t number) {
  const test::SyntheticSet made = test::drawSet(number);
  Drawn drawn;
  drawn.set = parseAnnotations(bytesOf(made.annotations.dump()), "set.json").set;
  drawn.detections = parseResults(bytesOf(made.results.dump()), "results.json", drawn.set, OverlapOf::Boxes).detections;
  return drawn;
}

/// One image; two cats, a dog and a crowd of dogs.
CocoSet pets() {
  CocoSet set;
  set.path = "pets.json";
  set.images = {{7, 100, 100, "a.png"}, {8, 100, 100, "b.png"}};
  set.categories = {{3, "cat"}, {5, "dog"}};
  const auto add = [&](std::int64_t id, std::int64_t category, CocoBox box, bool isCrowd) {
    set.annotations.push_back({id, 7, category, box, box.width * box.height, isCrowd, {}});
  };
  add(1, 3, {0, 0, 20, 20}, false);
  add(2, 3, {40, 0, 20, 20}, false);
  add(3, 5, {0, 40, 20, 20}, false);
  add(4, 5, {50, 50, 50, 50}, true);
  return set;
}

Detection of(std::int64_t category, double score, CocoBox box) {
  return {7, category, score, box, box.width * box.height, {}};
}

TEST(SetIndex, KnowsPlacesAndCounts) {
  const CocoSet set = pets();
  const SetIndex index(set);
  EXPECT_EQ(index.image(8), 1U);
  EXPECT_EQ(index.image(1), std::nullopt);
  EXPECT_EQ(index.category(5), 1U);
  EXPECT_EQ(index.annotation(4), 3U);
  EXPECT_EQ(index.annotationsOf(0).size(), 4U);
  EXPECT_TRUE(index.annotationsOf(1).empty());
  EXPECT_EQ(index.objects(0), 2);
  EXPECT_EQ(index.objects(1), 1);
  EXPECT_EQ(index.crowds(1), 1);
}

TEST(ImageMatches, TellsRightWrongMissedAndWhatLiesInACrowd) {
  const CocoSet set = pets();
  const SetIndex index(set);
  const std::vector<Detection> found{of(3, 0.9, {0, 0, 20, 20}),     // the first cat, to the pixel
                                     of(3, 0.8, {0, 0, 20, 18}),     // the same cat again
                                     of(3, 0.7, {40, 0, 20, 12}),    // the second, overlap 0.6
                                     of(5, 0.6, {60, 60, 10, 10}),   // in the crowd
                                     of(5, 0.95, {40, 0, 20, 20})};  // a cat taken for a dog
  const auto matches = matchImages(set, index, found, {});
  ASSERT_EQ(matches.size(), 2U);
  ASSERT_EQ(matches[0].found.size(), 5U);
  EXPECT_TRUE(matches[1].isDone);
  std::vector<std::uint32_t> order;
  for (const FoundObject& one : matches[0].found) order.push_back(one.detection);
  EXPECT_EQ(order, (std::vector<std::uint32_t>{4, 0, 1, 2, 3})) << "by falling score";
  const auto as = [&](std::size_t place, std::size_t threshold) {
    return foundAs(set, matches[0].found[place], threshold);
  };
  EXPECT_EQ(as(0, 0), FoundAs::Wrong);
  EXPECT_EQ(as(1, 0), FoundAs::Right);
  EXPECT_EQ(as(2, 0), FoundAs::Wrong);
  EXPECT_EQ(as(3, 0), FoundAs::Right);
  EXPECT_EQ(as(3, 3), FoundAs::Wrong) << "0.6 is below 0.65";
  EXPECT_EQ(as(4, 0), FoundAs::Ignored);
  EXPECT_EQ(matches[0].found[3].truth[0], 1);

  const ImageCounts all = countsOf(set, index, 0, matches[0], 0, 0);
  EXPECT_EQ(all.objects, 3);
  EXPECT_EQ(all.right, 2);
  EXPECT_EQ(all.wrong, 2);
  EXPECT_EQ(all.missed, 1);
  EXPECT_EQ(all.errors(), 3);
  const ImageCounts sure = countsOf(set, index, 0, matches[0], 0, 0.9);
  EXPECT_EQ(sure.right, 1);
  EXPECT_EQ(sure.wrong, 1);
  EXPECT_EQ(sure.missed, 2);
  const ImageCounts dogs = countsOf(set, index, 0, matches[0], 0, 0, {false, true});
  EXPECT_EQ(dogs.objects, 1);
  EXPECT_EQ(dogs.wrong, 1);
  EXPECT_EQ(dogs.missed, 1);
}

TEST(ImageMatches, AScoreCutLeavesWhatIsAboveItAsItWas) {
  for (std::uint64_t number = 0; number < 20; ++number) {
    Drawn all = drawn(number);
    const SetIndex index(all.set);
    const auto matches = matchImages(all.set, index, all.detections, {});
    for (const double cut : {0.25, 0.5, 0.75}) {
      std::vector<Detection> kept;
      for (const Detection& one : all.detections) {
        if (one.score >= cut) kept.push_back(one);
      }
      const auto fewer = matchImages(all.set, index, kept, {});
      for (std::size_t image = 0; image < matches.size(); ++image) {
        for (const std::size_t threshold : {0U, 5U}) {
          const ImageCounts a = countsOf(all.set, index, image, matches[image], threshold, cut);
          const ImageCounts b = countsOf(all.set, index, image, fewer[image], threshold, 0);
          EXPECT_EQ(a.right, b.right) << number << ", " << image << " at " << cut;
          EXPECT_EQ(a.wrong, b.wrong) << number << ", " << image << " at " << cut;
          EXPECT_EQ(a.missed, b.missed) << number << ", " << image << " at " << cut;
        }
      }
    }
  }
}

TEST(ImageMatches, AStopLeavesTheFirstImages) {
  CocoSet set = pets();
  for (std::int64_t id = 9; id < 200; ++id) set.images.push_back({id, 100, 100, ""});
  const SetIndex index(set);
  std::stop_source stop;
  MatchOptions options;
  options.stop = stop.get_token();
  options.onProgress = [&](std::int64_t done, std::int64_t) {
    if (done >= 64) stop.request_stop();
  };
  const auto matches = matchImages(set, index, {}, options);
  EXPECT_TRUE(matches[63].isDone);
  EXPECT_FALSE(matches[64].isDone);
}

TEST(ReadingWatch, StopsBetweenRecordsAndSaysHowFarItIs) {
  nlohmann::json file{{"images", nlohmann::json::array()},
                      {"annotations", nlohmann::json::array()},
                      {"categories", nlohmann::json::array()}};
  for (int i = 1; i <= 3 * ReadingWatch::kEvery; ++i) {
    file["images"].push_back({{"id", i}, {"width", 8}, {"height", 8}, {"file_name", "a.png"}});
  }
  const std::string text = file.dump();
  AnnotationOptions options;
  std::int64_t read = 0, calls = 0;
  options.watch.onProgress = [&](std::int64_t now, std::int64_t bytes) {
    EXPECT_GT(now, read);
    EXPECT_EQ(bytes, static_cast<std::int64_t>(text.size()));
    EXPECT_LE(now, bytes);
    read = now;
    ++calls;
  };
  parseAnnotations(bytesOf(text), "set.json", options);
  EXPECT_EQ(calls, 3);
  std::stop_source stop;
  stop.request_stop();
  options.watch.stop = stop.get_token();
  EXPECT_THROW(parseAnnotations(bytesOf(text), "set.json", options), Error);
}

TEST(Results, SayWhetherTheyHaveMasks) {
  const test::TemporaryDirectory folder;
  const test::SyntheticSet made = test::drawSet(3);
  const auto has = [&](const nlohmann::json& results) {
    test::writeFile(folder.file("results.json"), results.dump());
    return resultsHaveMasks(folder.file("results.json"));
  };
  EXPECT_TRUE(has(made.results));
  EXPECT_FALSE(has(test::without(made.results, "segmentation")));
  EXPECT_FALSE(has(nlohmann::json::array()));
  EXPECT_THROW(has(made.annotations), Error);
}

TEST(ImageFolder, IsFoundBesideTheAnnotations) {
  namespace fs = std::filesystem;
  const test::TemporaryDirectory folder;
  CocoSet set = pets();
  fs::create_directories(folder.file("annotations"));
  set.path = folder.file("annotations/instances_val2017.json");
  EXPECT_EQ(findImageFolder(set), "");
  fs::create_directories(folder.file("images/val2017"));
  writePng(folder.file("images/val2017/b.png"), blankImage(4, 4, 3));
  EXPECT_EQ(findImageFolder(set), folder.file("images/val2017")) << "one of the first images is enough";
  fs::create_directories(folder.file("val2017"));
  writePng(folder.file("val2017/a.png"), blankImage(4, 4, 3));
  EXPECT_EQ(findImageFolder(set), folder.file("val2017"));
  EXPECT_EQ(imageFileOf(folder.file("val2017"), set.images[0]), folder.file("val2017/a.png"));
  EXPECT_EQ(imageFileOf(folder.file("val2017"), {9, 4, 4, ""}), "");
}

}  // namespace
}  // namespace slab::coco
