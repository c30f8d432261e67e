#include "core/ops/autocast.h"

#include <ATen/autocast_mode.h>

#include "core/ops/linear.h"
#include "core/ops/norm.h"
#include "core/ops/options.h"
#include "core/ops/simplified_linear_attention.h"
#include "tests/core/ops/support.h"

namespace slab::ops {
namespace {

TEST(Autocast, HoldsForItsScopeAndNests) {
  EXPECT_EQ(autocastType(at::kCPU), std::nullopt);
  {
    const Autocast outer(at::kCPU, at::kBFloat16);
    EXPECT_EQ(autocastType(at::kCPU), at::kBFloat16);
    {
      const AutocastOff island;
      EXPECT_EQ(autocastType(at::kCPU), std::nullopt);
    }
    {
      const Autocast none(at::kCPU, std::nullopt);
      EXPECT_EQ(autocastType(at::kCPU), at::kBFloat16);
    }
    EXPECT_EQ(autocastType(at::kCPU), at::kBFloat16);
  }
  EXPECT_EQ(autocastType(at::kCPU), std::nullopt);
}

class AutocastOps : public ::testing::TestWithParam<Options> {
 protected:
  AutocastOps() { torch::manual_seed(4); }
  const OptionsGuard guard_{GetParam()};
};

TEST_P(AutocastOps, LinearIsBFloat16AndItsWeightsGradientFloat32) {
  const at::Tensor x = at::randn({2, 6, 16}), weight = at::randn({8, 16}).requires_grad_(true);
  const at::Tensor bias = at::randn({8}).requires_grad_(true);
  at::Tensor y;
  {
    const Autocast scope(at::kCPU, at::kBFloat16);
    y = linear(x, weight, bias);
  }
  EXPECT_EQ(y.scalar_type(), at::kBFloat16);
  test::expectClose(y.detach(), at::linear(x, weight, bias).detach(), 0.02, "y");
  y.sum().backward();
  ASSERT_EQ(weight.grad().scalar_type(), at::kFloat);
  test::expectClose(weight.grad(), x.flatten(0, 1).sum(0).expand({8, 16}), 0.02, "dW");
  test::expectClose(bias.grad(), at::full({8}, 12.0), 1e-6, "db");
}

TEST_P(AutocastOps, NormsAreFloat32OfABFloat16Input) {
  const at::Tensor x = at::randn({3, 5, 8}).to(at::kBFloat16), ones = at::ones({8}), zeros = at::zeros({8});
  const auto prepBn = [&](const at::Tensor& input) {
    return prepBnTrain(input, ones, zeros, 1e-5, ones, zeros, at::ones({1}), zeros.clone(), ones.clone(), 0.1, 1e-5,
                       0.3);
  };
  const at::Tensor expected = prepBn(x.to(at::kFloat));
  const Autocast scope(at::kCPU, at::kBFloat16);
  EXPECT_TRUE(test::sameBits(prepBn(x), expected));
  EXPECT_EQ(layerNorm(x, ones, zeros, 1e-5).scalar_type(), at::kFloat);
  EXPECT_EQ(repBnEval(x, ones, zeros, at::ones({1}), zeros, ones, 1e-5).scalar_type(), at::kFloat);
}

// Sums of 64 products are off by far more than one rounding of the result if they are taken in bfloat16.
TEST_P(AutocastOps, SimplifiedLinearAttentionSumsInFloat32) {
  const at::Tensor qkv = at::randn({2, 64, 3 * 16}).to(at::kBFloat16);
  const at::Tensor position = at::randn({1, 64, 16}), weight = at::randn({8, 1, 5, 5}), bias = at::randn({8});
  const SlaShape shape{2, 8, 8};
  const at::Tensor expected = simplifiedLinearAttention(qkv.to(at::kFloat), position, weight, bias, shape);
  const Autocast scope(at::kCPU, at::kBFloat16);
  const at::Tensor actual = simplifiedLinearAttention(qkv, position, weight, bias, shape);
  EXPECT_EQ(actual.scalar_type(), at::kBFloat16);
  constexpr double kOneRounding = 1.0 / 256;
  test::expectClose(actual, expected, kOneRounding, "output");
}

INSTANTIATE_TEST_SUITE_P(Backends, AutocastOps,
                         ::testing::Values(Options{Backend::Auto, LinearBackend::OneDnn},
                                           Options{Backend::Reference, LinearBackend::Torch}),
                         [](const auto& info) {
                           return std::string(info.param.backend == Backend::Auto ? "kernel" : "reference");
                         });

}  // namespace
}  // namespace slab::ops
