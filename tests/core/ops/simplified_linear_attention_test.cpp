#include "core/ops/simplified_linear_attention.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "core/base/error.h"
#include "core/device/device.h"
#include "core/ops/linear.h"
#include "core/ops/options.h"
#include "tests/core/ops/support.h"
#include "tests/support/golden.h"

namespace slab::ops {
namespace {

using test::expectClose;
using test::outputAndGradients;

void expectGolden(const torch::Tensor& actual, const torch::Tensor& expected, const std::string& what) {
  EXPECT_TRUE(golden::unitAgrees(actual, expected)) << what;
}

const Options kReference{Backend::Reference, LinearBackend::Torch};
const Options kAuto{Backend::Auto, LinearBackend::Torch};

/// Inputs in the order qkv, positional encoding, depthwise weight and bias.
std::vector<torch::Tensor> inputs(std::int64_t batch, SlaShape shape, std::int64_t channels, std::int64_t kernel = 5) {
  const auto tokens = shape.height * shape.width, width = channels / shape.heads;
  return {torch::randn({batch, tokens, 3 * channels}), torch::randn({1, tokens, channels}) * 0.3,
          torch::randn({width, 1, kernel, kernel}) * 0.2, torch::randn({width})};
}

test::Operator attend(SlaShape shape) {
  return [shape](const std::vector<torch::Tensor>& in) {
    return simplifiedLinearAttention(in[0], in[1], in[2], in[3], shape);
  };
}

/// The definition head by head with the N x N matrix written out.
torch::Tensor definition(const std::vector<torch::Tensor>& in, SlaShape shape) {
  const auto channels = in[0].size(2) / 3, width = channels / shape.heads, batch = in[0].size(0);
  std::vector<torch::Tensor> heads;
  for (std::int64_t head = 0; head < shape.heads; ++head) {
    const auto part = [&](std::int64_t block) {
      return in[0].slice(2, block * channels + head * width, block * channels + (head + 1) * width);
    };
    const auto q = torch::relu(part(0));
    const auto k = torch::relu(part(1) + in[1].slice(2, head * width, (head + 1) * width));
    const auto weights = torch::matmul(q, k.transpose(1, 2));
    const auto attended = torch::matmul(weights, part(2)) / (weights.sum(2, true) + 1e-6);
    const auto map = part(2).transpose(1, 2).reshape({batch, width, shape.height, shape.width});
    const auto local = torch::conv2d(map, in[2], in[3], 1, in[2].size(2) / 2, 1, width);
    heads.push_back(attended + local.flatten(2).transpose(1, 2));
  }
  return torch::cat(heads, 2);
}

struct Case {
  std::int64_t batch;
  SlaShape shape;
  std::int64_t channels, kernel;
};
const std::vector<Case> kCases{{1, {1, 1, 1}, 4, 5},    {2, {2, 2, 2}, 8, 5},   {2, {2, 4, 4}, 8, 5},
                               {1, {3, 14, 14}, 96, 5}, {2, {2, 7, 7}, 128, 5}, {1, {2, 5, 9}, 26, 3},
                               {2, {3, 28, 28}, 96, 5}, {1, {4, 14, 14}, 64, 7}};

std::string name(const Case& c) {
  return std::to_string(c.shape.height) + "x" + std::to_string(c.shape.width) + " c" + std::to_string(c.channels);
}

TEST(SimplifiedLinearAttention, EveryBackendAgreesWithTheDefinitionInDoublePrecision) {
  torch::manual_seed(11);
  for (const auto& c : kCases) {
    const auto in = inputs(c.batch, c.shape, c.channels, c.kernel);
    const auto exact =
        outputAndGradients([&](const auto& v) { return definition(v, c.shape); }, test::toType(in, torch::kDouble));
    for (const auto& options : {kReference, kAuto}) {
      const OptionsGuard guard(options);
      const auto result = outputAndGradients(attend(c.shape), in);
      for (std::size_t i = 0; i < exact.size(); ++i) {
        expectClose(result[i], exact[i], 2e-5,
                    std::string(toString(options.backend)) + " " + name(c) + " part " + std::to_string(i));
      }
    }
  }
}

TEST(SimplifiedLinearAttention, MatchesTheReferenceImplementation) {
  for (const auto& [group, side] : {std::pair{"sla_w4", 4}, std::pair{"sla_w2", 2}}) {
    const auto golden = golden::unit(group);
    ASSERT_FALSE(golden.empty());
    for (const auto& options : {kReference, kAuto}) {
      const OptionsGuard guard(options);
      const std::vector<std::string> names{"qkv.weight",  "qkv.bias", "positional_encoding", "dwc.weight", "dwc.bias",
                                           "proj.weight", "proj.bias"};
      std::vector<torch::Tensor> p;
      for (const auto& key : names) p.push_back(golden.at(key).clone().set_requires_grad(true));
      const auto x = golden.at("x").clone().set_requires_grad(true);
      const auto attended = simplifiedLinearAttention(linear(x, p[0], p[1]), p[2], p[3], p[4], {2, side, side});
      const auto y = linear(attended, p[5], p[6]);
      y.backward(golden.at("dy"));
      expectGolden(y.detach(), golden.at("y"), std::string(group) + " y");
      expectGolden(x.grad(), golden.at("dx"), std::string(group) + " dx");
      for (std::size_t i = 0; i < names.size(); ++i) {
        expectGolden(p[i].grad(), golden.at("grad." + names[i]), std::string(group) + " " + names[i]);
      }
    }
  }
}

TEST(SimplifiedLinearAttention, GradientsMatchCentralDifferencesInBothOrders) {
  torch::manual_seed(12);
  for (const SlaShape shape : {SlaShape{2, 2, 3}, SlaShape{2, 2, 1}}) {
    test::expectGradientsMatchDifferences(attend(shape), inputs(2, shape, 8, 3), 1e-5);
  }
}

TEST(SimplifiedLinearAttention, SeparateAndPackedInputsAgree) {
  torch::manual_seed(13);
  const SlaShape shape{3, 8, 8};
  const auto in = inputs(2, shape, 48);
  for (const auto& options : {kReference, kAuto}) {
    const OptionsGuard guard(options);
    std::vector<torch::Tensor> parts;
    for (const auto& part : in[0].chunk(3, 2)) parts.push_back(part.contiguous());
    parts.insert(parts.end(), in.begin() + 1, in.end());
    const auto separate = outputAndGradients(
        [&](const auto& v) { return simplifiedLinearAttention(v[0], v[1], v[2], v[3], v[4], v[5], shape); }, parts);
    const auto packed = outputAndGradients(attend(shape), in);
    expectClose(separate[0], packed[0], 1e-6, "values");
    expectClose(torch::cat({separate[1], separate[2], separate[3]}, 2), packed[1], 1e-6, "input gradients");
    for (int i = 0; i < 3; ++i) expectClose(separate[4 + i], packed[2 + i], 1e-6, "parameter gradients");
  }
}

TEST(SimplifiedLinearAttention, WhereNoQueryMeetsAKeyOnlyTheConvolutionRemains) {
  const SlaShape shape{2, 6, 6};
  auto in = inputs(1, shape, 16);
  in[0].slice(2, 0, 16).fill_(-1.0);
  for (const auto& options : {kReference, kAuto}) {
    const OptionsGuard guard(options);
    const auto y = attend(shape)(in);
    EXPECT_TRUE(torch::isfinite(y).all().item<bool>());
    expectClose(y, definition(in, shape), 1e-5, "convolution alone");
  }
}

TEST(SimplifiedLinearAttention, NonContiguousInputAndEmptyBatch) {
  torch::manual_seed(14);
  const SlaShape shape{2, 7, 7};
  auto in = inputs(2, shape, 32);
  for (const auto& options : {kReference, kAuto}) {
    const OptionsGuard guard(options);
    const auto expected = attend(shape)(in);
    const auto strided = in[0].transpose(1, 2).contiguous().transpose(1, 2);
    expectClose(attend(shape)({strided, in[1], in[2], in[3]}), expected, 1e-6, "transposed storage");
    const auto window = torch::cat({in[0], in[0]}, 1).slice(1, 49, 98);
    expectClose(attend(shape)({window, in[1], in[2], in[3]}), expected, 1e-6, "a slice of tokens");
    const auto empty = inputs(0, shape, 32);
    const auto result = outputAndGradients(attend(shape), empty);
    EXPECT_EQ(result[0].sizes(), (std::vector<std::int64_t>{0, 49, 32}));
    EXPECT_EQ(result[3].abs().max().item<float>(), 0.0f);
  }
}

TEST(SimplifiedLinearAttention, ReducedPrecisionIsSummedInFloat32) {
  torch::manual_seed(15);
  const SlaShape shape{3, 28, 28};
  const auto in = inputs(1, shape, 96);
  const auto exact = definition(test::toType(in, torch::kDouble), shape);
  for (const auto& options : {kReference, kAuto}) {
    const OptionsGuard guard(options);
    const torch::NoGradGuard noGrad;
    const auto half = attend(shape)({in[0].to(torch::kHalf) * 64, in[1] * 64, in[2], in[3]});
    EXPECT_TRUE(torch::isfinite(half).all().item<bool>()) << "sums past the range of half";
    const auto brain = attend(shape)({in[0].to(torch::kBFloat16), in[1], in[2], in[3]});
    EXPECT_EQ(brain.scalar_type(), torch::kBFloat16);
    expectClose(brain, exact, 2e-2, "bfloat16");
  }
}

TEST(SimplifiedLinearAttention, TheSameBitsAtEveryCallAndThreadCount) {
  torch::manual_seed(16);
  const OptionsGuard guard(kAuto);
  const SlaShape shape{3, 28, 28};
  const auto in = inputs(2, shape, 96);
  const int before = device::threads();
  std::vector<torch::Tensor> first;
  for (const int threads : {2, 2, 1}) {
    device::setThreads(threads);
    const auto result = outputAndGradients(attend(shape), in);
    if (first.empty()) first = result;
    for (std::size_t i = 0; i < first.size(); ++i) {
      EXPECT_TRUE(test::sameBits(result[i], first[i])) << threads << " threads, part " << i;
    }
  }
  device::setThreads(before);
}

TEST(SimplifiedLinearAttention, RefusesShapesThatDisagree) {
  const SlaShape shape{2, 4, 4};
  const auto in = inputs(1, shape, 8);
  EXPECT_THROW(attend({2, 4, 5})(in), Error);
  EXPECT_THROW(attend({3, 4, 4})(in), Error);
  EXPECT_THROW(attend(shape)({in[0], in[1].slice(1, 0, 8), in[2], in[3]}), Error);
}

}  // namespace
}  // namespace slab::ops
