// Boxes, anchors, matching and sampling, by hand, by loops in double precision, and by torchvision's values.
#include "core/models/detection/boxes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/models/detection/roi_head.h"
#include "core/models/detection/sampling.h"
#include "core/ops/nms.h"
#include "core/ops/options.h"
#include "core/ops/roi_align.h"
#include "tests/core/models/detection/support.h"

namespace slab {
namespace {

void expectNear(const at::Tensor& actual, const at::Tensor& expected, double tolerance, const std::string& what) {
  ASSERT_EQ(actual.sizes(), expected.sizes()) << what;
  EXPECT_LE((actual.to(at::kDouble) - expected.to(at::kDouble)).abs().max().item<double>(), tolerance) << what;
}

TEST(DetectionOperators, AgreeWithTorchvision) {
  auto oracle = testing::detectionOracle();
  for (const auto backend : {ops::Backend::Auto, ops::Backend::Reference}) {
    const ops::OptionsGuard guard({backend, ops::LinearBackend::Torch});
    const std::vector<ops::RoiAlignGrid> grids{{7, 7, 0.25, 0}, {14, 14, 0.25, 0}, {3, 3, 0.125, 2}};
    for (std::size_t i = 0; i < grids.size(); ++i) {
      const std::string prefix = "align." + std::to_string(i) + ".";
      const auto map = oracle.at("align.map").clone().set_requires_grad(true);
      const auto output = ops::roiAlign(map, oracle.at("align.rois"), grids[i]);
      output.backward(oracle.at(prefix + "upstream"));
      expectNear(output.detach(), oracle.at(prefix + "output"), 5e-6, prefix + "output");
      expectNear(map.grad(), oracle.at(prefix + "gradient"), 2e-5, prefix + "gradient");
    }
    for (const auto& [name, threshold] : {std::pair{"0.3", 0.3}, {"0.5", 0.5}, {"0.7", 0.7}}) {
      const auto &boxes = oracle.at("nms.boxes"), &scores = oracle.at("nms.scores");
      EXPECT_TRUE(at::equal(ops::nms(boxes, scores, {}, threshold), oracle.at(std::string("nms.") + name)));
      EXPECT_TRUE(at::equal(ops::nms(boxes, scores, oracle.at("nms.groups"), threshold),
                            oracle.at(std::string("nms.grouped.") + name)));
    }
  }
}

TEST(BoxCoder, AgreesWithTorchvision) {
  auto oracle = testing::detectionOracle();
  const auto &references = oracle.at("coder.references"), &targets = oracle.at("coder.targets");
  expectNear(boxes::overlaps(references, targets), oracle.at("coder.overlaps"), 1e-6, "overlaps");
  const boxes::Coder unit, scaled{{0.1, 0.1, 0.2, 0.2}};
  for (const auto& [name, coder] : {std::pair{"unit", unit}, {"scaled", scaled}}) {
    const std::string prefix = std::string("coder.") + name;
    expectNear(coder.encode(references, targets), oracle.at(prefix + ".deltas"), 1e-4, prefix);
    // Up to 62.5 times a side of 42 pixels.
    expectNear(coder.decode(references, oracle.at("coder.deltas")), oracle.at(prefix + ".decoded"), 2e-3, prefix);
    expectNear(coder.decode(references, coder.encode(references, targets)), targets, 1e-3, "there and back");
  }
}

TEST(Boxes, OverlapOfABoxWithoutAreaIsZeroAndClippingStaysInside) {
  const auto point = torch::tensor({{3.0, 3.0, 3.0, 3.0}}), box = torch::tensor({{0.0, 0.0, 10.0, 4.0}});
  EXPECT_EQ(boxes::overlaps(point, box).item<double>(), 0.0);
  EXPECT_EQ(boxes::overlaps(point, point).item<double>(), 0.0);
  const auto clipped = boxes::clipped(torch::tensor({{-5.0, 2.0, 700.0, 900.0}}), {480, 640});
  EXPECT_TRUE(at::equal(clipped, torch::tensor({{0.0, 2.0, 640.0, 480.0}})));
}

TEST(Anchors, AreCentredOnTheGridWithTheRatioFastestAndOneArea) {
  const auto anchors = boxes::anchors(2, 3, 4, 8.0, {0.5, 1.0, 2.0}, at::kDouble);
  ASSERT_EQ(anchors.sizes(), (std::vector<std::int64_t>{18, 4}));
  std::int64_t index = 0;
  for (int y = 0; y < 2; ++y) {
    for (int x = 0; x < 3; ++x) {
      for (const double ratio : {0.5, 1.0, 2.0}) {
        const double width = 32 / std::sqrt(ratio), height = 32 * std::sqrt(ratio);
        const std::vector<double> expected{4 * x - width / 2, 4 * y - height / 2, 4 * x + width / 2,
                                           4 * y + height / 2};
        for (int i = 0; i < 4; ++i) {
          EXPECT_NEAR(anchors[index][i].item<double>(), expected[static_cast<std::size_t>(i)], 1e-12);
        }
        ++index;
      }
    }
  }
}

TEST(Levels, FollowTheSideInOctavesOf56AndStayInThePyramid) {
  const auto level = [](double width, double height) {
    return levelsOf(torch::tensor({{0.0, 10.0, 10.0, 10.0 + width, 10.0 + height}}), 56.0, 4).item<std::int64_t>();
  };
  EXPECT_EQ(level(10, 10), 0);
  EXPECT_EQ(level(111, 111), 0);
  EXPECT_EQ(level(112, 112), 1);
  EXPECT_EQ(level(56, 224), 1);
  EXPECT_EQ(level(223, 223), 1);
  EXPECT_EQ(level(224, 224), 2);
  EXPECT_EQ(level(448, 448), 3);
  EXPECT_EQ(level(3000, 3000), 3);
  EXPECT_EQ(level(0, 5), 0);
}

// MaxIoUAssigner, box by box.
std::vector<std::int64_t> matchByLoops(const at::Tensor& boxes, const at::Tensor& truth, const SamplingConfig& config) {
  const auto overlap = boxes::overlaps(truth, boxes);
  std::vector<std::int64_t> match(static_cast<std::size_t>(boxes.size(0)), kNeither);
  for (std::int64_t b = 0; b < boxes.size(0); ++b) {
    std::int64_t whose = 0;
    for (std::int64_t g = 1; g < truth.size(0); ++g) {
      if (overlap[g][b].item<double>() > overlap[whose][b].item<double>()) whose = g;
    }
    const double most = overlap[whose][b].item<double>();
    if (most < config.negativeOverlap) match[static_cast<std::size_t>(b)] = kNegative;
    if (most >= config.positiveOverlap) match[static_cast<std::size_t>(b)] = whose;
  }
  for (std::int64_t g = 0; g < truth.size(0); ++g) {
    const double best = overlap[g].max().item<double>();
    if (best < config.bestOverlap) continue;
    for (std::int64_t b = 0; b < boxes.size(0); ++b) {
      if (overlap[g][b].item<double>() == best) match[static_cast<std::size_t>(b)] = g;
    }
  }
  return match;
}

TEST(Matching, AgreesWithTheDefinitionBoxByBox) {
  torch::manual_seed(3);
  for (const auto& config : {SamplingConfig{}, SamplingConfig{0.5, 0.5, 0.5, 512, 0.25}}) {
    const auto truth = testing::randomBoxes(6, 60, 40);
    // Whole pixels, and copies, so that several boxes are a ground truth's best.
    const auto some = testing::randomBoxes(150, 60, 40).round();
    const auto near = (truth + at::randn({10, 6, 4}) * 2).reshape({-1, 4});
    const auto boxes = at::cat({some, truth.slice(0, 0, 2), near, some.slice(0, 0, 40)});
    const auto match = matchBoxes(boxes, truth, config);
    const auto expected = matchByLoops(boxes, truth, config);
    EXPECT_TRUE(at::equal(match, torch::tensor(expected, at::kLong)));
    EXPECT_GT((match >= 0).sum().item<std::int64_t>(), 12);
  }
}

TEST(Matching, TheLastOfTwoObjectsTakesABoxThatIsBestForBoth) {
  const auto truth = torch::tensor({{0.0, 0.0, 10.0, 10.0}, {0.0, 0.0, 10.0, 10.0}});
  const auto match = matchBoxes(torch::tensor({{0.0, 0.0, 10.0, 8.0}}), truth, {});
  EXPECT_EQ(match.item<std::int64_t>(), 1);
}

TEST(Matching, WithoutObjectsAllAreNegativeAndWithoutBoxesThereIsNone) {
  const auto boxes = torch::tensor({{0.0, 0.0, 10.0, 8.0}, {0.0, 0.0, 1.0, 1.0}});
  EXPECT_TRUE((matchBoxes(boxes, at::zeros({0, 4}), {}) == kNegative).all().item<bool>());
  EXPECT_EQ(matchBoxes(at::zeros({0, 4}), boxes, {}).numel(), 0);
}

TEST(Sampling, KeepsToItsRatioFillsUpWithNegativesAndDrawsWithoutRepeating) {
  struct Case {
    std::int64_t positive, negative, neither, expectedPositive, expectedNegative;
  };
  const SamplingConfig config{0.5, 0.5, 0.5, 64, 0.25};
  for (const auto& c :
       {Case{100, 500, 50, 16, 48}, {5, 500, 0, 5, 59}, {100, 10, 9, 16, 10}, {0, 500, 3, 0, 64}, {3, 0, 20, 3, 0}}) {
    const auto match = at::cat({at::arange(c.positive, at::kLong), at::full({c.negative}, kNegative, at::kLong),
                                at::full({c.neither}, kNeither, at::kLong)});
    const BoxSample sample = sampleBoxes(match, config, 7);
    EXPECT_EQ(sample.positive.size(0), c.expectedPositive);
    EXPECT_EQ(sample.negative.size(0), c.expectedNegative);
    EXPECT_TRUE((match.index_select(0, sample.positive) >= 0).all().item<bool>());
    EXPECT_TRUE((match.index_select(0, sample.negative) == kNegative).all().item<bool>());
    for (const auto& numbers : {sample.positive, sample.negative}) {
      EXPECT_TRUE((numbers.slice(0, 1) > numbers.slice(0, 0, -1)).all().item<bool>()) << "ascending, none twice";
    }
  }
}

TEST(Sampling, FollowsTheKeyAndDrawsEveryBoxAlikeOften) {
  const SamplingConfig config{0.5, 0.5, 0.5, 10, 0.5};
  const auto match = at::full({50}, kNegative, at::kLong);
  EXPECT_TRUE(at::equal(sampleBoxes(match, config, 1).negative, sampleBoxes(match, config, 1).negative));
  EXPECT_FALSE(at::equal(sampleBoxes(match, config, 1).negative, sampleBoxes(match, config, 2).negative));
  auto counts = at::zeros({50}, at::kLong);
  for (std::uint64_t key = 0; key < 2000; ++key) {
    const auto drawn = sampleBoxes(match, config, key).negative;
    counts.index_add_(0, drawn, at::ones_like(drawn));
  }
  // 400 each with a deviation of 18.
  EXPECT_GT(counts.min().item<std::int64_t>(), 310);
  EXPECT_LT(counts.max().item<std::int64_t>(), 490);
}

}  // namespace
}  // namespace slab
