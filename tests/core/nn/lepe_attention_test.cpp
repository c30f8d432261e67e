// CSWin's attention against the golden unit and plain formulas; focused linear attention against its definition.
#include "core/nn/attention/lepe_attention.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "core/nn/attention/depthwise.h"
#include "core/nn/attention/focused_linear_attention.h"
#include "core/nn/attention/windows.h"
#include "core/nn/conv_embed.h"
#include "core/ops/options.h"
#include "support/golden.h"

namespace slab::nn {
namespace {

AttentionPlace stripes(std::int64_t grid, std::int64_t height, std::int64_t width) {
  AttentionPlace place;
  place.layer = "attns.0";
  place.height = place.width = place.window = grid;
  place.stripeHeight = height;
  place.stripeWidth = width;
  return place;
}

class LepeBackends : public ::testing::TestWithParam<ops::Backend> {
  ops::OptionsGuard guard_{{GetParam(), ops::LinearBackend::Torch}};
};

TEST_P(LepeBackends, SimplifiedLinearStripesFollowTheReference) {
  const auto unit = golden::unit("sla_cswin_idx0_split2");
  LepeAttention attention(AttentionKind::SimplifiedLinear, stripes(4, 4, 2), {8, 2, true}, std::make_shared<Context>());
  for (const auto& item : attention.named_parameters()) {
    const torch::NoGradGuard noGrad;
    at::Tensor(item.value()).copy_(unit.at(item.key()));
  }
  const at::Tensor qkv = unit.at("qkv").clone().requires_grad_(true);  // (3, B, N, C)
  const WindowLayout layout(attention.place());
  const at::Tensor y = layout.toTokens(attention.forward(layout.toWindows(qkv.permute({1, 2, 0, 3})).flatten(2)));
  y.backward(unit.at("dy"));
  EXPECT_TRUE(golden::unitAgrees(y, unit.at("y")));
  EXPECT_TRUE(golden::unitAgrees(qkv.grad(), unit.at("dqkv")));
  for (const auto& item : attention.named_parameters()) {
    if (item.key() == "scale") {
      EXPECT_FALSE(item.value().grad().defined());
      continue;
    }
    EXPECT_TRUE(golden::unitAgrees(item.value().grad(), unit.at("grad." + item.key()))) << item.key();
  }
}

TEST_P(LepeBackends, SoftmaxStripesAddTheChannelsOwnConvolutionInsideTheStripe) {
  torch::manual_seed(3);
  LepeAttention attention(AttentionKind::Softmax, stripes(6, 3, 6), {8, 2, true}, std::make_shared<Context>());
  const torch::NoGradGuard noGrad;
  const at::Tensor packed = at::randn({4, 18, 24});
  const auto parts = packed.chunk(3, -1);
  const auto heads = [](const at::Tensor& x) { return x.reshape({4, 18, 2, 4}).transpose(1, 2); };
  const at::Tensor rows = (at::matmul(heads(parts[0]), heads(parts[1]).transpose(2, 3)) / 2.0).softmax(-1);
  const at::Tensor attended = at::matmul(rows, heads(parts[2])).transpose(1, 2).reshape({4, 18, 8});
  const at::Tensor map = parts[2].reshape({4, 3, 6, 8}).permute({0, 3, 1, 2});
  const at::Tensor lepe = at::conv2d(map, attention.getV->weight, attention.getV->bias, 1, 1, 1, 8);
  const at::Tensor expected = attended + lepe.permute({0, 2, 3, 1}).reshape({4, 18, 8});
  EXPECT_TRUE(at::allclose(attention.forward(packed), expected, 1e-5, 1e-6));
}

INSTANTIATE_TEST_SUITE_P(Attentions, LepeBackends, ::testing::Values(ops::Backend::Reference, ops::Backend::Kernel),
                         [](const auto& info) { return std::string(ops::toString(info.param)); });

TEST(WindowLayout, CutsStripesOfAnyShapeWithDimensionsBehindTheTokens) {
  const at::Tensor tokens = at::arange(2 * 36 * 6).view({2, 36, 2, 3});
  for (const auto& [height, width] : {std::pair{6, 2}, {2, 6}, {3, 2}, {6, 1}, {1, 6}}) {
    const WindowLayout layout(stripes(6, height, width));
    const at::Tensor windows = layout.toWindows(tokens);
    ASSERT_EQ(windows.sizes(), at::IntArrayRef({2 * 36 / (height * width), height * width, 2, 3}));
    // The second stripe of the first sample starts where the first ends, right of it or below.
    const std::int64_t next = width < 6 ? width : height * 6;
    EXPECT_TRUE(at::equal(windows[1][0], tokens[0][next])) << height << " x " << width;
    EXPECT_TRUE(at::equal(layout.toTokens(windows.flatten(2)), tokens.flatten(2))) << height << " x " << width;
  }
}

// phi of the paper in double, one token at a time.
at::Tensor slowFeatures(const at::Tensor& x, const at::Tensor& scale) {
  const at::Tensor positive = (x.relu() + 1e-6) / at::log1p(scale.exp());
  const at::Tensor cubed = positive.pow(3);
  return cubed * positive.norm(2, -1, true) / cubed.norm(2, -1, true);
}

TEST(FocusedLinearAttention, IsItsDefinitionForEitherAssociation) {
  torch::manual_seed(4);
  const auto options = at::TensorOptions().dtype(at::kDouble);
  for (const auto& [queries, keys] : {std::pair{3, 3}, {40, 40}, {36, 9}}) {
    const std::int64_t heads = 2, width = 16, d = width / heads;
    const at::Tensor scale = at::randn({1, 1, width}, options);
    const at::Tensor q = focusedFeatures(at::randn({2, queries, width}, options), scale);
    const at::Tensor k = focusedFeatures(at::randn({2, keys, width}, options), scale);
    const at::Tensor v = at::randn({2, keys, width}, options);
    const at::Tensor actual = focusedLinearAttention(q, k, v, heads);
    for (std::int64_t h = 0; h < heads; ++h) {
      const auto part = [&](const at::Tensor& x) { return x.slice(2, h * d, (h + 1) * d); };
      const at::Tensor products = at::matmul(part(q), part(k).transpose(1, 2));
      const at::Tensor rows = products / (products.sum(-1, true) + 1e-6 * keys);
      EXPECT_TRUE(at::allclose(part(actual), at::matmul(rows, part(v)), 1e-10, 1e-12)) << queries << " " << keys;
    }
  }
}

TEST(FocusedFeatures, KeepATokensLengthOverAllChannelsAndFollowThePaper) {
  torch::manual_seed(5);
  const at::Tensor scale = at::randn({1, 1, 6}, at::kDouble), x = at::randn({2, 5, 6}, at::kDouble);
  const at::Tensor features = focusedFeatures(x, scale);
  EXPECT_TRUE(at::allclose(features, slowFeatures(x, scale), 1e-12, 1e-14));
  const at::Tensor length = ((x.relu() + 1e-6) / at::softplus(scale)).norm(2, -1);
  EXPECT_TRUE(at::allclose(features.norm(2, -1), length, 1e-12, 1e-14));
}

TEST(FocusedFeatures, StayFiniteWhereAHalfPrecisionPowerWouldVanish) {
  const at::Tensor features = focusedFeatures(-at::ones({1, 2, 8}, at::kBFloat16), at::zeros({1, 1, 8}, at::kBFloat16));
  EXPECT_TRUE(at::isfinite(features).all().item<bool>());
}

TEST(FocusedLinearAttention, HasTheGradientsOfItsDefinition) {
  torch::manual_seed(6);
  const auto leaf = [](at::IntArrayRef shape) { return at::randn(shape, at::kDouble).requires_grad_(true); };
  const at::Tensor x = leaf({1, 5, 4}), scale = leaf({1, 1, 4}), v = leaf({1, 5, 4});
  const at::Tensor weights = v.detach().clone();
  const auto loss = [&] {
    const at::Tensor features = focusedFeatures(x, scale);
    return (focusedLinearAttention(features, features, v, 2) * weights).sum();
  };
  loss().backward();
  const torch::NoGradGuard noGrad;
  constexpr double kStep = 1e-6;
  for (at::Tensor leafTensor : {x, scale, v}) {
    at::Tensor flat = leafTensor.detach().view(-1);
    const at::Tensor gradient = leafTensor.grad().reshape(-1);
    for (std::int64_t i = 0; i < flat.numel(); ++i) {
      const double kept = flat[i].item<double>();
      flat[i] = kept + kStep;
      const double above = loss().item<double>();
      flat[i] = kept - kStep;
      const double below = loss().item<double>();
      flat[i] = kept;
      EXPECT_NEAR(gradient[i].item<double>(), (above - below) / (2 * kStep), 1e-6);
    }
  }
}

TEST(DepthwiseOverGrid, GivesContiguousTokensOfAMapWithOneRowOrColumn) {
  for (const auto& [height, width] : {std::pair{1, 6}, {6, 1}}) {
    const at::Tensor tokens =
        depthwiseOverGrid(at::randn({3, 6, 4}), at::randn({4, 1, 3, 3}), at::randn({4}), height, width);
    EXPECT_TRUE(tokens.is_contiguous()) << height;
  }
}

TEST(DepthwiseOverGrid, SharesAFilterSetBetweenHeadsAndReadsSlicesOfPackedTokens) {
  torch::manual_seed(7);
  const at::Tensor packed = at::randn({2, 12, 24}), v = packed.slice(2, 16);
  const at::Tensor weight = at::randn({4, 1, 5, 5}), bias = at::randn({4});
  const at::Tensor actual = headwiseOverGrid(v, weight, bias, 3, 4);
  for (std::int64_t head = 0; head < 2; ++head) {
    const at::Tensor map = v.slice(2, 4 * head, 4 * head + 4).reshape({2, 3, 4, 4}).permute({0, 3, 1, 2});
    const at::Tensor expected = at::conv2d(map, weight, bias, 1, 2, 1, 4).permute({0, 2, 3, 1}).reshape({2, 12, 4});
    EXPECT_TRUE(at::allclose(actual.slice(2, 4 * head, 4 * head + 4), expected, 1e-5, 1e-6)) << head;
  }
}

TEST(ConvEmbed, GivesTheSameTokensFromAMapAndFromTokens) {
  torch::manual_seed(8);
  const NormFactory norms{NormKind::LayerNorm, 1e-5, std::make_shared<Context>()};
  ConvEmbed merge({"conv", "norm"}, {3, 8, 3, 2, 1, 1}, norms);
  const torch::NoGradGuard noGrad;
  const at::Tensor tokens = at::randn({2, 36, 3});
  const at::Tensor map = tokens.view({2, 6, 6, 3}).permute({0, 3, 1, 2}).contiguous();
  const at::Tensor fromTokens = merge.forwardTokens(tokens, 6);
  EXPECT_EQ(fromTokens.sizes(), at::IntArrayRef({2, 9, 8}));
  EXPECT_TRUE(at::allclose(fromTokens, merge.forward(map), 1e-5, 1e-6));
}

}  // namespace
}  // namespace slab::nn
