// Patch embedding, merging, drop path, initial values, created biases.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "core/nn/drop_path.h"
#include "core/nn/mlp.h"
#include "core/nn/patch_embed.h"
#include "core/nn/patch_merging.h"

namespace slab::nn {
namespace {

TEST(PatchEmbed, EqualsAConvolutionWithStrideOfThePatch) {
  torch::manual_seed(1);
  PatchEmbed embed({4, 3, 10}, nullptr, std::make_shared<Context>());
  const at::Tensor images = at::randn({2, 3, 16, 12});
  const at::Tensor expected = embed.proj->forward(images).flatten(2).transpose(1, 2);
  EXPECT_TRUE(at::allclose(embed.forward(images), expected, 1e-5, 1e-5));
}

TEST(PatchMerging, ConcatenatesNeighboursColumnByColumn) {
  const NormFactory norms{NormKind::LayerNorm, 1e-5, std::make_shared<Context>()};
  PatchMerging merging(1, norms);
  merging.norm.clear();
  const torch::NoGradGuard noGrad;
  merging.reduction->setWeight(at::tensor({1000.0F, 100.0F, 10.0F, 1.0F, 0.0F, 0.0F, 0.0F, 0.0F}).view({2, 4}));
  // Tokens of a 4 x 2 map, row-major: the first 2 x 2 block holds 1 2 / 3 4.
  const at::Tensor tokens = at::tensor({1.0F, 2.0F, 3.0F, 4.0F, 5.0F, 6.0F, 7.0F, 8.0F}).view({1, 8, 1});
  const at::Tensor merged = merging.forward(tokens, 4, 2);
  EXPECT_EQ(merged.sizes(), at::IntArrayRef({1, 2, 2}));
  EXPECT_FLOAT_EQ(merged[0][0][0].item<float>(), 1324.0F);
  EXPECT_FLOAT_EQ(merged[0][1][0].item<float>(), 5768.0F);

  // Rows 1 2 3 / 4 5 6 / 7 8 9: zeros fill up the last row and column.
  const at::Tensor odd = merging.forward(at::arange(1, 10).to(at::kFloat).view({1, 9, 1}), 3, 3);
  EXPECT_EQ(odd.sizes(), at::IntArrayRef({1, 4, 2}));
  EXPECT_FLOAT_EQ(odd[0][0][0].item<float>(), 1425.0F);
  EXPECT_FLOAT_EQ(odd[0][1][0].item<float>(), 3600.0F);
  EXPECT_FLOAT_EQ(odd[0][3][0].item<float>(), 9000.0F);
}

TEST(ResidualDropPath, KeepsOrDropsWholeSamplesAndKeepsTheMean) {
  auto context = std::make_shared<Context>();
  context->generator = at::make_generator<at::CPUGeneratorImpl>(7);
  const ResidualDropPath residual(0.25, context);
  const std::int64_t samples = 4000;
  const at::Tensor x = at::full({samples, 2, 3}, 5.0), y = at::ones({samples, 2, 3});
  const at::Tensor branch = residual.add(x, y.clone(), true) - x;
  const at::Tensor perSample = branch.select(1, 0).select(1, 0);
  EXPECT_TRUE(at::equal(branch, perSample.view({-1, 1, 1}).expand_as(branch)));
  const at::Tensor kept = perSample > 0;
  EXPECT_TRUE(at::allclose(perSample.masked_select(kept), at::full({kept.sum().item<std::int64_t>()}, 4.0 / 3.0)));
  EXPECT_NEAR(kept.to(at::kDouble).mean().item<double>(), 0.75, 0.03);
  EXPECT_TRUE(at::equal(residual.add(x, y.clone(), false), x + y));
}

TEST(ResidualDropPath, RepeatsWithTheSameSeedAndLetsGradientsPass) {
  auto context = std::make_shared<Context>();
  const ResidualDropPath residual(0.5, context);
  const at::Tensor x = at::zeros({16, 4}), y = at::ones({16, 4}).requires_grad_(true);
  const auto draw = [&] {
    context->generator = at::make_generator<at::CPUGeneratorImpl>(11);
    return residual.add(x, y, true);
  };
  const at::Tensor first = draw();
  EXPECT_TRUE(at::equal(first, draw()));
  first.sum().backward();
  EXPECT_TRUE(at::equal(y.grad(), first.detach()));
}

TEST(DropPathRate, RisesLinearlyFromZero) {
  EXPECT_DOUBLE_EQ(dropPathRate(0.2, 0, 12), 0.0);
  EXPECT_DOUBLE_EQ(dropPathRate(0.2, 11, 12), 0.2);
  EXPECT_DOUBLE_EQ(dropPathRate(0.3, 2, 5), 0.15);
  EXPECT_DOUBLE_EQ(dropPathRate(0.3, 0, 1), 0.0);
}

TEST(Mlp, IsFc1ExactGeluFc2) {
  torch::manual_seed(3);
  Mlp mlp(6, 24);
  const at::Tensor x = at::randn({2, 5, 6});
  const at::Tensor hidden = at::linear(x, mlp.fc1->weight, mlp.fc1->bias);
  const at::Tensor gelu = 0.5 * hidden * (1.0 + at::erf(hidden / std::sqrt(2.0)));
  const at::Tensor expected = at::linear(gelu, mlp.fc2->weight, mlp.fc2->bias);
  EXPECT_TRUE(at::allclose(mlp.forward(x), expected, 1e-5, 1e-6));
  const torch::NoGradGuard noGrad;
  EXPECT_TRUE(at::allclose(mlp.forward(x), expected, 1e-5, 1e-6));
}

TEST(InitialValues, AreTheReferences) {
  torch::manual_seed(4);
  const Linear linear(400, 300);
  EXPECT_NEAR(linear.weight.std().item<double>(), 0.02, 2e-4);
  EXPECT_NEAR(linear.weight.mean().item<double>(), 0.0, 3e-4);
  EXPECT_EQ(linear.bias.abs().max().item<double>(), 0.0);
  const Conv2d depthwise({64, 64, 5, 1, 2, 64});
  EXPECT_LE(depthwise.weight.abs().max().item<double>(), 0.2);
  EXPECT_GT(depthwise.weight.abs().max().item<double>(), 0.19);
  EXPECT_LE(depthwise.bias.abs().max().item<double>(), 0.2);
}

TEST(AffineLayer, CreatesABiasWhereThereWasNoneAndReplacesOneThatWas) {
  Linear layer(3, 2, false);
  EXPECT_FALSE(layer.hasBias());
  layer.setBias(at::tensor({1.0, 2.0}, at::kDouble));
  EXPECT_TRUE(layer.named_parameters().contains("bias"));
  EXPECT_EQ(layer.bias.scalar_type(), at::kFloat);
  layer.setBias(at::tensor({3.0, 4.0}, at::kDouble));
  const torch::NoGradGuard noGrad;
  EXPECT_TRUE(at::equal(layer.forward(at::zeros({1, 3})), at::tensor({3.0F, 4.0F}).view({1, 2})));
}

}  // namespace
}  // namespace slab::nn
