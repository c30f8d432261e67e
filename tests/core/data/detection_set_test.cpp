// A COCO set as detectors take it: what is left out, and batches of what is there.
#include "core/data/detection_set.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "core/coco/run_lengths.h"
#include "core/data/coco_paths.h"
#include "core/data/detection_batches.h"
#include "core/data/loader.h"
#include "core/data/tiny_coco.h"
#include "core/formats/support.h"

namespace slab::data {
namespace {

namespace fs = std::filesystem;
using slab::testing::readJson;
using slab::testing::writeJson;
using test::contains;
using test::errorOf;

class TinySet : public ::testing::Test {
 protected:
  TinySet() {
    slab::testing::writeTinyCoco(folder_.path(), 10, 4);
    config_.data.type = DataType::Coco;
    config_.data.root = folder_.path();
    config_.data.sides = {48};
    config_.data.longest = 128;
    config_.detector.classes = 3;
    config_.train.batch = 4;
  }
  [[nodiscard]] std::shared_ptr<const DetectionSet> open(Split split = Split::Train) const {
    return DetectionSet::open(config_.data, config_.detector, split);
  }
  [[nodiscard]] std::string annotations() const { return folder_.file("annotations/instances_train.json"); }
  [[nodiscard]] std::unique_ptr<Loader> load(Split split, const Loader::OnSkipped& onSkipped = {}) const {
    return std::make_unique<Loader>(std::make_unique<DetectionBatches>(open(split), detectionOptions(config_, split)),
                                    LoaderThreads{2, 3}, onSkipped);
  }
  /// Changes the annotations of train.
  template <typename Change>
  void change(Change&& how) const {
    auto set = readJson(annotations());
    how(set);
    writeJson(annotations(), set);
  }

