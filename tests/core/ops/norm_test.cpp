#include "core/ops/norm.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "core/base/error.h"
#include "core/device/device.h"
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

constexpr double kMomentum = 0.1;
constexpr double kEps = 1e-5;
const Options kReference{Backend::Reference, LinearBackend::Torch};
const Options kAuto{Backend::Auto, LinearBackend::Torch};

/// Inputs in the order x, LN weight and bias, BN weight and bias, alpha.
std::vector<torch::Tensor> inputs(std::vector<std::int64_t> sizes) {
  const auto channels = sizes.back();
  return {torch::randn(sizes) * 2 + 0.5, torch::rand({channels}) + 0.5, torch::randn({channels}),
          torch::rand({channels}) + 0.5, torch::randn({channels}),      torch::randn({1})};
}

struct Running {
  torch::Tensor mean, var;
  explicit Running(std::int64_t channels, torch::Dtype type = torch::kFloat)
      : mean(torch::zeros({channels}, type)), var(torch::ones({channels}, type)) {}
};

test::Operator prepBn(const Running& running, double lambda) {
  return [&running, lambda](const std::vector<torch::Tensor>& in) {
    return prepBnTrain(in[0], in[1], in[2], kEps, in[3], in[4], in[5], running.mean, running.var, kMomentum, kEps,
                       lambda);
  };
}

/// The definition, straight from the equations in double precision.
torch::Tensor definition(const std::vector<torch::Tensor>& in, double lambda) {
  const auto x = in[0].reshape({-1, in[0].size(-1)});
  const auto rowMean = x.mean(1, true), rowVar = x.var(1, false, true);
  const auto layer = (x - rowMean) / (rowVar + kEps).sqrt() * in[1] + in[2];
  const auto mean = x.mean(0), var = x.var(0, false);
  const auto rep = (x - mean) / (var + kEps).sqrt() * in[3] + in[4] + in[5] * x;
  return (lambda * layer + (1 - lambda) * rep).reshape(in[0].sizes());
}

const std::vector<std::vector<std::int64_t>> kShapes{{2, 3},       {7, 5},        {2, 49, 33}, {1, 196, 96},
                                                     {3, 5, 4, 8}, {2, 300, 192}, {4, 64, 768}};

TEST(PrepBn, EveryBackendAgreesWithTheDefinitionInDoublePrecision) {
  torch::manual_seed(3);
  for (const auto& sizes : kShapes) {
    for (const double lambda : {1.0, 0.37, 0.0}) {
      const auto in = inputs(sizes);
      const auto exact =
          outputAndGradients([&](const auto& v) { return definition(v, lambda); }, test::toType(in, torch::kDouble));
      for (const auto& options : {kReference, kAuto}) {
        const OptionsGuard guard(options);
        Running running(sizes.back());
        const auto result = outputAndGradients(prepBn(running, lambda), in);
        for (std::size_t i = 0; i < exact.size(); ++i) {
          expectClose(result[i], exact[i], 2e-5,
                      std::string(toString(options.backend)) + ", channels " + std::to_string(sizes.back()) +
                          ", lambda " + std::to_string(lambda) + ", part " + std::to_string(i));
        }
        const auto tokens = in[0].reshape({-1, sizes.back()}).to(torch::kDouble);
        expectClose(running.mean, kMomentum * tokens.mean(0), 1e-5, "running mean");
        expectClose(running.var, 0.9 + kMomentum * tokens.var(0, true), 1e-5, "running variance");
      }
    }
  }
}

