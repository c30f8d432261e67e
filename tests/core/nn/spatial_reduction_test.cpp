// PVT's attention, embeddings and MLP against the golden unit and against plain formulas.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

#include "core/nn/attention/spatial_reduction.h"
#include "core/nn/init.h"
#include "core/nn/mlp.h"
#include "core/nn/norms/layer_norm.h"
#include "core/nn/patch_embed.h"
#include "core/ops/options.h"
#include "support/golden.h"

namespace slab::nn {
namespace {

AttentionPlace placeOf(std::int64_t grid, std::int64_t reduction) {
  AttentionPlace place;
  place.layer = "attn";
  place.height = place.width = place.window = grid;
  place.reduction = reduction;
  return place;
}

NormFactory layerNorms(double eps = 1e-5) {
  return {NormKind::LayerNorm, eps, std::make_shared<Context>()};
}

double largestDifference(const at::Tensor& a, const at::Tensor& b) {
  return (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
}

class ReducedAttention : public ::testing::TestWithParam<ops::Backend> {
  ops::OptionsGuard guard_{{GetParam(), ops::LinearBackend::Torch}};
};

TEST_P(ReducedAttention, LinearFollowsTheReferenceWithFewerKeysThanQueries) {
  const auto unit = golden::unit("sla_pvt_sr2");
  ReducedLinearAttention attention(AttentionKind::SimplifiedLinear, placeOf(8, 2), {8, 2, true}, layerNorms());
  for (const auto& item : attention.named_parameters()) {
    const torch::NoGradGuard noGrad;
    at::Tensor(item.value()).copy_(unit.at(item.key()));
  }
  const at::Tensor x = unit.at("x").clone().requires_grad_(true);
  const at::Tensor y = attention.forward(x);
  y.backward(unit.at("dy"));
  EXPECT_TRUE(golden::unitAgrees(y, unit.at("y")));
  EXPECT_TRUE(golden::unitAgrees(x.grad(), unit.at("dx")));
  for (const auto& item : attention.named_parameters()) {
    EXPECT_TRUE(golden::unitAgrees(item.value().grad(), unit.at("grad." + item.key()))) << item.key();
  }
}

TEST_P(ReducedAttention, NamesAndOrdersItsParametersAsTheReference) {
  ReducedLinearAttention attention(AttentionKind::SimplifiedLinear, placeOf(8, 2), {8, 2, true}, layerNorms());
  EXPECT_EQ(attention.named_parameters().keys(),
            (std::vector<std::string>{"positional_encoding", "q.weight", "q.bias", "kv.weight", "kv.bias",
                                      "proj.weight", "proj.bias", "sr.weight", "sr.bias", "norm.weight", "norm.bias",
                                      "dwc.weight", "dwc.bias"}));
  ReducedSoftmaxAttention whole(placeOf(4, 1), {8, 2, false}, layerNorms());
  EXPECT_EQ(whole.named_parameters().keys(),
            (std::vector<std::string>{"q.weight", "kv.weight", "proj.weight", "proj.bias"}));
}

// Keys from a convolution, as PVT's paper has them; the last row and column of 9 x 9 fill no key of 2 x 2.
TEST_P(ReducedAttention, SoftmaxIsTheFormulaOverConvolvedKeys) {
  torch::manual_seed(3);
  constexpr std::int64_t kGrid = 9, kReduction = 2, kWidth = 12, kHeads = 3;
  ReducedSoftmaxAttention attention(placeOf(kGrid, kReduction), {kWidth, kHeads, true}, layerNorms());
  const torch::NoGradGuard noGrad;
  for (auto& parameter : attention.parameters()) parameter.normal_(0.0, 0.4);
  const at::Tensor x = at::randn({2, kGrid * kGrid, kWidth});
  const at::Tensor map = x.transpose(1, 2).reshape({2, kWidth, kGrid, kGrid});
  const at::Tensor keys = at::conv2d(map, attention.sr->weight, attention.sr->bias, kReduction).flatten(2);
  const at::Tensor source = attention.norm->forward(keys.transpose(1, 2).contiguous());
  ASSERT_EQ(source.size(1), 16);
  const auto heads = [&](const at::Tensor& t) { return t.view({2, t.size(1), kHeads, -1}).transpose(1, 2); };
  const at::Tensor kv = at::linear(source, attention.kv->weight, attention.kv->bias);
  const at::Tensor q = heads(at::linear(x, attention.q->weight, attention.q->bias));
  const at::Tensor k = heads(kv.slice(2, 0, kWidth).contiguous()), v = heads(kv.slice(2, kWidth).contiguous());
  const at::Tensor rows = (at::matmul(q, k.transpose(2, 3)) / std::sqrt(kWidth / kHeads)).softmax(-1);
  const at::Tensor expected = at::linear(at::matmul(rows, v).transpose(1, 2).reshape({2, -1, kWidth}),
                                         attention.proj->weight, attention.proj->bias);
  EXPECT_LE(largestDifference(attention.forward(x), expected), 1e-5 * expected.abs().max().item<double>());
}

TEST_P(ReducedAttention, TellsAProbeTheKeysOnTheirReducedGrid) {
  struct Recorder : AttentionProbe {
    bool wants(const AttentionPlace&) override { return true; }
    void record(const AttentionRecord& record) override { records.push_back(record); }
    std::vector<AttentionRecord> records;
  } recorder;
  auto norms = layerNorms();
  norms.context->probe = &recorder;
  const torch::NoGradGuard noGrad;
  const at::Tensor x = at::randn({2, 64, 8});
  ReducedSoftmaxAttention(placeOf(8, 4), {8, 2, true}, norms).forward(x);
  for (const auto kind : {AttentionKind::SimplifiedLinear, AttentionKind::FocusedLinear}) {
    ReducedLinearAttention(kind, placeOf(8, 4), {8, 2, true}, norms).forward(x);
    ReducedLinearAttention(kind, placeOf(8, 1), {8, 2, true}, norms).forward(x);
  }
  ASSERT_EQ(recorder.records.size(), 5U);
  for (const auto& record : recorder.records) {
    const std::int64_t keys = record.place.keyHeight() * record.place.keyWidth();
    EXPECT_EQ(record.q.sizes(), at::IntArrayRef({2, 64, 8}));
    EXPECT_EQ(record.k.sizes(), at::IntArrayRef({2, keys, 8}));
    EXPECT_EQ(record.v.sizes(), at::IntArrayRef({2, keys, 8}));
    EXPECT_EQ(record.output.sizes(), record.q.sizes());
  }
  EXPECT_FALSE(recorder.records[0].stretchedV.defined());
  EXPECT_EQ(recorder.records[1].stretchedV.size(1), 64);
  EXPECT_FALSE(recorder.records[2].stretchedV.defined());
  EXPECT_EQ(recorder.records[3].stretchedV.size(1), 64);
  EXPECT_FALSE(recorder.records[4].stretchedV.defined());
}

INSTANTIATE_TEST_SUITE_P(Backends, ReducedAttention, ::testing::Values(ops::Backend::Reference, ops::Backend::Auto),
                         [](const auto& info) { return std::string(ops::toString(info.param)); });

TEST(GatherPatches, LeaveOutWhatFillsNoPatch) {
  const at::Tensor map = at::arange(2 * 5 * 7, at::kFloat).view({1, 2, 5, 7});
  const at::Tensor weight = at::randn({3, 2, 2, 2});
  const at::Tensor expected = at::conv2d(map, weight, {}, 2).flatten(2).transpose(1, 2);
  const at::Tensor actual = at::linear(gatherPatches(map, 2), weight.flatten(1));
  EXPECT_EQ(actual.sizes(), at::IntArrayRef({1, 6, 3}));
  EXPECT_LE(largestDifference(actual, expected), 1e-4);
}

TEST(TokensAndMaps, AreEachOthersInverse) {
  const at::Tensor tokens = at::randn({2, 12, 5});
  const at::Tensor map = tokensToMap(tokens, 3, 4);
  EXPECT_EQ(map.sizes(), at::IntArrayRef({2, 5, 3, 4}));
  EXPECT_EQ(map[1][2][1][3].item<float>(), tokens[1][7][2].item<float>());
  EXPECT_TRUE(at::equal(mapToTokens(map), tokens));
}

TEST(OverlappingPatchEmbed, IsTheConvolutionsMapAsNormedTokens) {
  torch::manual_seed(4);
  OverlappingPatchEmbed embed({3, 6, 7, 4, 3, 1}, layerNorms());
  const torch::NoGradGuard noGrad;
  const at::Tensor images = at::randn({2, 3, 18, 18});
  const at::Tensor map = at::conv2d(images, embed.proj->weight, embed.proj->bias, 4, 3);
  ASSERT_EQ(map.size(2), 5);
  const at::Tensor tokens = map.flatten(2).transpose(1, 2);
  const at::Tensor expected = (tokens - tokens.mean(2, true)) / (tokens.var(2, false, true) + 1e-5).sqrt();
  EXPECT_LE(largestDifference(embed.forward(images), expected), 1e-4);
}

TEST(ConvolutionalMlp, ConvolvesEachHiddenChannelOnTheGridBeforeTheGelu) {
  torch::manual_seed(5);
  ConvolutionalMlp mlp(6, 10, 3, 4);
  const torch::NoGradGuard noGrad;
  auto parameters = mlp.named_parameters();
  EXPECT_EQ(parameters.keys(), (std::vector<std::string>{"fc1.weight", "fc1.bias", "dwconv.dwconv.weight",
                                                         "dwconv.dwconv.bias", "fc2.weight", "fc2.bias"}));
  for (auto& parameter : mlp.parameters()) parameter.normal_(0.0, 0.5);
  const at::Tensor x = at::randn({2, 12, 6});
  const at::Tensor hidden = at::linear(x, parameters["fc1.weight"], parameters["fc1.bias"]);
  const at::Tensor map = at::conv2d(hidden.transpose(1, 2).reshape({2, 10, 3, 4}), parameters["dwconv.dwconv.weight"],
                                    parameters["dwconv.dwconv.bias"], 1, 1, 1, 10);
  const at::Tensor expected =
      at::linear(at::gelu(map.flatten(2).transpose(1, 2)), parameters["fc2.weight"], parameters["fc2.bias"]);
  EXPECT_LE(largestDifference(mlp.forward(x), expected), 1e-5);
}

TEST(ConvolutionByFanOut, HasTheSpreadOfItsFanOut) {
  torch::manual_seed(6);
  for (const auto& [shape, groups] :
       {std::pair{at::DimVector{64, 32, 7, 7}, 1}, {at::DimVector{4096, 1, 3, 3}, 4096}}) {
    at::Tensor weight = at::empty(shape), bias = at::ones({shape[0]});
    init::convolutionByFanOut(weight, bias, groups);
    const double expected = std::sqrt(2.0 * groups / static_cast<double>(shape[2] * shape[3] * shape[0]));
    EXPECT_NEAR(weight.std().item<double>(), expected, 0.03 * expected);
    EXPECT_EQ(bias.abs().max().item<double>(), 0.0);
  }
}

}  // namespace
}  // namespace slab::nn
