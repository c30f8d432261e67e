// Every rule of the fold on layers alone, at sizes no whole model has.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "core/base/error.h"
#include "core/inspect/fold_certificate.h"
#include "core/nn/norms/make_norm.h"
#include "core/nn/norms/rep_bn.h"

namespace slab::inspect {
namespace {

constexpr std::int64_t kChannels = 6;

struct Grid {
  std::int64_t height, width;
};
constexpr Grid kGrids[] = {{8, 8}, {6, 10}, {5, 9}, {7, 4}, {1, 3}};

// A RepBN whose statistics, gains and alpha are all away from their initial values, in float64.
std::shared_ptr<nn::RepBn> randomNorm(std::int64_t channels = kChannels) {
  const torch::NoGradGuard noGradient;
  auto norm = std::make_shared<nn::RepBn>(channels);
  norm->alpha.fill_(0.7);
  norm->bn->weight.uniform_(-1.5, 1.5);
  norm->bn->bias.normal_();
  norm->bn->runningMean.normal_();
  norm->bn->runningVar.uniform_(0.2, 3.0);
  for (auto& tensor : norm->parameters()) tensor.set_data(tensor.to(at::kDouble));
  for (auto& tensor : norm->buffers()) {
    if (tensor.is_floating_point()) tensor.set_data(tensor.to(at::kDouble));
  }
  norm->eval();
  return norm;
}

template <typename Layer>
std::shared_ptr<Layer> randomise(std::shared_ptr<Layer> layer) {
  const torch::NoGradGuard noGradient;
  for (auto& tensor : layer->parameters()) {
    tensor.set_data(tensor.to(at::kDouble));
    tensor.normal_();
  }
  return layer;
}

std::shared_ptr<nn::Conv2d> convolution(nn::ConvShape shape) {
  return randomise(std::make_shared<nn::Conv2d>(shape));
}

at::Tensor normed(nn::Norm& norm, const at::Tensor& map) {
  return norm.forward(map.permute({0, 2, 3, 1}).contiguous()).permute({0, 3, 1, 2}).contiguous();
}

at::Tensor randomMap(Grid grid) {
  return at::randn({2, kChannels, grid.height, grid.width}, at::kDouble);
}

double error(const at::Tensor& expected, const at::Tensor& actual) {
  return discrepancy(expected, actual).relative;
}

class FoldLayer : public ::testing::Test {
 protected:
  void SetUp() override { torch::manual_seed(11); }
  torch::NoGradGuard noGradient;
};

TEST_F(FoldLayer, IntoALinearLayerWithoutBiasCreatesOne) {
  for (const bool withBias : {true, false}) {
    const auto norm = randomNorm();
    const auto layer = randomise(std::make_shared<nn::Linear>(kChannels, 10, withBias));
    const at::Tensor tokens = at::randn({3, 5, kChannels}, at::kDouble);
    const at::Tensor expected = layer->forward(norm->forward(tokens));
    foldInto({"fc", layer.get()}, FoldDirection::IntoNext, *norm->evalAffine());
    EXPECT_TRUE(layer->hasBias());
    EXPECT_LE(error(expected, layer->forward(tokens)), 1e-13);
  }
}

TEST_F(FoldLayer, IntoAConvolutionThatTilesTheMapIsExactAtAnySize) {
  for (const Grid grid : {Grid{8, 8}, Grid{6, 10}, Grid{2, 4}}) {
    const auto norm = randomNorm();
    const auto layer = convolution({kChannels, 7, 2, 2, 0, 1});
    const at::Tensor map = randomMap(grid);
    const at::Tensor expected = layer->forward(normed(*norm, map));
    foldInto({"sr", layer.get()}, FoldDirection::IntoNext, *norm->evalAffine());
    EXPECT_FALSE(layer->biasMap.defined());
    EXPECT_LE(error(expected, layer->forward(map)), 1e-13);
  }
}

TEST_F(FoldLayer, IntoAConvolutionThatPadsTakesABiasMap) {
  for (const Grid grid : kGrids) {
    for (const auto& shape : {nn::ConvShape{kChannels, 7, 3, 2, 1, 1}, nn::ConvShape{kChannels, 7, 3, 1, 1, 1},
                              nn::ConvShape{kChannels, 7, 7, 4, 3, 1}}) {
      const auto norm = randomNorm();
      const auto layer = convolution(shape);
      const at::Tensor map = randomMap(grid);
      const at::Tensor expected = layer->forward(normed(*norm, map));
      foldInto({"proj", layer.get(), grid.height, grid.width}, FoldDirection::IntoNext, *norm->evalAffine());
      EXPECT_TRUE(layer->named_buffers().contains("bias_map"));
      EXPECT_LE(error(expected, layer->forward(map)), 1e-13) << grid.height << " x " << grid.width;
    }
  }
}

TEST_F(FoldLayer, OneBiasForTheWholeMapWouldBeWrongAtTheBorders) {
  const auto norm = randomNorm();
  const auto layer = convolution({kChannels, 7, 3, 2, 1, 1});
  const at::Tensor map = randomMap({8, 8});
  const at::Tensor expected = layer->forward(normed(*norm, map));
  foldInto({"proj", layer.get(), 8, 8}, FoldDirection::IntoNext, *norm->evalAffine());
  const at::Tensor middle = layer->biasMap.select(1, 2).select(1, 2).clone();
  layer->setBiasMap(middle.view({-1, 1, 1}).expand({7, 4, 4}));
  const at::Tensor wrong = (layer->forward(map) - expected).abs().amax({0, 1});
  EXPECT_LE(wrong.slice(0, 1).slice(1, 1).max().item<double>(), 1e-12);
  EXPECT_GT(wrong.select(0, 0).min().item<double>(), 1e-2);
}

TEST_F(FoldLayer, BackwardsIsExactForAnyPaddingAndStride) {
  for (const Grid grid : kGrids) {
    const auto norm = randomNorm(7);
    const auto layer = convolution({kChannels, 7, 3, 2, 1, 1});
    const at::Tensor map = randomMap(grid);
    const at::Tensor expected = normed(*norm, layer->forward(map));
    foldInto({"conv", layer.get()}, FoldDirection::IntoPrevious, *norm->evalAffine());
    EXPECT_LE(error(expected, layer->forward(map)), 1e-13);
  }
}

// PVTv2 between its stages: norm, padded convolution, norm. Either may be folded first.
TEST_F(FoldLayer, BothSidesOfAPaddedConvolutionFoldInAnyOrder) {
  for (const Grid grid : kGrids) {
    for (const bool frontFirst : {true, false}) {
      const auto front = randomNorm(), back = randomNorm(7);
      const auto layer = convolution({kChannels, 7, 3, 2, 1, 1});
      const FoldTarget target{"proj", layer.get(), grid.height, grid.width};
      const at::Tensor map = randomMap(grid);
      const at::Tensor expected = normed(*back, layer->forward(normed(*front, map)));
      const auto foldFront = [&] { foldInto(target, FoldDirection::IntoNext, *front->evalAffine()); };
      if (frontFirst) foldFront();
      foldInto(target, FoldDirection::IntoPrevious, *back->evalAffine());
      if (!frontFirst) foldFront();
      EXPECT_LE(error(expected, layer->forward(map)), 1e-13) << grid.height << " x " << grid.width;
    }
  }
}

// PVT: norm1 feeds the queries and the reducing convolution, whose own norm follows it.
TEST_F(FoldLayer, OneNormIntoALinearLayerAndAConvolutionNamesBoth) {
  torch::nn::Module owner;
  nn::NormSlot slot(owner, "norm1", randomNorm());
  const auto q = randomise(std::make_shared<nn::Linear>(kChannels, kChannels));
  const auto sr = convolution({kChannels, kChannels, 2, 2, 0, 1});
  const at::Tensor map = randomMap({6, 4});
  const at::Tensor tokens = map.flatten(2).transpose(1, 2);
  const at::Tensor queries = q->forward(slot.forward(tokens)), keys = sr->forward(normed(*slot.norm(), map));
  FoldSite site{
      "block1.0.norm1", &slot, FoldDirection::IntoNext, {{"block1.0.attn.q", q.get()}, {"block1.0.attn.sr", sr.get()}}};
  const FoldOutcome outcome = foldSite(site);
  EXPECT_EQ(outcome.rule, "into q and sr");
  EXPECT_TRUE(slot.isEmpty());
  EXPECT_LE(error(queries, q->forward(tokens)), 1e-13);
  EXPECT_LE(error(keys, sr->forward(map)), 1e-13);
}

TEST_F(FoldLayer, ALayerNormStaysAndSaysWhy) {
  torch::nn::Module owner;
  const nn::NormFactory norms{NormKind::LayerNorm, 1e-6, std::make_shared<nn::Context>()};
  nn::NormSlot slot(owner, "norm", norms.make(kChannels));
  const auto sr = convolution({kChannels, kChannels, 2, 2, 0, 1});
  const at::Tensor before = sr->weight.clone();
  FoldSite site{"attn.norm", &slot, FoldDirection::IntoPrevious, {{"attn.sr", sr.get()}}};
  const FoldOutcome outcome = foldSite(site);
  EXPECT_FALSE(outcome.folded);
  EXPECT_EQ(outcome.rule, "stays");
  EXPECT_NE(outcome.reason.find("LayerNorm"), std::string::npos);
  EXPECT_FALSE(slot.isEmpty());
  EXPECT_TRUE(at::equal(before, sr->weight));
}

TEST_F(FoldLayer, AGroupedConvolutionAndAnUnknownSizeAreRefused) {
  const auto norm = randomNorm();
  const auto grouped = convolution({kChannels, kChannels, 3, 1, 1, kChannels});
  const auto padded = convolution({kChannels, 7, 3, 2, 1, 1});
  EXPECT_THROW(foldInto({"dwc", grouped.get(), 8, 8}, FoldDirection::IntoNext, *norm->evalAffine()), Error);
  EXPECT_THROW(foldInto({"proj", padded.get()}, FoldDirection::IntoNext, *norm->evalAffine()), Error);
}

}  // namespace
}  // namespace slab::inspect