TEST(PrepBn, MatchesTheReferenceImplementationCallByCall) {
  const auto golden = golden::unit("linearnorm");
  ASSERT_FALSE(golden.empty());
  // Call 0 is a warm-up call (LayerNorm alone); total_step is 3 from call 1 on.
  const std::vector<double> lambdas{1.0, 1.0, 2.0 / 3, 1.0 / 3, 0.0, 0.0};
  const std::vector<std::string> names{"norm1.weight", "norm1.bias", "norm2.bn.weight", "norm2.bn.bias", "norm2.alpha"};
  for (const auto& options : {kReference, kAuto}) {
    const OptionsGuard guard(options);
    Running running(3);
    for (std::size_t call = 0; call < lambdas.size(); ++call) {
      const std::string prefix = "t" + std::to_string(call) + ".";
      std::vector<torch::Tensor> in{golden.at(prefix + "x").clone()};
      for (const auto& name : names) in.push_back(golden.at("init." + name).clone());
      for (auto& tensor : in) tensor.set_requires_grad(true);
      const auto y = call == 0 ? layerNorm(in[0], in[1], in[2], kEps) : prepBn(running, lambdas[call])(in);
      y.backward(golden.at(prefix + "dy"));
      expectGolden(y.detach(), golden.at(prefix + "y"), prefix + "y");
      expectGolden(in[0].grad(), golden.at(prefix + "dx"), prefix + "dx");
      for (std::size_t i = 0; i < names.size(); ++i) {
        const auto key = prefix + "grad." + names[i];
        ASSERT_EQ(in[i + 1].grad().defined(), golden.at(key).defined()) << key;
        if (golden.at(key).defined()) expectGolden(in[i + 1].grad(), golden.at(key), key);
      }
      expectGolden(running.mean, golden.at(prefix + "buf.norm2.bn.running_mean"), prefix + "mean");
      expectGolden(running.var, golden.at(prefix + "buf.norm2.bn.running_var"), prefix + "var");
    }
    const auto y = repBnEval(golden.at("eval.x"), golden.at("init.norm2.bn.weight"), golden.at("init.norm2.bn.bias"),
                             golden.at("init.norm2.alpha"), running.mean, running.var, kEps);
    expectGolden(y, golden.at("eval.y"), "eval.y");
  }
}

TEST(PrepBn, TheKernelBackendRunsOneFusedOperatorAndRefusesWhatItLacks) {
  const OptionsGuard guard({Backend::Kernel, LinearBackend::Torch});
  auto in = inputs({2, 10, 16});
  in[0].set_requires_grad(true);
  Running running(16);
  const auto before = running.mean._version();
  const auto y = prepBn(running, 0.5)(in);
  EXPECT_NE(y.grad_fn()->name().find("PrepBnFunction"), std::string::npos) << y.grad_fn()->name();
  EXPECT_GT(running.mean._version(), before) << "an in-place update has to be visible to autograd";
  EXPECT_THROW(prepBn(running, 0.5)(test::toType(in, torch::kDouble)), Error);
}

TEST(PrepBn, GradientsMatchCentralDifferences) {
  torch::manual_seed(4);
  Running running(3, torch::kDouble);
  test::expectGradientsMatchDifferences(prepBn(running, 0.4), inputs({2, 4, 3}));
}

TEST(PrepBn, AtLambdaZeroLayerNormGetsZeroGradientsNotAbsentOnes) {
  for (const auto& options : {kReference, kAuto}) {
    const OptionsGuard guard(options);
    Running running(16);
    const auto result = outputAndGradients(prepBn(running, 0.0), inputs({2, 10, 16}));
    ASSERT_TRUE(result[2].defined() && result[3].defined());
    EXPECT_EQ(result[2].abs().max().item<float>() + result[3].abs().max().item<float>(), 0.0f);
    EXPECT_GT(result[4].abs().max().item<float>(), 0.0f);
  }
}

