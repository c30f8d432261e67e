// A detector evaluated by several processes, and by one.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <fstream>
#include <stdexcept>

#include "core/base/error.h"
#include "core/data/detection_batches.h"
#include "core/data/tiny_coco.h"
#include "core/formats/support.h"
#include "core/jobs/tiny_detector.h"
#include "core/train/detect.h"
#include "core/train/found_images.h"
#include "tests/core/train/rank_threads.h"

namespace slab::train {
namespace {

using testing::kRanks;
using testing::together;
using Told = std::vector<std::pair<std::int64_t, std::int64_t>>;

// In batches of two: four, so that in the second round two of three processes have nothing left.
constexpr std::int64_t kImages = 7;

class SharedDetection : public ::testing::Test {
 protected:
  SharedDetection() {
    testing::writeTinyCoco(folder_.path(), 2, kImages);
    config_ = testing::tinyDetectorConfig(folder_.path()).config;
    set_ = data::DetectionSet::open(config_.data, config_.detector, data::Split::Validation);
    for (int i = 0; i <= kRanks; ++i) {
      torch::manual_seed(3);
      models_.push_back(std::make_shared<MaskRcnn>(detectorOf(config_)));
    }
  }

  /// The file of image number `index`: files are numbered against the ids.
  void spoil(std::int64_t index) const {
    std::ofstream(folder_.file("val/" + std::to_string(kImages - 1 - index) + ".png")) << "no image";
  }
  [[nodiscard]] Findings detected(Ranks* ranks, const std::function<bool(std::int64_t, std::int64_t)>& goesOn = {}) {
    auto options = data::detectionOptions(config_, data::Split::Validation);
    if (ranks != nullptr) {
      options.shape.rank = ranks->rank();
      options.shape.ranks = kRanks;
    }
    data::Loader loader(std::make_unique<data::DetectionBatches>(set_, options), {});
    MaskRcnn& model = *models_[static_cast<std::size_t>(ranks == nullptr ? kRanks : ranks->rank())];
    return detectAll(model, loader, *set_, c10::kCPU, goesOn, ranks);
  }

  test::TemporaryDirectory folder_;
  RunConfig config_;
  std::shared_ptr<const data::DetectionSet> set_;
  std::vector<std::shared_ptr<MaskRcnn>> models_;
};

void expectSame(const coco::Detection& actual, const coco::Detection& expected) {
  EXPECT_EQ(actual.image, expected.image);
  EXPECT_EQ(actual.category, expected.category);
  EXPECT_EQ(actual.score, expected.score);
  EXPECT_EQ(actual.box, expected.box);
  EXPECT_EQ(actual.area, expected.area);
  EXPECT_EQ(actual.mask, expected.mask);
}

void expectSame(const Findings& actual, const Findings& expected) {
  EXPECT_EQ(actual.images, expected.images);
  EXPECT_EQ(actual.isComplete, expected.isComplete);
  ASSERT_EQ(actual.detections.size(), expected.detections.size());
  for (std::size_t i = 0; i < expected.detections.size(); ++i) {
    expectSame(actual.detections[i], expected.detections[i]);
  }
}

TEST_F(SharedDetection, TheFirstProcessHasTheBitsOfOneInTheOrderOfTheImages) {
  const Findings expected = detected(nullptr);
  ASSERT_EQ(expected.images.size(), static_cast<std::size_t>(kImages));
  ASSERT_FALSE(expected.detections.empty());
  std::vector<Findings> found(kRanks);
  together([&](Ranks& ranks) { found[static_cast<std::size_t>(ranks.rank())] = detected(&ranks); });
  expectSame(found[0], expected);
  for (std::size_t rank = 1; rank < found.size(); ++rank) EXPECT_TRUE(found[rank].images.empty());

  const auto& annotations = set_->annotations();
  const DetectionScores actual = scoresOf(found[0], annotations, 1), alone = scoresOf(expected, annotations, 1);
  EXPECT_EQ(actual.boxes.stats, alone.boxes.stats);
  EXPECT_EQ(actual.masks.stats, alone.masks.stats);
}

// The place of image 1 goes to image 2, which another process has at its own, and that of the last to image 0.
TEST_F(SharedDetection, WhereImagesDoNotDecodeNoneIsFoundTwice) {
  spoil(1);
  spoil(kImages - 1);
  const Findings expected = detected(nullptr);
  ASSERT_EQ(expected.images.size(), static_cast<std::size_t>(kImages - 2));
  std::vector<Findings> found(kRanks);
  together([&](Ranks& ranks) { found[static_cast<std::size_t>(ranks.rank())] = detected(&ranks); });
  expectSame(found[0], expected);
}

TEST_F(SharedDetection, ProgressIsOfAllProcessesAndAStopLeavesTheFirstImages) {
  const Findings expected = detected(nullptr);
  for (const bool stops : {false, true}) {
    std::vector<Findings> found(kRanks);
    std::vector<Told> told(kRanks);
    together([&](Ranks& ranks) {
      const auto rank = static_cast<std::size_t>(ranks.rank());
      found[rank] = detected(&ranks, [&](std::int64_t done, std::int64_t total) {
        told[rank].emplace_back(done, total);
        return !stops;
      });
    });
    const Told all{{6, kImages}, {7, kImages}};
    for (const Told& one : told) EXPECT_EQ(one, stops ? Told{all.front()} : all);
    for (const Findings& one : found) EXPECT_EQ(one.isComplete, !stops);
    const std::vector<std::int64_t> first(expected.images.begin(), expected.images.begin() + (stops ? 6 : kImages));
    EXPECT_EQ(found[0].images, first);
  }
}

TEST_F(SharedDetection, WhereOneFailsTheOthersDoNotWait) {
  together([&](Ranks& ranks) {
    try {
      (void)detected(&ranks, [&](std::int64_t, std::int64_t) {
        if (ranks.rank() == 1) throw std::runtime_error("the disk is gone");
        return true;
      });
      ADD_FAILURE() << "process " << ranks.rank() << " went on";
    } catch (const Error& error) {
      EXPECT_NE(ranks.rank(), 1);
      EXPECT_EQ(error.kind(), ErrorKind::Device) << error.what();
    } catch (const std::runtime_error&) {
      EXPECT_EQ(ranks.rank(), 1);
    }
  });
}

TEST(FoundImages, EveryBitSurvivesAndCutBytesAreRefused) {
  coco::Detection detection{7, 2, 0.1 + 0.2, {1.5, -0.0, 1.0 / 3, 4}, 1e300, {3, 4, {0, 5, 7}}};
  const std::vector<FoundImage> found{{7, 1, {detection, {}}}, {9, 2, {}}};
  const std::string bytes = toBytes(found);
  const auto read = foundImagesOf(bytes);
  ASSERT_EQ(read.size(), 2U);
  EXPECT_EQ(read[0].image, 7);
  EXPECT_EQ(read[0].batch, 1);
  ASSERT_EQ(read[0].detections.size(), 2U);
  expectSame(read[0].detections[0], detection);
  EXPECT_TRUE(std::signbit(read[0].detections[0].box.y));
  EXPECT_EQ(read[1].image, 9);
  EXPECT_TRUE(read[1].detections.empty());
  EXPECT_TRUE(foundImagesOf("").empty());
  for (std::size_t length = 1; length < bytes.size(); ++length) {
    // After the first image the bytes are whole.
    if (toBytes({found[0]}).size() == length) continue;
    EXPECT_THROW((void)foundImagesOf(std::string_view(bytes).substr(0, length)), Error) << length;
  }
}

}  // namespace
}  // namespace slab::train
