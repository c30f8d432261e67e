// The whole detector: keys, frozen statistics, training, determinism, detection.
#include "core/models/detection/mask_rcnn.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "core/base/error.h"
#include "core/base/rng.h"
#include "core/models/state_dict.h"
#include "core/nn/norms/prep_bn.h"
#include "core/ops/autocast.h"
#include "support/golden.h"
#include "support/long_tier.h"
#include "tests/core/models/detection/support.h"

namespace slab {
namespace {

struct Batch {
  at::Tensor images;
  std::vector<ImageSize> sizes;
  std::vector<GroundTruth> truths;
};

// Two images of different sizes in one batch of 96 x 128.
Batch twoImages() {
  Batch batch;
  batch.images = at::zeros({2, 3, 96, 128});
  const std::vector<std::vector<testing::Shape>> shapes{{{0, 10, 12, 30, 40}, {1, 70, 30, 36, 36}},
                                                        {{2, 40, 20, 44, 30}, {0, 4, 60, 26, 16}}};
  batch.sizes = {{90, 120}, {80, 100}};
  for (std::size_t i = 0; i < 2; ++i) {
    const auto [height, width] = batch.sizes[i];
    const auto [image, truth] = testing::drawShapes(height, width, shapes[i]);
    batch.images[static_cast<std::int64_t>(i)].narrow(1, 0, height).narrow(2, 0, width).copy_(image);
    batch.truths.push_back(truth);
  }
  return batch;
}

std::shared_ptr<MaskRcnn> tiny() {
  torch::manual_seed(8);
  return std::make_shared<MaskRcnn>(testing::tinyDetector());
}

TEST(MaskRcnn, HasTheKeysAndShapesOfMmdetInItsOrder) {
  for (const char* name : {"slab_swin_t", "prepbn_swin_t"}) {
    const MaskRcnn model(*findDetector(std::string("mask_rcnn_") + name));
    std::vector<std::pair<std::string, std::vector<std::int64_t>>> expected, own;
    for (const auto& key : golden::stateDictKeys(std::string("det_backbone_") + name)) {
      if (!isDerived(key.name)) expected.emplace_back("backbone." + key.name, key.shape);
    }
    for (const auto& key : golden::stateDictKeys("mask_rcnn_fpn_heads_swin_ts")) {
      expected.emplace_back(key.name, key.shape);
    }
    for (const auto& item : stateDict(model)) {
      if (item.key().ends_with(".warm") || isDerived(item.key())) continue;
      own.emplace_back(item.key(), item.value().sizes().vec());
    }
    EXPECT_EQ(own, expected) << name;
  }
}

TEST(MaskRcnn, EveryNamedDetectorIsFoundAndHasItsBackbone) {
  for (const auto& config : detectors()) {
    ASSERT_EQ(findDetector(config.name), &config);
    EXPECT_EQ(config.backbone.stages(), 4U) << config.name;
  }
  EXPECT_EQ(findDetector("mask_rcnn_r50"), nullptr);
}

TEST(MaskRcnn, StatisticsStayFrozenInTrainingWhileTheirWeightsTrain) {
  const auto model = tiny();
  model->train();
  model->backbone().setLambda(0.3);
  const auto before = model->named_buffers();
  std::map<std::string, at::Tensor> kept;
  for (const auto& item : before) kept[item.key()] = item.value().clone();
  const Batch batch = twoImages();
  model->losses(batch.images, batch.sizes, batch.truths, 1).total().backward();
  for (const auto& item : model->named_buffers()) EXPECT_TRUE(at::equal(item.value(), kept[item.key()])) << item.key();
  int norms = 0;
  for (const auto& item : model->named_parameters()) {
    if (item.key().find("norm2.bn.") == std::string::npos && !item.key().ends_with(".alpha")) continue;
    ++norms;
    ASSERT_TRUE(item.value().grad().defined()) << item.key();
    EXPECT_GT(item.value().grad().abs().sum().item<float>(), 0.0f) << item.key();
  }
  EXPECT_GT(norms, 20);
}

TEST(MaskRcnn, StatisticsMoveInTrainingWhereTheyAreNotFrozen) {
  DetectorConfig config = testing::tinyDetector();
  config.freezeStatistics = false;
  MaskRcnn model(config);
  model.train();
  model.backbone().setLambda(0.3);
  std::map<std::string, at::Tensor> kept;
  for (const auto& item : model.named_buffers()) kept[item.key()] = item.value().clone();
  const Batch batch = twoImages();
  model.losses(batch.images, batch.sizes, batch.truths, 1);
  int moved = 0;
  for (const auto& item : model.named_buffers()) {
    const bool isStatistic = item.key().find("running_") != std::string::npos;
    if (!isStatistic) continue;
    ++moved;
    EXPECT_FALSE(at::equal(item.value(), kept[item.key()])) << item.key();
  }
  EXPECT_GT(moved, 10);
}

TEST(MaskRcnn, LambdaCountsDownFromTheFilesCounters) {
  const auto model = tiny();
  auto counters = largestCounters(*model);
  ASSERT_TRUE(counters);
  EXPECT_EQ(counters->iter, nn::PrepBn::kReferenceSteps);
  EXPECT_EQ(lambdaAt(*counters).lambda, 1.0);
  EXPECT_EQ(lambdaAt(countersAfter(*counters, 75000)).lambda, 0.75);
  EXPECT_EQ(lambdaAt(countersAfter(*counters, 400000)).lambda, 0.0);
  EXPECT_EQ(lambdaAt({0, 0, 60000}).lambda, 0.0) << "a finished classification checkpoint";
  EXPECT_TRUE(lambdaAt({5, 10, 10}).layerNormOnly);
  EXPECT_EQ(countersAfter({5, 10, 10}, 8), (NormCounters{0, 7, 10}));
  writeCounters(*model, {0, 7, 10});
  EXPECT_EQ(*largestCounters(*model), (NormCounters{0, 7, 10}));
}

TEST(MaskRcnn, EveryParameterThatIsUsedGetsAGradient) {
  const auto model = tiny();
  model->backbone().setLambda(0.5);
  const Batch batch = twoImages();
  const auto losses = model->losses(batch.images, batch.sizes, batch.truths, 3);
  for (const auto& [name, term] : losses.named()) {
    EXPECT_TRUE(std::isfinite(term.item<float>())) << name;
    EXPECT_GT(term.item<float>(), 0.0f) << name;
  }
  losses.total().backward();
  for (const auto& item : model->named_parameters()) {
    EXPECT_TRUE(item.value().grad().defined()) << item.key();
  }
}

TEST(MaskRcnn, LossesFollowTheKeyBitForBit) {
  const Batch batch = twoImages();
  const auto total = [&](std::uint64_t key) {
    const auto model = tiny();
    return model->losses(batch.images, batch.sizes, batch.truths, key).total().item<float>();
  };
  EXPECT_EQ(total(hashKeys(0, 17)), total(hashKeys(0, 17)));
  EXPECT_NE(total(hashKeys(0, 17)), total(hashKeys(0, 18)));
}

TEST(MaskRcnn, TrainsUnderAutocastWithLossesInFloat32) {
  const Batch batch = twoImages();
  const auto exact = tiny()->losses(batch.images, batch.sizes, batch.truths, 3);
  const auto model = tiny();
  DetectorLosses losses;
  {
    const ops::Autocast scope(at::kCPU, at::kBFloat16);
    losses = model->losses(batch.images, batch.sizes, batch.truths, 3);
  }
  for (const auto& [name, term] : losses.named()) EXPECT_EQ(term.scalar_type(), at::kFloat) << name;
  // The anchors that are sampled do not depend on the forward.
  EXPECT_NEAR(losses.rpn.objectness.item<double>() / exact.rpn.objectness.item<double>(), 1.0, 0.02);
  EXPECT_NEAR(losses.rpn.boxes.item<double>() / exact.rpn.boxes.item<double>(), 1.0, 0.02);
  losses.total().backward();
  for (const auto& item : model->named_parameters()) {
    EXPECT_TRUE(item.value().grad().isfinite().all().item<bool>()) << item.key();
  }
}

TEST(MaskRcnn, NormsAndRelativeTablesOfASwinDoNotDecay) {
  const auto groups = decayGroups(*tiny());
  EXPECT_GT(groups.noDecay.size(), 50U);
  for (const auto& each : groups.noDecay) {
    EXPECT_TRUE(each.name.find("norm") != std::string::npos || each.name.ends_with("bias_table")) << each.name;
  }
  std::set<std::string> decaying;
  for (const auto& each : groups.decay) decaying.insert(each.name);
  for (const char* name : {"backbone.layers.0.blocks.0.attn.positional_encoding", "backbone.patch_embed.proj.bias",
                           "neck.fpn_convs.0.conv.bias", "roi_head.bbox_head.fc_cls.weight"}) {
    EXPECT_TRUE(decaying.contains(name)) << name;
  }
}

// Adam by the torch that is there: the trainer is another room's.
TEST(MaskRcnn, OverfitsTwoImagesAndThenFindsTheirObjects) {
  const auto model = tiny();
  model->backbone().setLambda(1.0);
  model->backbone().setEvalBranch(nn::EvalBranch::LayerNorm);
  const Batch batch = twoImages();
  torch::optim::Adam optimizer(model->parameters(), torch::optim::AdamOptions(3e-3));
  double first = 0.0, last = 0.0;
  constexpr int kSteps = 120;
  for (int step = 0; step < kSteps; ++step) {
    optimizer.zero_grad();
    const auto loss =
        model->losses(batch.images, batch.sizes, batch.truths, hashKeys(1, static_cast<std::uint64_t>(step))).total();
    loss.backward();
    optimizer.step();
    if (step < 5) first += loss.item<double>() / 5;
    if (step >= kSteps - 5) last += loss.item<double>() / 5;
  }
  EXPECT_LT(last, 0.35 * first) << first << " to " << last;
  model->eval();
  const auto found = model->detect(batch.images, batch.sizes);
  for (std::size_t i = 0; i < 2; ++i) {
    const auto overlap = boxes::overlaps(batch.truths[i].boxes, found[i].boxes);
    for (std::int64_t object = 0; object < batch.truths[i].boxes.size(0); ++object) {
      const auto isRight = (found[i].labels == batch.truths[i].labels[object]).to(at::kFloat);
      ASSERT_GT(found[i].scores.size(0), 0);
      EXPECT_GT((overlap[object] * isRight).max().item<float>(), 0.6f) << "image " << i << ", object " << object;
    }
  }
}

TEST(MaskRcnn, TakesAStepAndDetectsAtTheSizeOfCoco) {
  if (!testing::isLongTier()) GTEST_SKIP() << "a published detector: a minute, on a busy machine four";
  at::set_num_threads(2);
  torch::manual_seed(9);
  MaskRcnn model(*findDetector("mask_rcnn_slab_swin_t"));
  const ImageSize size{800, 1066};
  const auto [image, truth] = testing::drawShapes(
      size.height, size.width, {{0, 100, 120, 300, 400}, {1, 500, 30, 90, 120}, {2, 700, 300, 40, 40}});
  const auto images = at::constant_pad_nd(image, {0, 22, 0, 0}).unsqueeze(0);
  const auto losses = model.losses(images, {size}, {truth}, 1);
  for (const auto& [name, term] : losses.named()) EXPECT_TRUE(std::isfinite(term.item<float>())) << name;
  // 81 classes and two answers of the RPN, all as likely at the start.
  EXPECT_NEAR(losses.roi.classes.item<float>(), std::log(81.0), 0.5);
  EXPECT_NEAR(losses.rpn.objectness.item<float>(), std::log(2.0), 0.1);
  losses.total().backward();
  for (const auto& item : model.named_parameters()) {
    EXPECT_TRUE(item.value().grad().isfinite().all().item<bool>()) << item.key();
  }
  model.eval();
  const auto found = model.detect(images, {size});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_LE(found[0].scores.size(0), 100);
  at::set_num_threads(1);
}

TEST(MaskRcnn, RefusesWhatDoesNotFitTheBatch) {
  const auto model = tiny();
  const Batch good = twoImages();
  const auto expectRefused = [&](auto change, const char* what) {
    Batch batch = good;
    change(batch);
    EXPECT_THROW(model->losses(batch.images, batch.sizes, batch.truths, 1), Error) << what;
  };
  expectRefused([](Batch& b) { b.sizes.pop_back(); }, "a size is missing");
  expectRefused([](Batch& b) { b.sizes[0].width = 500; }, "a size above the batch's");
  expectRefused([](Batch& b) { b.truths.pop_back(); }, "a ground truth is missing");
  expectRefused([](Batch& b) { b.truths[1].labels = torch::tensor({0, 3}, at::kLong); }, "a label too large");
  expectRefused([](Batch& b) { b.truths[1].boxes = at::zeros({2, 4}); }, "boxes without area");
  expectRefused([](Batch& b) { b.truths[0].masks = b.truths[0].masks.slice(1, 0, 20); }, "masks that are too small");
  expectRefused([](Batch& b) { b.images = at::zeros({2, 1, 96, 128}); }, "one channel");
  EXPECT_THROW(model->detect(good.images, good.sizes), Error) << "in training mode";
  DetectorConfig config = testing::tinyDetector();
  config.backbone.name = "cswin_t";
  EXPECT_THROW(MaskRcnn{config}, Error);
}

TEST(MaskRcnn, AnImageDoesNotSeeItsNeighbourInTheBatch) {
  const auto model = tiny();
  model->eval();
  const Batch batch = twoImages();
  const auto both = model->detect(batch.images, batch.sizes);
  const auto alone = model->detect(batch.images.narrow(0, 1, 1), {batch.sizes[1]});
  ASSERT_EQ(both[1].boxes.sizes(), alone[0].boxes.sizes());
  EXPECT_TRUE(at::allclose(both[1].boxes, alone[0].boxes, 1e-4, 1e-3));
  EXPECT_TRUE(at::allclose(both[1].scores, alone[0].scores, 1e-4, 1e-5));
}

}  // namespace
}  // namespace slab