TEST(PrepBn, NonContiguousInputGivesTheSameResult) {
  torch::manual_seed(5);
  auto in = inputs({4, 30, 24});
  Running plain(24), strided(24);
  const auto expected = outputAndGradients(prepBn(plain, 0.5), in);
  const auto view = in[0].transpose(1, 2).contiguous().transpose(1, 2).set_requires_grad(true);
  const auto y = prepBn(strided, 0.5)({view, in[1], in[2], in[3], in[4], in[5]});
  expectClose(y.detach(), expected[0], 1e-6, "transposed storage");
  const auto wide = torch::cat({in[0], in[0]}, -1).slice(-1, 0, 24);
  expectClose(prepBn(strided, 0.5)({wide, in[1], in[2], in[3], in[4], in[5]}), expected[0], 1e-6, "a slice");
}

TEST(PrepBn, TheSameBitsAtEveryCallAndThreadCount) {
  torch::manual_seed(6);
  const OptionsGuard guard(kAuto);
  const auto in = inputs({4, 700, 96});
  const int before = device::threads();
  std::vector<torch::Tensor> first;
  for (const int threads : {2, 2, 1}) {
    device::setThreads(threads);
    Running running(96);
    auto result = outputAndGradients(prepBn(running, 0.6), in);
    result.push_back(running.mean);
    result.push_back(running.var);
    if (first.empty()) first = result;
    for (std::size_t i = 0; i < first.size(); ++i) {
      EXPECT_TRUE(test::sameBits(result[i], first[i])) << threads << " threads, part " << i;
    }
  }
  device::setThreads(before);
}

TEST(RepBn, TrainingIsTheMixAtLambdaZeroAndEvaluationIsAffine) {
  torch::manual_seed(8);
  for (const auto& options : {kReference, kAuto}) {
    const OptionsGuard guard(options);
    const auto in = inputs({2, 40, 48});
    Running mixed(48), alone(48);
    const auto y = repBnTrain(in[0], in[3], in[4], in[5], alone.mean, alone.var, kMomentum, kEps);
    expectClose(y, prepBn(mixed, 0.0)(in), 1e-6, "training");
    expectClose(alone.var, mixed.var, 1e-6, "running variance");

    const auto scale = in[3] / (alone.var + kEps).sqrt() + in[5];
    const auto shift = in[4] - in[3] * alone.mean / (alone.var + kEps).sqrt();
    const auto evaluated = repBnEval(in[0], in[3], in[4], in[5], alone.mean, alone.var, kEps);
    expectClose(evaluated, in[0] * scale + shift, 1e-5, "evaluation");
  }
}

TEST(RepBn, EvaluationIsDifferentiable) {
  const auto mean = torch::randn({3}, torch::kDouble), var = torch::rand({3}, torch::kDouble) + 0.5;
  test::expectGradientsMatchDifferences(
      [&](const auto& in) { return repBnEval(in[0], in[3], in[4], in[5], mean, var, kEps) + 0 * (in[1] + in[2]); },
      inputs({2, 4, 3}));
}

TEST(RepBn, TakesAnEmptyBatchInEvaluationAndRefusesOneTokenInTraining) {
  for (const auto& options : {kReference, kAuto}) {
    const OptionsGuard guard(options);
    const auto in = inputs({0, 7, 6});
    Running running(6);
    EXPECT_EQ(repBnEval(in[0], in[3], in[4], in[5], running.mean, running.var, kEps).sizes(), in[0].sizes());
    const auto one = inputs({1, 1, 6});
    EXPECT_THROW(prepBn(running, 0.5)(one), Error);
    EXPECT_EQ(running.var.sum().item<float>(), 6.0f);
  }
}

TEST(LayerNorm, AgreesWithTheDefinitionAndItsDifferences) {
  torch::manual_seed(9);
  const auto in = inputs({3, 20, 40});
  const auto exact = definition(test::toType(in, torch::kDouble), 1.0);
  expectClose(layerNorm(in[0], in[1], in[2], kEps), exact, 1e-5, "values");
  test::expectGradientsMatchDifferences([](const auto& v) { return layerNorm(v[0], v[1], v[2], kEps); },
                                        {torch::randn({4, 5}), torch::randn({5}), torch::randn({5})});
}

}  // namespace
}  // namespace slab::ops
