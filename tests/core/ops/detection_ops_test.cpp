// RoIAlign and NMS behind the dispatcher: backends, gradients, layouts, types.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "core/base/error.h"
#include "core/device/device.h"
#include "core/ops/autocast.h"
#include "core/ops/nms.h"
#include "core/ops/options.h"
#include "core/ops/roi_align.h"
#include "tests/core/ops/support.h"

namespace slab::ops {
namespace {

using test::expectClose;

const Options kReference{Backend::Reference, LinearBackend::Torch};
const Options kAuto{Backend::Auto, LinearBackend::Torch};

torch::Tensor regions(std::int64_t images, std::int64_t count, double side) {
  auto rois = torch::rand({count, 5}) * side;
  rois.select(1, 0).copy_(torch::arange(count) % images);
  rois.slice(1, 3).add_(rois.slice(1, 1, 3));
  return rois;
}

test::Operator align(const torch::Tensor& rois, RoiAlignGrid grid) {
  return [rois, grid](const std::vector<torch::Tensor>& in) { return roiAlign(in[0], rois, grid); };
}

TEST(RoiAlign, KernelAndCompositeAgreeInValuesAndGradients) {
  torch::manual_seed(1);
  for (const auto& grid : {RoiAlignGrid{7, 7, 0.25, 0}, RoiAlignGrid{3, 5, 0.5, 2}}) {
    const auto map = torch::randn({2, 12, 15, 22});
    const auto rois = regions(2, 9, 60.0);
    std::vector<std::vector<torch::Tensor>> results;
    for (const auto& options : {kReference, kAuto}) {
      const OptionsGuard guard(options);
      results.push_back(test::outputAndGradients(align(rois, grid), {map}));
    }
    expectClose(results[1][0], results[0][0], 2e-6, "values");
    expectClose(results[1][1], results[0][1], 2e-6, "gradient");
  }
}

TEST(RoiAlign, GradientsMatchCentralDifferences) {
  torch::manual_seed(2);
  test::expectGradientsMatchDifferences(align(regions(2, 4, 20.0), {2, 3, 0.25, 0}), {torch::randn({2, 2, 6, 7})});
}

TEST(RoiAlign, TakesAnyLayoutOfTheMapAndShorterTypes) {
  torch::manual_seed(3);
  const OptionsGuard guard(kAuto);
  const auto map = torch::randn({2, 20, 9, 8});
  const auto rois = regions(2, 5, 30.0);
  const RoiAlignGrid grid{4, 4, 0.25, 0};
  const auto expected = roiAlign(map, rois, grid);
  EXPECT_TRUE(test::sameBits(roiAlign(map.contiguous(at::MemoryFormat::ChannelsLast), rois, grid), expected));
  const auto shorter = roiAlign(map.to(at::kBFloat16), rois, grid);
  EXPECT_EQ(shorter.scalar_type(), at::kBFloat16);
  expectClose(shorter, expected, 2e-2, "bfloat16");
  const Autocast scope(at::kCPU, at::kBFloat16);
  EXPECT_EQ(roiAlign(map.to(at::kBFloat16), rois, grid).scalar_type(), at::kFloat);
}

TEST(RoiAlign, WithoutRegionsTheGradientIsZero) {
  for (const auto& options : {kReference, kAuto}) {
    const OptionsGuard guard(options);
    const auto map = torch::randn({1, 3, 4, 4}).set_requires_grad(true);
    const auto out = roiAlign(map, torch::zeros({0, 5}), {7, 7, 0.25, 0});
    EXPECT_EQ(out.sizes(), (std::vector<std::int64_t>{0, 3, 7, 7}));
    (out.sum() + 0.0 * map.sum()).backward();
    EXPECT_EQ(map.grad().abs().max().item<float>(), 0.0f);
  }
}

TEST(RoiAlign, TheSameBitsAtEveryThreadCount) {
  torch::manual_seed(4);
  const OptionsGuard guard(kAuto);
  const auto map = torch::randn({2, 130, 20, 30});
  const auto rois = regions(2, 60, 60.0);
  const int before = device::threads();
  std::vector<torch::Tensor> first;
  for (const int threads : {2, 1}) {
    device::setThreads(threads);
    const auto result = test::outputAndGradients(align(rois, {7, 7, 0.25, 0}), {map});
    if (first.empty()) first = result;
    for (std::size_t i = 0; i < first.size(); ++i) EXPECT_TRUE(test::sameBits(result[i], first[i]));
  }
  device::setThreads(before);
}

TEST(RoiAlign, RefusesShapesThatMakeNoSense) {
  EXPECT_THROW(roiAlign(torch::zeros({3, 4, 4}), torch::zeros({1, 5}), {}), Error);
  EXPECT_THROW(roiAlign(torch::zeros({1, 3, 4, 4}), torch::zeros({1, 4}), {}), Error);
  EXPECT_THROW(roiAlign(torch::zeros({1, 3, 4, 4}), torch::zeros({1, 5}), {0, 7, 1.0, 0}), Error);
  const OptionsGuard guard({Backend::Kernel, LinearBackend::Torch});
  EXPECT_THROW(roiAlign(torch::zeros({1, 3, 4, 4}, torch::kDouble), torch::zeros({1, 5}), {}), Error);
}

TEST(Nms, GivesTheKeptByFallingScoreAndTheFirstOfEquals) {
  const auto boxes = torch::tensor({{0.0, 0.0, 10.0, 10.0},
                                    {1.0, 1.0, 11.0, 11.0},
                                    {50.0, 50.0, 60.0, 60.0},
                                    {0.0, 0.0, 10.0, 10.0},
                                    {50.0, 50.0, 60.0, 60.0}});
  const auto scores = torch::tensor({0.5, 0.9, 0.3, 0.5, 0.95});
  const auto one = torch::tensor({0, 0, 0, 0, 0}, torch::kLong), two = torch::tensor({1, 0, 0, 1, 1}, torch::kLong);
  for (const auto& options : {kReference, kAuto}) {
    const OptionsGuard guard(options);
    EXPECT_TRUE(torch::equal(nms(boxes, scores, {}, 0.5), torch::tensor({4, 1}, torch::kLong)));
    EXPECT_TRUE(torch::equal(nms(boxes, scores, one, 0.5), torch::tensor({4, 1}, torch::kLong)));
    EXPECT_TRUE(torch::equal(nms(boxes, scores, two, 0.5), torch::tensor({4, 1, 0, 2}, torch::kLong)));
    EXPECT_TRUE(torch::equal(nms(boxes, scores, {}, 1.0), torch::tensor({4, 1, 0, 3, 2}, torch::kLong)));
  }
}

TEST(Nms, BackendsAgreeOnManyBoxesOfManyGroups) {
  torch::manual_seed(5);
  const auto corner = torch::rand({700, 2}) * 60, side = torch::rand({700, 2}) * 20 + 2;
  const auto boxes = torch::cat({corner, corner + side}, 1);
  const auto scores = (torch::rand({700}) * 50).floor() / 50;  // many equal ones
  const auto groups = torch::randint(0, 6, {700}, torch::kLong) * 17;
  std::vector<torch::Tensor> results;
  for (const auto& options : {kReference, kAuto}) {
    const OptionsGuard guard(options);
    results.push_back(nms(boxes, scores, groups, 0.4));
  }
  EXPECT_TRUE(torch::equal(results[0], results[1]));
  EXPECT_GT(results[0].numel(), 100);
  EXPECT_LT(results[0].numel(), 600);
  const auto kept = scores.index_select(0, results[0]);
  EXPECT_TRUE((kept.slice(0, 1) <= kept.slice(0, 0, -1)).all().item<bool>());
}

TEST(Nms, TakesNoBoxesAndRefusesShapesThatDisagree) {
  EXPECT_EQ(nms(torch::zeros({0, 4}), torch::zeros({0}), {}, 0.5).numel(), 0);
  EXPECT_THROW(nms(torch::zeros({2, 4}), torch::zeros({3}), {}, 0.5), Error);
  EXPECT_THROW(nms(torch::zeros({2, 5}), torch::zeros({2}), {}, 0.5), Error);
}

}  // namespace
}  // namespace slab::ops
