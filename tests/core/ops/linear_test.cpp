#include "core/ops/linear.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "core/base/error.h"
#include "core/ops/options.h"
#include "core/ops/packed_weights.h"
#include "tests/core/ops/support.h"

namespace slab::ops {
namespace {

using test::expectClose;
using test::outputAndGradients;

class LinearTest : public testing::Test {
 protected:
  void SetUp() override {
    torch::manual_seed(7);
    setLinearChoices({});
    clearPackedWeights();
  }
};

const Options kOneDnn{Backend::Auto, LinearBackend::OneDnn};
const Options kTorch{Backend::Auto, LinearBackend::Torch};

torch::Tensor run(const std::vector<torch::Tensor>& in) {
  return linear(in[0], in[1], in[2]);
}
torch::Tensor runGelu(const std::vector<torch::Tensor>& in) {
  return linearGelu(in[0], in[1], in[2]);
}
torch::Tensor runWithoutBias(const std::vector<torch::Tensor>& in) {
  return linear(in[0], in[1], torch::Tensor());
}

std::vector<torch::Tensor> layer(std::vector<std::int64_t> leading, std::int64_t in, std::int64_t out) {
  leading.push_back(in);
  return {torch::randn(leading), torch::randn({out, in}), torch::randn({out})};
}

TEST_F(LinearTest, EveryBackendAgreesWithDoublePrecisionForwardAndBackward) {
  const std::vector<std::pair<std::vector<std::int64_t>, std::pair<int, int>>> shapes{
      {{1}, {3, 5}}, {{2, 49}, {33, 17}}, {{2, 3, 7}, {96, 288}}, {{2500}, {32, 31}}, {{3, 1024}, {16, 48}}};
  for (const auto& [leading, widths] : shapes) {
    const auto inputs = layer(leading, widths.first, widths.second);
    for (const auto& op : {test::Operator(run), test::Operator(runGelu)}) {
      const auto exact = outputAndGradients(op, test::toType(inputs, torch::kDouble));
      for (const auto backend : {LinearBackend::Auto, LinearBackend::OneDnn, LinearBackend::Torch}) {
        const OptionsGuard guard({Backend::Auto, backend});
        const auto result = outputAndGradients(op, inputs);
        for (std::size_t i = 0; i < exact.size(); ++i) {
          expectClose(
              result[i], exact[i], 1e-5,
              std::string(toString(backend)) + " " + std::to_string(widths.first) + " part " + std::to_string(i));
        }
      }
    }
  }
}

TEST_F(LinearTest, WorksWithoutBiasAndOnlyForTheInputsThatNeedGradients) {
  const OptionsGuard guard(kOneDnn);
  const auto inputs = layer({2, 9}, 12, 20);
  const auto result = outputAndGradients(runWithoutBias, inputs);
  EXPECT_FALSE(result[3].defined());
  expectClose(result[0], torch::linear(inputs[0], inputs[1]), 1e-6, "output");

  auto x = inputs[0].clone().set_requires_grad(true);
  linear(x, inputs[1], inputs[2]).sum().backward();
  expectClose(x.grad(), inputs[1].sum(0).expand_as(x), 1e-5, "input gradient alone");
}

TEST_F(LinearTest, TakesNonContiguousInputsAndWeights) {
  const OptionsGuard guard(kOneDnn);
  const auto x = torch::randn({6, 40, 2}).transpose(1, 2);
  const auto weight = torch::randn({40, 24}).t();
  const auto bias = torch::randn({48}).slice(0, 0, 48, 2);
  for (int call = 0; call < 3; ++call) {
    const torch::NoGradGuard noGrad;
    expectClose(linear(x, weight, bias), torch::linear(x, weight, bias), 1e-5, "inference");
  }
  const auto plain = outputAndGradients(run, {x.contiguous(), weight.contiguous(), bias.contiguous()});
  auto leaf = x.clone(torch::MemoryFormat::Preserve).set_requires_grad(true);
  expectClose(linear(leaf, weight, bias), plain[0], 1e-5, "training");
}

TEST_F(LinearTest, AnEmptyBatchGivesAnEmptyResultAndZeroGradients) {
  for (const auto& options : {kOneDnn, kTorch}) {
    const OptionsGuard guard(options);
    const auto result = outputAndGradients(run, layer({0, 5}, 8, 4));
    EXPECT_EQ(result[0].sizes(), (std::vector<std::int64_t>{0, 5, 4}));
    EXPECT_EQ(result[2].abs().max().item<float>(), 0.0f);
  }
}

TEST_F(LinearTest, DoublePrecisionIsExactOnEveryBackend) {
  const auto inputs = test::toType(layer({5}, 6, 7), torch::kDouble);
  const OptionsGuard guard(kOneDnn);
  EXPECT_TRUE(test::sameBits(run(inputs), torch::linear(inputs[0], inputs[1], inputs[2])));
  test::expectGradientsMatchDifferences(run, layer({3}, 4, 5));
}

TEST_F(LinearTest, BFloat16StaysWithinItsRounding) {
  const auto inputs = layer({2, 50}, 64, 48);
  const OptionsGuard guard(kOneDnn);
  const torch::NoGradGuard noGrad;
  const auto result = run(test::toType(inputs, torch::kBFloat16));
  EXPECT_EQ(result.scalar_type(), torch::kBFloat16);
  expectClose(result, run(test::toType(inputs, torch::kDouble)), 2e-2, "bfloat16");
}

TEST_F(LinearTest, RepeatedCallsGiveTheSameBits) {
  const OptionsGuard guard(kOneDnn);
  const auto inputs = layer({3000}, 48, 64);
  const auto first = outputAndGradients(run, inputs);
  for (int call = 0; call < 3; ++call) {
    const auto again = outputAndGradients(run, inputs);
    for (std::size_t i = 0; i < first.size(); ++i) EXPECT_TRUE(test::sameBits(first[i], again[i])) << i;
  }
}

TEST_F(LinearTest, PackedWeightsGiveTheSameValuesAndNoticeEveryChange) {
  const OptionsGuard guard(kOneDnn);
  const torch::NoGradGuard noGrad;
  const auto inputs = layer({64}, 96, 80);
  auto weight = inputs[1].clone().set_requires_grad(true);
  const auto expectRight = [&](const char* when) {
    for (int call = 0; call < 3; ++call) {
      expectClose(linear(inputs[0], weight, inputs[2]), torch::linear(inputs[0], weight, inputs[2]), 1e-5, when);
      expectClose(linearGelu(inputs[0], weight, inputs[2]), torch::gelu(torch::linear(inputs[0], weight, inputs[2])),
                  1e-5, when);
    }
  };
  expectRight("fresh");
  EXPECT_EQ(packedWeights().size(), 1U);
  weight.mul_(2.0);
  expectRight("changed in place");
  weight[3][5] = 100.0;
  expectRight("one value set through a view");
  weight.set_data(torch::randn_like(weight));
  expectRight("data replaced");
  std::fill_n(weight.data_ptr<float>(), weight.numel(), 0.25f);
  expectRight("written through the pointer");
}

TEST_F(LinearTest, PackedWeightsForgetWeightsThatAreGone) {
  const OptionsGuard guard(kOneDnn);
  const torch::NoGradGuard noGrad;
  const auto x = torch::randn({8, 16});
  for (int round = 0; round < 20; ++round) {
    const auto weight = torch::randn({16, 16});
    for (int call = 0; call < 3; ++call) {
      expectClose(linear(x, weight, torch::Tensor()), torch::linear(x, weight), 1e-5,
                  "a new weight, perhaps at an old address");
    }
  }
  EXPECT_LE(packedWeights().size(), 2U);
}

TEST_F(LinearTest, TheFirstInferenceRoundsAsAllLaterOnes) {
  const OptionsGuard guard(kOneDnn);
  const torch::NoGradGuard noGrad;
  const auto inputs = layer({300}, 96, 160);
  const auto first = run(inputs), firstGelu = runGelu(inputs);
  for (int call = 0; call < 3; ++call) {
    EXPECT_TRUE(test::sameBits(run(inputs), first));
    EXPECT_TRUE(test::sameBits(runGelu(inputs), firstGelu));
  }
}

TEST_F(LinearTest, AViewMadeAfreshIsPackedOnce) {
  const OptionsGuard guard(kOneDnn);
  const torch::NoGradGuard noGrad;
  const auto x = torch::randn({40, 12}), convolution = torch::randn({16, 3, 2, 2});
  for (int call = 0; call < 3; ++call) {
    expectClose(linear(x, convolution.flatten(1), torch::Tensor()), torch::linear(x, convolution.flatten(1)), 1e-5,
                "view");
  }
  EXPECT_EQ(packedWeights().size(), 1U);
  convolution.mul_(3.0);
  expectClose(linear(x, convolution.flatten(1), torch::Tensor()), torch::linear(x, convolution.flatten(1)), 1e-5,
              "changed");
  EXPECT_EQ(packedWeights().size(), 1U);
}

TEST_F(LinearTest, WorksInInferenceMode) {
  const OptionsGuard guard(kOneDnn);
  const c10::InferenceMode inference;
  const auto inputs = layer({10}, 24, 12);
  for (int call = 0; call < 3; ++call) {
    expectClose(run(inputs), torch::linear(inputs[0], inputs[1], inputs[2]), 1e-5, "inference mode");
  }
}

TEST_F(LinearTest, AutoTimesAShapeOnceAndThenFollowsTheTable) {
  const OptionsGuard guard({Backend::Auto, LinearBackend::Auto});
  outputAndGradients(run, layer({100}, 32, 24));
  const auto choices = linearChoices();
  ASSERT_EQ(choices.size(), 3U);
  EXPECT_EQ(choices[0].rows, 128);
  outputAndGradients(run, layer({120}, 32, 24));
  EXPECT_EQ(linearChoices(), choices);

  // A pinned table decides the bits: each setting gives those of its own backend.
  const auto inputs = layer({100}, 32, 24);
  for (const bool oneDnn : {false, true}) {
    auto pinned = choices;
    for (auto& choice : pinned) choice.oneDnn = oneDnn;
    setLinearChoices(pinned);
    EXPECT_EQ(linearChoices(), pinned);
    const auto chosen = outputAndGradients(run, inputs);
    const OptionsGuard forced(oneDnn ? kOneDnn : kTorch);
    const auto expected = outputAndGradients(run, inputs);
    for (std::size_t i = 0; i < chosen.size(); ++i) EXPECT_TRUE(test::sameBits(chosen[i], expected[i])) << i;
  }
}

TEST_F(LinearTest, PassNamesSurviveARoundTrip) {
  for (const auto pass :
       {LinearPass::Forward, LinearPass::InputGradient, LinearPass::WeightGradient, LinearPass::ForwardGelu}) {
    EXPECT_EQ(linearPassFromName(toString(pass)), pass);
  }
  EXPECT_THROW((void)linearPassFromName("sideways"), Error);
}

}  // namespace
}  // namespace slab::ops