  test::TemporaryDirectory folder_;
  RunConfig config_;
};

TEST_F(TinySet, ImagesAndClassesAreInTheOrderOfTheirIds) {
  const auto set = open();
  ASSERT_EQ(set->size(), 10);
  for (std::int64_t i = 1; i < set->size(); ++i) EXPECT_LT(set->record(i - 1).id, set->record(i).id);
  EXPECT_EQ(set->categoryOf(0), 2);
  EXPECT_EQ(set->categoryOf(2), 9);
  EXPECT_EQ(set->labelOf(5), 1);
  EXPECT_TRUE(set->notices().empty()) << set->notices().front().message;
  for (std::int64_t i = 0; i < set->size(); ++i) {
    EXPECT_FALSE(set->objects(i).empty());
    for (const auto* object : set->objects(i)) EXPECT_FALSE(object->isCrowd);
  }
  EXPECT_EQ(open(Split::Validation)->size(), 4);
  config_.data.limit = 3;
  EXPECT_EQ(open()->size(), 3);
}

TEST_F(TinySet, WhatHasNothingToLearnFromIsLeftOutAndToldInNumbers) {
  change([](auto& set) {
    set["images"].push_back({{"id", 1}, {"width", 64}, {"height", 48}, {"file_name", "0.png"}});  // nothing in it
    set["images"].push_back({{"id", 2}, {"width", 64}, {"height", 48}, {"file_name", "0.png"}});  // a crowd alone
    set["images"].push_back({{"id", 3}, {"width", 64}, {"height", 20}, {"file_name", "0.png"}});  // small
    set["images"].push_back({{"id", 4}, {"width", 64}, {"height", 48}, {"file_name", "0.png"}});  // no mask
    const auto add = [&](int id, int image, int crowd, bool hasMask) {
      nlohmann::ordered_json annotation{{"id", id},   {"image_id", image}, {"category_id", 5}, {"bbox", {1, 1, 9, 9}},
                                        {"area", 81}, {"iscrowd", crowd}};
      if (hasMask) annotation["segmentation"] = {{1, 1, 10, 1, 10, 10, 1, 10}};
      set["annotations"].push_back(annotation);
    };
    add(901, 2, 1, true);
    add(902, 3, 0, true);
    add(903, 4, 0, false);
  });
  const auto set = open();
  EXPECT_EQ(set->size(), 10);
  std::string all;
  for (const auto& notice : set->notices()) all += notice.message + "\n";
  EXPECT_TRUE(contains(all, "objects without a mask: 1, left out")) << all;
  EXPECT_TRUE(contains(all, "images without an object to learn from: 3, left out")) << all;
  EXPECT_TRUE(contains(all, "images with a side below 32 pixels: 1, left out")) << all;
}

TEST_F(TinySet, ABrokenSetIsRefusedInOneMessage) {
  const auto original = readJson(annotations());
  const auto refusal = [&] { return errorOf([&] { (void)open(); }); };
  change([](auto& set) { set["annotations"][0]["category_id"] = 77; });
  EXPECT_TRUE(contains(refusal(), "category 77")) << refusal();
  change([](auto& set) { set["annotations"][1]["category_id"] = 78; });
  EXPECT_TRUE(contains(refusal(), "slab data scan")) << refusal();
  auto none = original;
  none["annotations"].clear();
  writeJson(annotations(), none);
  EXPECT_FALSE(refusal().empty());
  writeJson(annotations(), original);
  config_.detector.classes = 80;
  EXPECT_TRUE(contains(refusal(), "set detector.classes to 3")) << refusal();
  config_.detector.classes = 3;
  auto val = readJson(folder_.file("annotations/instances_val.json"));
  val["annotations"][1].erase("segmentation");
  writeJson(folder_.file("annotations/instances_val.json"), val);
  const std::string unmasked = errorOf([&] { (void)open(Split::Validation); });
  EXPECT_TRUE(contains(unmasked, "annotation 2 has no segmentation")) << unmasked;
  fs::remove_all(folder_.file("train"));
  EXPECT_TRUE(contains(refusal(), "train2017")) << refusal();
  config_.data.root = folder_.file("nowhere");
  EXPECT_TRUE(contains(refusal(), "holds no COCO set")) << refusal();
}

TEST_F(TinySet, PathsAreFoundBelowTheRootOrAsNamed) {
  const auto found = findCocoPart(config_.data, Split::Train);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->annotations, annotations());
  EXPECT_EQ(found->images, folder_.file("train"));
  fs::rename(folder_.file("train"), folder_.file("train2017"));
  fs::rename(annotations(), folder_.file("annotations/instances_train2017.json"));
  EXPECT_EQ(findCocoPart(config_.data, Split::Train)->images, folder_.file("train2017"));
  fs::remove(folder_.file("annotations/instances_val.json"));
  EXPECT_FALSE(findCocoPart(config_.data, Split::Validation));
  EXPECT_EQ(open(Split::Validation), nullptr);
  config_.data.annotations = "/a.json";
  config_.data.images = "/images";
  EXPECT_EQ(findCocoPart(config_.data, Split::Train)->annotations, "/a.json");
}

TEST_F(TinySet, ABatchHoldsItsImagesAndObjectsWhereTheViewSaysTheyAre) {
  config_.data.augment = Augment::Flip;
  config_.data.sides = {48, 72, 96};
  config_.data.mean = {0.0};
  config_.data.std = {1.0};
  const auto set = open();
  DetectionBatches source(set, detectionOptions(config_, Split::Train));
  std::int64_t objects = 0;
  for (std::int64_t number = 0; number < 2; ++number) {
    const Batch batch = source.make(3, number).batch;
    ASSERT_EQ(batch.size(), 4);
    ASSERT_EQ(batch.truths.size(), 4U);
    EXPECT_EQ(batch.images.size(2) % 32, 0);
    EXPECT_EQ(batch.images.size(3) % 32, 0);
    for (std::int64_t i = 0; i < 4; ++i) {
      const auto sample = batch.indices[i].item<std::int64_t>();
      const DetectionView view = source.viewOf(3, sample);
      const ImageSize size = batch.sizes[static_cast<std::size_t>(i)];
      ASSERT_EQ(size.width, view.width);
      ASSERT_EQ(size.height, view.height);
      const at::Tensor image = batch.images[i];
      EXPECT_EQ(image.slice(1, size.height).abs().sum().item<float>(), 0.0F);
      EXPECT_EQ(image.slice(2, size.width).abs().sum().item<float>(), 0.0F);
      const GroundTruth& truth = batch.truths[static_cast<std::size_t>(i)];
      const auto& originals = set->objects(sample);
      ASSERT_EQ(truth.boxes.size(0), static_cast<std::int64_t>(originals.size()));
      ASSERT_EQ(truth.masks.size(1), size.height);
      ASSERT_EQ(truth.masks.size(2), size.width);
      for (std::int64_t k = 0; k < truth.boxes.size(0); ++k, ++objects) {
        const auto& original = *originals[static_cast<std::size_t>(k)];
        EXPECT_EQ(truth.labels[k].item<std::int64_t>(), set->labelOf(original.category));
        const auto box = viewedBox(view, original.box);
        ASSERT_TRUE(box);
        for (int c = 0; c < 4; ++c) EXPECT_EQ(truth.boxes[k][c].item<float>(), (*box)[static_cast<std::size_t>(c)]);
        const at::Tensor inside = truth.masks[k].ne(0);
        EXPECT_GT(inside.sum().item<std::int64_t>(), 20);
        // The channel of its kind is bright where the object is and dark elsewhere, later objects aside.
        const std::int64_t channel = original.category == 5 ? 0 : original.category == 2 ? 1 : 2;
        const at::Tensor shown = image[channel].narrow(0, 0, size.height).narrow(1, 0, size.width);
        EXPECT_GT(shown.masked_select(inside).mean().item<float>(), 0.5F) << sample << " " << k;
      }
    }
  }
  EXPECT_GT(objects, 8);
}

TEST_F(TinySet, BatchesAreTheSameBitsWhicheverWayTheyAreReached) {
  config_.data.augment = Augment::MultiScale;
  config_.data.sides = {48, 64};
  config_.data.cropSides = {40, 56};
  config_.data.crop = {24, 40};
  const auto straight = load(Split::Train), jumping = load(Split::Train);
  std::vector<Batch> batches;
  for (int i = 0; i < 6; ++i) batches.push_back(straight->next());
  for (const int number : {5, 0, 3}) {
    jumping->seek(number);
    const Batch again = jumping->next();
    const Batch& first = batches[static_cast<std::size_t>(number)];
    EXPECT_TRUE(at::equal(again.images, first.images));
    EXPECT_TRUE(at::equal(again.indices, first.indices));
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_TRUE(at::equal(again.truths[i].boxes, first.truths[i].boxes));
      EXPECT_TRUE(at::equal(again.truths[i].masks, first.truths[i].masks));
      EXPECT_TRUE(at::equal(again.truths[i].labels, first.truths[i].labels));
    }
  }
  EXPECT_FALSE(at::equal(batches[0].indices, batches[2].indices)) << "epochs are shuffled anew";
}

