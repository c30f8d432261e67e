// Pyramid, RPN, region heads and masks against loops in double precision.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/base/rng.h"
#include "core/models/detection/feature_pyramid.h"
#include "core/models/detection/masks.h"
#include "core/models/detection/roi_head.h"
#include "core/models/detection/rpn_head.h"
#include "core/models/detection/sampling.h"
#include "tests/core/models/detection/support.h"

namespace slab {
namespace {

double value(const at::Tensor& tensor) {
  return tensor.item<double>();
}

at::Tensor named(const torch::nn::Module& module, const std::string& key) {
  return module.named_parameters()[key];
}

TEST(FeaturePyramid, AddsTheRepeatedCoarserLevelAndThinsTheLast) {
  torch::manual_seed(1);
  const torch::NoGradGuard noGrad;
  FeaturePyramid pyramid({3, 5}, 4);
  const auto fine = at::randn({2, 3, 7, 10}), coarse = at::randn({2, 5, 4, 5});
  const auto levels = pyramid.forward({fine, coarse});
  ASSERT_EQ(levels.size(), 3U);
  const auto lateral = [&](const at::Tensor& map, const std::string& i) {
    return at::conv2d(map, named(pyramid, "lateral_convs." + i + ".conv.weight"),
                      named(pyramid, "lateral_convs." + i + ".conv.bias"));
  };
  auto sum = lateral(fine, "0");
  const auto above = lateral(coarse, "1");
  for (std::int64_t y = 0; y < 7; ++y) {
    for (std::int64_t x = 0; x < 10; ++x) {
      sum.select(2, y).select(2, x).add_(above.select(2, y * 4 / 7).select(2, x * 5 / 10));
    }
  }
  const auto expected = at::conv2d(sum, named(pyramid, "fpn_convs.0.conv.weight"),
                                   named(pyramid, "fpn_convs.0.conv.bias"), {1, 1}, {1, 1});
  EXPECT_TRUE(at::allclose(levels[0], expected, 1e-5, 1e-5));
  EXPECT_TRUE(at::equal(levels[2], levels[1].slice(2, 0, 4, 2).slice(3, 0, 5, 2)));
  EXPECT_LE(value(named(pyramid, "fpn_convs.0.conv.weight").abs().max()), std::sqrt(6.0 / (9 * 8)));
}

struct RpnFixture {
  RpnFixture() {
    torch::manual_seed(2);
    config = testing::tinyDetector();
    rpn = std::make_shared<RpnHead>(config);
    for (const std::int64_t side : {16, 8, 4, 2, 1}) maps.push_back(at::randn({2, config.channels, side, side + 8}));
    const torch::NoGradGuard noGrad;
    for (auto& parameter : rpn->parameters()) parameter.mul_(20.0);
    output = rpn->forward(maps, 4);
  }
  DetectorConfig config;
  std::shared_ptr<RpnHead> rpn;
  std::vector<at::Tensor> maps;
  RpnOutput output;
  std::vector<ImageSize> sizes{{60, 90}, {33, 64}};
};

TEST(RpnHead, LaysItsOutputOutAsTheAnchors) {
  RpnFixture f;
  const auto anchors = f.output.anchors.size(0);
  EXPECT_EQ(anchors, 3 * (16 * 24 + 8 * 16 + 4 * 12 + 2 * 10 + 1 * 9));
  ASSERT_EQ(f.output.logits.sizes(), (std::vector<std::int64_t>{2, anchors}));
  ASSERT_EQ(f.output.deltas.sizes(), (std::vector<std::int64_t>{2, anchors, 4}));
  // Level 1, row 3, column 5, ratio 2.
  const std::int64_t index = 3 * (16 * 24) + (3 * 16 + 5) * 3 + 2;
  const auto hidden =
      at::relu(at::conv2d(f.maps[1], named(*f.rpn, "rpn_conv.weight"), named(*f.rpn, "rpn_conv.bias"), {1, 1}, {1, 1}));
  const auto score = at::conv2d(hidden, named(*f.rpn, "rpn_cls.weight"), named(*f.rpn, "rpn_cls.bias"));
  const auto delta = at::conv2d(hidden, named(*f.rpn, "rpn_reg.weight"), named(*f.rpn, "rpn_reg.bias"));
  EXPECT_NEAR(value(f.output.logits[1][index]), value(score[1][2][3][5]), 1e-4);
  for (int i = 0; i < 4; ++i) EXPECT_NEAR(value(f.output.deltas[1][index][i]), value(delta[1][8 + i][3][5]), 1e-4);
  const double centre = value(f.output.anchors[index][0] + f.output.anchors[index][2]) / 2;
  EXPECT_NEAR(centre, 5 * 8.0, 1e-4);
}

TEST(RpnHead, LossesAreSumsOverTheSampledAnchorsDividedByTheirNumber) {
  RpnFixture f;
  const std::vector<GroundTruth> truths{
      {torch::tensor({{10.0, 8.0, 40.0, 44.0}, {60.0, 20.0, 75.0, 35.0}}), torch::tensor({1, 2}, at::kLong), {}},
      {at::zeros({0, 4}), at::zeros({0}, at::kLong), {}}};
  const auto losses = f.rpn->losses(f.output, f.sizes, truths, 99);
  double entropy = 0.0, distance = 0.0;
  std::int64_t sampled = 0, positives = 0;
  for (std::size_t image = 0; image < 2; ++image) {
    // Anchors of cells within 64 x 96 (33 x 64: 64 x 64) pixels.
    std::vector<std::int64_t> inside;
    std::int64_t first = 0, stride = 4;
    for (const std::int64_t side : {16, 8, 4, 2, 1}) {
      const auto rows = std::min<std::int64_t>(side, (64 + stride - 1) / stride);
      const auto columns = std::min<std::int64_t>(side + 8, ((image == 0 ? 96 : 64) + stride - 1) / stride);
      for (std::int64_t y = 0; y < rows; ++y) {
        for (std::int64_t i = 0; i < columns * 3; ++i) inside.push_back(first + y * (side + 8) * 3 + i);
      }
      first += side * (side + 8) * 3;
      stride *= 2;
    }
    const auto numbers = torch::tensor(inside, at::kLong);
    const auto candidates = f.output.anchors.index_select(0, numbers);
    const auto match = matchBoxes(candidates, truths[image].boxes, f.config.anchors);
    const auto sample = sampleBoxes(match, f.config.anchors, hashKeys(99, image));
    const auto add = [&](const at::Tensor& drawn, bool positive) {
      for (std::int64_t i = 0; i < drawn.size(0); ++i) {
        const auto anchor = numbers[drawn[i]].item<std::int64_t>();
        const auto row = static_cast<std::int64_t>(image);
        const double logit = value(f.output.logits[row][anchor]);
        entropy += std::log1p(std::exp(positive ? -logit : logit));
        ++sampled;
        if (!positive) continue;
        ++positives;
        const auto a = f.output.anchors[anchor].to(at::kDouble);
        const auto t = truths[image].boxes[match[drawn[i]].item<std::int64_t>()].to(at::kDouble);
        const double w = value(a[2] - a[0]), h = value(a[3] - a[1]);
        const double target[4] = {value(t[0] + t[2] - a[0] - a[2]) / 2 / w, value(t[1] + t[3] - a[1] - a[3]) / 2 / h,
                                  std::log(value(t[2] - t[0]) / w), std::log(value(t[3] - t[1]) / h)};
        for (int d = 0; d < 4; ++d) distance += std::abs(value(f.output.deltas[row][anchor][d]) - target[d]);
      }
    };
    add(sample.positive, true);
    add(sample.negative, false);
  }
  ASSERT_EQ(sampled, 128);
  ASSERT_GT(positives, 1);
  EXPECT_NEAR(value(losses.objectness), entropy / 128.0, 1e-4 * entropy / 128.0);
  EXPECT_NEAR(value(losses.boxes), distance / 128.0, 1e-4 * distance / 128.0);
}

TEST(RpnHead, ProposalsAreClippedSuppressedByLevelAndLimited) {
  RpnFixture f;
  f.rpn->eval();
  const auto found = f.rpn->proposals(f.output, f.sizes);
  ASSERT_EQ(found.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_GT(found[i].size(0), 5);
    EXPECT_LE(found[i].size(0), f.config.proposals.count);
    EXPECT_GE(value(found[i].min()), 0.0);
    EXPECT_LE(value(found[i].select(1, 2).max()), static_cast<double>(f.sizes[i].width));
    EXPECT_LE(value(found[i].select(1, 3).max()), static_cast<double>(f.sizes[i].height));
    EXPECT_TRUE((found[i].slice(1, 2) > found[i].slice(1, 0, 2)).all().item<bool>());
  }
  // One level alone: no two proposals overlap by more than the threshold, and the best anchor leads.
  RpnHead single(f.config);
  single.eval();
  const auto output = single.forward({f.maps[0]}, 4);
  const auto alone = single.proposals(output, f.sizes)[0];
  auto overlap = boxes::overlaps(alone, alone);
  overlap.fill_diagonal_(0.0);
  EXPECT_LE(value(overlap.max()), f.config.proposals.overlap);
  const auto best = output.logits[0].argmax();
  const auto lead = boxes::clipped(boxes::Coder{}.decode(output.anchors[best], output.deltas[0][best]), f.sizes[0]);
  EXPECT_TRUE(at::allclose(alone[0], lead, 1e-5, 1e-4));
}

TEST(RpnHead, TakesMoreAnchorsALevelInTraining) {
  RpnFixture f;
  f.config.proposals = {40, 3, 1.0, 1000};  // nothing is suppressed
  RpnHead rpn(f.config);
  rpn.eval();
  const auto output = rpn.forward(f.maps, 4);
  const auto test = rpn.proposals(output, f.sizes)[0].size(0);
  rpn.train();
  const auto train = rpn.proposals(output, f.sizes)[0].size(0);
  EXPECT_LE(test, 5 * 3);
  EXPECT_GT(train, 5 * 3);
}

struct RoiFixture {
  RoiFixture() {
    torch::manual_seed(4);
    config = testing::tinyDetector();
    head = std::make_shared<RoiHead>(config);
    const torch::NoGradGuard noGrad;
    for (auto& parameter : head->parameters()) parameter.mul_(3.0);
    for (const std::int64_t side : {24, 12, 6, 3}) levels.push_back(at::randn({2, config.channels, side, side}));
    const auto [image, first] = testing::drawShapes(96, 96, {{0, 10, 12, 30, 40}, {2, 50, 40, 33, 25}});
    truths = {first, testing::drawShapes(96, 96, {}).second};
    proposals = {testing::randomBoxes(60, 50, 45), testing::randomBoxes(60, 50, 45)};
    const auto near = truths[0].boxes + at::randn({20, 2, 4}) * 3;
    proposals[0] = at::cat({proposals[0], near.view({-1, 4})});
  }
  DetectorConfig config;
  std::shared_ptr<RoiHead> head;
  std::vector<at::Tensor> levels, proposals;
  std::vector<GroundTruth> truths;
};

// The region by itself from its own level.
TEST(RoiHead, TakesEachRegionFromItsLevelInTheOrderGiven) {
  RoiFixture f;
  const auto regions =
      torch::tensor({{1.0, 5.0, 5.0, 90.0, 90.0}, {0.0, 3.0, 3.0, 20.0, 20.0}, {0.0, 0.0, 0.0, 60.0, 61.0}});
  const auto together = f.head->features(f.levels, 4, regions, 7);
  for (std::int64_t i = 0; i < 3; ++i) {
    const auto alone = f.head->features(f.levels, 4, regions.narrow(0, i, 1), 7);
    EXPECT_TRUE(at::equal(together.narrow(0, i, 1), alone)) << i;
  }
  EXPECT_EQ(levelsOf(regions, f.config.finestSide, 4)[0].item<std::int64_t>(), 1);
}

TEST(RoiHead, LossesFollowTheirDefinitions) {
  RoiFixture f;
  const auto losses = f.head->losses(f.levels, 4, f.proposals, f.truths, 5);
  auto box = std::dynamic_pointer_cast<BoxHead>(f.head->named_children()["bbox_head"]);
  auto mask = std::dynamic_pointer_cast<MaskHead>(f.head->named_children()["mask_head"]);
  const torch::NoGradGuard noGrad;
  double entropy = 0.0, distance = 0.0, cells = 0.0;
  std::int64_t sampled = 0, positives = 0;
  for (std::size_t image = 0; image < 2; ++image) {
    const auto objects = f.truths[image].boxes;
    const auto boxes = at::cat({objects, f.proposals[image]});
    const auto match =
        at::cat({at::arange(objects.size(0), at::kLong), matchBoxes(f.proposals[image], objects, f.config.regions)});
    const auto sample = sampleBoxes(match, f.config.regions, hashKeys(5, image));
    const auto visit = [&](std::int64_t number, bool positive) {
      const auto region = at::cat({at::full({1}, static_cast<double>(image)), boxes[number]}).unsqueeze(0);
      const auto output = box->forward(f.head->features(f.levels, 4, region, 7));
      const auto object = positive ? match[number].item<std::int64_t>() : 0;
      const auto label = positive ? f.truths[image].labels[object].item<std::int64_t>() : f.config.classes;
      entropy -= value(at::log_softmax(output.logits[0], 0)[label]);
      ++sampled;
      if (!positive) return;
      ++positives;
      const auto target = boxes::Coder{{0.1, 0.1, 0.2, 0.2}}.encode(boxes[number], objects[object]);
      distance += value((output.deltas[0].view({-1, 4})[label] - target).abs().sum());
      const auto logits = mask->forward(f.head->features(f.levels, 4, region, 14), torch::tensor({label}))[0];
      const auto wanted =
          masks::cropped(f.truths[image].masks, boxes[number].unsqueeze(0), torch::tensor({object}, at::kLong), 28)[0];
      cells += value(at::binary_cross_entropy_with_logits(logits, wanted, {}, {}, at::Reduction::Sum));
    };
    for (std::int64_t i = 0; i < sample.positive.size(0); ++i) visit(sample.positive[i].item<std::int64_t>(), true);
    for (std::int64_t i = 0; i < sample.negative.size(0); ++i) visit(sample.negative[i].item<std::int64_t>(), false);
  }
  ASSERT_EQ(sampled, 64);
  ASSERT_EQ(positives, 8) << "a quarter of 32 of the first image; the second has no object";
  EXPECT_NEAR(value(losses.classes), entropy / 64, 1e-4 * entropy / 64);
  EXPECT_NEAR(value(losses.boxes), distance / 64, 1e-4 * distance / 64);
  EXPECT_NEAR(value(losses.masks), cells / (8 * 28 * 28), 1e-4 * cells / (8 * 28 * 28));
}

TEST(MaskHead, LogitsAreThoseOfTheConvolutionToEveryClassTakenAtTheirOwn) {
  DetectorConfig config = testing::tinyDetector();
  config.classes = 5;
  torch::manual_seed(7);
  MaskHead head(config);
  const auto parameters = head.named_parameters();
  for (const auto& item : parameters) item.value().data().normal_(0.0, 0.2);
  const auto features = at::randn({5, config.channels, 3, 4});
  const auto labels = torch::tensor({3, 0, 3, 4, 1}, at::kLong);
  at::Tensor hidden = features;
  for (std::int64_t i = 0; i < config.maskConvolutions; ++i) {
    const std::string name = "convs." + std::to_string(i) + ".conv.";
    hidden = at::relu(at::conv2d(hidden, parameters[name + "weight"], parameters[name + "bias"], {1, 1}, {1, 1}));
  }
  hidden = at::relu(at::conv_transpose2d(hidden, parameters["upsample.weight"], parameters["upsample.bias"], {2, 2}));
  const auto all = at::conv2d(hidden, parameters["conv_logits.weight"], parameters["conv_logits.bias"]);
  const auto expected = all.index({at::arange(5), labels});
  const auto found = head.forward(features, labels);
  ASSERT_EQ(found.sizes(), (std::vector<std::int64_t>{5, 6, 8}));
  EXPECT_TRUE(at::allclose(found, expected, 1e-4, 1e-5));

  const auto weight = at::randn_like(expected);
  std::vector<at::Tensor> variables;
  for (const auto& item : parameters) variables.push_back(item.value());
  const auto wanted = torch::autograd::grad({(expected * weight).sum()}, variables);
  const auto gradients = torch::autograd::grad({(found * weight).sum()}, variables);
  for (std::size_t i = 0; i < variables.size(); ++i) {
    EXPECT_TRUE(at::allclose(gradients[i], wanted[i], 1e-3, 1e-4)) << parameters[i].key();
  }
}

TEST(RoiHead, WithoutAnObjectEveryParameterGetsAGradientAndMasksCostNothing) {
  RoiFixture f;
  const auto losses = f.head->losses({f.levels}, 4, f.proposals, {f.truths[1], f.truths[1]}, 5);
  EXPECT_EQ(value(losses.boxes), 0.0);
  EXPECT_EQ(value(losses.masks), 0.0);
  (losses.classes + losses.boxes + losses.masks).backward();
  for (const auto& item : f.head->named_parameters()) EXPECT_TRUE(item.value().grad().defined()) << item.key();
}

TEST(RoiHead, DetectionsAreAboveTheScoreSuppressedByClassAndLimited) {
  RoiFixture f;
  f.config.detections = 12;
  RoiHead head(f.config);
  const torch::NoGradGuard noGrad;
  for (auto& parameter : head.parameters()) parameter.mul_(3.0);
  const std::vector<ImageSize> sizes{{96, 90}, {80, 96}};
  const auto found = head.detect(f.levels, 4, f.proposals, sizes);
  for (std::size_t i = 0; i < 2; ++i) {
    const auto& d = found[i];
    ASSERT_EQ(d.scores.size(0), 12);
    EXPECT_GT(value(d.scores.min()), f.config.scoreThreshold);
    EXPECT_TRUE((d.scores.slice(0, 1) <= d.scores.slice(0, 0, -1)).all().item<bool>());
    EXPECT_GE(value(d.labels.min()), 0);
    EXPECT_LT(value(d.labels.max()), f.config.classes);
    EXPECT_LE(value(d.boxes.select(1, 2).max()), static_cast<double>(sizes[i].width));
    const auto same = d.labels.unsqueeze(0) == d.labels.unsqueeze(1);
    auto overlap = boxes::overlaps(d.boxes, d.boxes) * same;
    overlap.fill_diagonal_(0.0);
    EXPECT_LE(value(overlap.max()), f.config.detectionOverlap);
    ASSERT_EQ(d.masks.sizes(), (std::vector<std::int64_t>{12, 28, 28}));
    EXPECT_TRUE((d.masks >= 0).logical_and(d.masks <= 1).all().item<bool>());
  }
  // A mask is that of its own box and label.
  auto mask = std::dynamic_pointer_cast<MaskHead>(head.named_children()["mask_head"]);
  const auto& d = found[1];
  const auto region = at::cat({at::ones({1}), d.boxes[3]}).unsqueeze(0);
  const auto own = mask->forward(head.features(f.levels, 4, region, 14), d.labels.slice(0, 3, 4))[0].sigmoid();
  EXPECT_TRUE(at::allclose(d.masks[3], own, 1e-4, 1e-4));
}

TEST(RoiHead, FindsNothingWhereNoScoreIsHighEnough) {
  RoiFixture f;
  f.config.scoreThreshold = 1.0;
  RoiHead head(f.config);
  const auto found = head.detect(f.levels, 4, {f.proposals[0], at::zeros({0, 4})}, {{96, 96}, {96, 96}});
  for (const auto& d : found) {
    EXPECT_EQ(d.boxes.sizes(), (std::vector<std::int64_t>{0, 4}));
    EXPECT_EQ(d.masks.sizes(), (std::vector<std::int64_t>{0, 28, 28}));
  }
}

TEST(MaskTargets, AreTheObjectsShareOfEachCell) {
  auto mask = at::zeros({2, 40, 50}, at::kByte);
  mask.select(0, 1).narrow(0, 10, 20).narrow(1, 10, 10).fill_(1);  // rows 10 to 30, columns 10 to 20
  const auto boxes = torch::tensor({{10.0, 10.0, 38.0, 38.0}, {5.0, 5.0, 19.0, 19.0}});
  const auto target = masks::cropped(mask, boxes, torch::tensor({1, 1}, at::kLong), 28);
  for (std::int64_t y = 0; y < 28; ++y) {
    for (std::int64_t x = 0; x < 28; ++x) {
      // A pixel a cell, a sample at its centre.
      EXPECT_EQ(value(target[0][y][x]), y < 20 && x < 10 ? 1.0 : 0.0) << y << ", " << x;
      // Half a pixel a cell: the border of the object, at 10, lies on the border between two cells.
      EXPECT_EQ(value(target[1][y][x]), y >= 10 && x >= 10 ? 1.0 : 0.0) << y << ", " << x;
    }
  }
  EXPECT_EQ(value(masks::cropped(mask, boxes, torch::tensor({0, 0}, at::kLong), 28).sum()), 0.0);
}

// mmdet's rule pixel by pixel: the centre of a pixel, in shares of the box, sampled between cells with zeros around.
double pastedPixel(const at::Tensor& small, const std::vector<double>& box, std::int64_t x, std::int64_t y) {
  const auto side = small.size(0);
  const double u = (static_cast<double>(x) + 0.5 - box[0]) / (box[2] - box[0]) * static_cast<double>(side) - 0.5;
  const double v = (static_cast<double>(y) + 0.5 - box[1]) / (box[3] - box[1]) * static_cast<double>(side) - 0.5;
  double sum = 0.0;
  for (std::int64_t i = 0; i < side; ++i) {
    for (std::int64_t j = 0; j < side; ++j) {
      const double weight = std::max(0.0, 1 - std::abs(v - static_cast<double>(i))) *
                            std::max(0.0, 1 - std::abs(u - static_cast<double>(j)));
      if (weight > 0) sum += weight * value(small[i][j]);
    }
  }
  return sum;
}

TEST(Masks, ArePastedByBilinearSamplingAtPixelCentres) {
  torch::manual_seed(6);
  const auto small = at::rand({2, 7, 7});
  const std::vector<std::vector<double>> boxes{{3.3, 5.1, 28.7, 20.2}, {-6.0, 12.5, 9.5, 45.0}};
  const auto where = torch::tensor({{3.3, 5.1, 28.7, 20.2}, {-6.0, 12.5, 9.5, 45.0}});
  const auto full = masks::pasted(small, where, {30, 32}, 0.5);
  ASSERT_EQ(full.sizes(), (std::vector<std::int64_t>{2, 30, 32}));
  std::int64_t set = 0;
  for (std::int64_t i = 0; i < 2; ++i) {
    for (std::int64_t y = 0; y < 30; ++y) {
      for (std::int64_t x = 0; x < 32; ++x) {
        const double expected = pastedPixel(small[i], boxes[static_cast<std::size_t>(i)], x, y);
        if (std::abs(expected - 0.5) < 1e-5) continue;
        EXPECT_EQ(full[i][y][x].item<int>(), expected >= 0.5 ? 1 : 0) << i << ": " << x << ", " << y;
        set += expected >= 0.5;
      }
    }
  }
  EXPECT_GT(set, 50);
  EXPECT_EQ(value(masks::pasted(at::ones({1, 7, 7}), torch::tensor({{5.0, 5.0, 5.0, 9.0}}), {30, 32}, 0.5).sum()), 0.0);
}

}  // namespace
}  // namespace slab