TEST_F(TinySet, AnEvaluationTakesEveryImageInOrderWithoutObjects) {
  const auto loader = load(Split::Validation);
  EXPECT_EQ(loader->batchesPerEpoch(), 1);
  const Batch batch = loader->next();
  EXPECT_TRUE(at::equal(batch.indices, at::arange(4)));
  EXPECT_TRUE(batch.truths.empty());
  EXPECT_EQ(batch.sizes.size(), 4U);
}

TEST_F(TinySet, ImagesThatCantBeReadAreSkippedCountedAndNamed) {
  fs::remove(folder_.file("train/3.png"));
  test::writeFile(folder_.file("train/4.png"), "no image");
  fs::copy_file(folder_.file("train/0.png"), folder_.file("train/5.png"), fs::copy_options::overwrite_existing);
  fs::remove(folder_.file("train/6.png"));
  fs::create_symlink(folder_.file("val/0.png"), folder_.file("train/6.png"));
  std::map<std::string, std::string> skipped;
  const auto loader =
      load(Split::Train, [&](const SkippedSample& s) { skipped[fs::path(s.name).filename()] = s.cause; });
  for (int i = 0; i < 5; ++i) EXPECT_EQ(loader->next().size(), 4) << "batches keep their size";
  EXPECT_EQ(loader->skipped(), 4);
  ASSERT_EQ(skipped.size(), 4U);
  EXPECT_TRUE(contains(skipped["3.png"], "can't be opened")) << skipped["3.png"];
  EXPECT_TRUE(contains(skipped["5.png"], "by its record")) << skipped["5.png"];
  EXPECT_TRUE(contains(skipped["6.png"], "leads out of")) << skipped["6.png"];
}

TEST_F(TinySet, ProcessesTogetherTakeWhatOneTakesInLargerBatches) {
  const auto whole = std::make_unique<DetectionBatches>(open(), detectionOptions(config_, Split::Train));
  DetectionOptions part = detectionOptions(config_, Split::Train);
  part.shape.batch = 2;
  part.shape.ranks = 2;
  for (part.shape.rank = 0; part.shape.rank < 2; ++part.shape.rank) {
    DetectionBatches mine(open(), part);
    EXPECT_EQ(mine.shape().batches(), whole->shape().batches());
    const Batch batch = mine.make(1, 0).batch, all = whole->make(1, 0).batch;
    EXPECT_TRUE(at::equal(batch.indices, all.indices.narrow(0, 2 * part.shape.rank, 2)));
  }
}

}  // namespace
}  // namespace slab::data
