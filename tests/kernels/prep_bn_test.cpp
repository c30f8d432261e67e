#include "kernels/prep_bn.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/kernels/isas.h"
#include "tests/kernels/prep_bn_checks.h"
#include "tests/kernels/threads.h"

namespace slab::kernels::test {
namespace {

/// The CPU implementation with a workspace of exactly the size it asks for.
struct CpuPrepBn {
  ParallelFor parallelFor;

  Status forward(PrepBnForward call) const {
    Scratch scratch(prepBnForwardWorkspaceBytes(call));
    call.workspace = scratch.data();
    call.workspaceBytes = scratch.size();
    return prepBnForward(call, parallelFor);
  }
  Status backward(PrepBnBackward call) const {
    Scratch scratch(prepBnBackwardWorkspaceBytes(call));
    call.workspace = scratch.data();
    call.workspaceBytes = scratch.size();
    return prepBnBackward(call, parallelFor);
  }
  Status inference(RepBnInference call) const {
    Scratch scratch(repBnInferenceWorkspaceBytes(call));
    call.workspace = scratch.data();
    call.workspaceBytes = scratch.size();
    return repBnInference(call, parallelFor);
  }
};

class PrepBnTable : public testing::TestWithParam<PrepBnCase> {};

TEST_P(PrepBnTable, MatchesReferenceOnEveryInstructionSet) {
  forEachIsa([&] {
    CpuPrepBn serial;
    checkPrepBnCase(GetParam(), serial);
  });
}

TEST_P(PrepBnTable, DoesNotDependOnThreads) {
  PrepBnProblem serial(GetParam()), threaded(GetParam());
  CpuPrepBn one;
  runTraining(serial, one);
  ThreadedLoop loop(3);
  CpuPrepBn three{loop.parallelFor()};
  runTraining(threaded, three);
  EXPECT_EQ(serial.y.bytes(), threaded.y.bytes());
  EXPECT_EQ(serial.dx.bytes(), threaded.dx.bytes());
  const auto sameBits = [](const std::vector<float>& a, const std::vector<float>& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
  };
  EXPECT_TRUE(sameBits(serial.runningVar, threaded.runningVar));
  EXPECT_TRUE(sameBits(serial.dLnWeight, threaded.dLnWeight));
  EXPECT_TRUE(sameBits(serial.dBnWeight, threaded.dBnWeight));
  EXPECT_TRUE(sameBits(serial.dAlpha, threaded.dAlpha));
}

INSTANTIATE_TEST_SUITE_P(Cases, PrepBnTable, testing::ValuesIn(prepBnCases()),
                         [](const auto& info) { return nameOf(info.param); });

/// sum(y * dy) of the reference forward, whose derivatives the backward must return.
double objective(const PrepBnProblem& inputs) {
  PrepBnProblem copy = inputs;
  EXPECT_EQ(reference::prepBnForward(copy.forwardCall()), Status::Ok);
  double sum = 0.0;
  for (std::int64_t r = 0; r < inputs.with.rows; ++r) {
    for (std::int64_t c = 0; c < inputs.with.channels; ++c) sum += copy.y.at(r, c) * inputs.dy.at(r, c);
  }
  return sum;
}

/// Central difference of the objective along one float.
double difference(PrepBnProblem& inputs, float& value) {
  const float kept = value, step = 1e-2f;
  value = kept + step;
  const double above = objective(inputs);
  value = kept - step;
  const double below = objective(inputs);
  value = kept;
  return (above - below) / (2.0 * static_cast<double>(step));
}

TEST(PrepBnReference, GradientsAreTheDerivativesOfTheForward) {
  for (const PrepBnMode mode : {PrepBnMode::Mixed, PrepBnMode::LayerNorm, PrepBnMode::RepBn}) {
    PrepBnProblem problem({9, 5, mode});
    runReference(problem);
    auto* x = static_cast<float*>(problem.x.data());
    for (std::int64_t i = 0; i < 9 * 5; ++i) {
      EXPECT_NEAR(difference(problem, x[i]), problem.dx.at(i / 5, i % 5), 2e-3) << i;
    }
    for (std::size_t c = 0; c < 5; ++c) {
      if (mode != PrepBnMode::RepBn) {
        EXPECT_NEAR(difference(problem, problem.lnWeight[c]), problem.dLnWeight[c], 2e-3);
        EXPECT_NEAR(difference(problem, problem.lnBias[c]), problem.dLnBias[c], 2e-3);
      }
      if (mode != PrepBnMode::LayerNorm) {
        EXPECT_NEAR(difference(problem, problem.bnWeight[c]), problem.dBnWeight[c], 2e-3);
        EXPECT_NEAR(difference(problem, problem.bnBias[c]), problem.dBnBias[c], 2e-3);
      }
    }
    if (mode != PrepBnMode::LayerNorm) {
      EXPECT_NEAR(difference(problem, problem.alpha[0]), problem.dAlpha[0], 2e-3);
    }
  }
}

TEST(PrepBn, WarmUpLeavesTheBatchStatisticsAlone) {
  PrepBnProblem problem({64, 32, PrepBnMode::LayerNorm});
  const auto mean = problem.runningMean, variance = problem.runningVar;
  PrepBnForward call = problem.forwardCall();
  call.runningMean = problem.runningMean.data();
  call.runningVar = problem.runningVar.data();
  ASSERT_EQ(CpuPrepBn{}.forward(call), Status::Ok);
  EXPECT_EQ(problem.runningMean, mean);
  EXPECT_EQ(problem.runningVar, variance);
}

TEST(PrepBn, LambdaOneInMixedStillMovesTheRunningStatistics) {
  PrepBnProblem problem({64, 32, PrepBnMode::Mixed, DType::F32, 1.0f});
  const auto before = problem.runningMean;
  ASSERT_EQ(CpuPrepBn{}.forward(problem.forwardCall()), Status::Ok);
  EXPECT_NE(problem.runningMean, before);
}

TEST(PrepBn, LambdaZeroGivesLayerNormExactZeroGradients) {
  PrepBnProblem problem({64, 32, PrepBnMode::Mixed, DType::F32, 0.0f});
  CpuPrepBn cpu;
  runTraining(problem, cpu);
  for (const float value : problem.dLnWeight) EXPECT_EQ(value, 0.0f);
  for (const float value : problem.dLnBias) EXPECT_EQ(value, 0.0f);
}

TEST(PrepBn, OverflowInTheBranchOfWeightZeroPoisonsTheOutput) {
  for (const float lambda : {0.0f, 1.0f}) {
    PrepBnProblem problem({8, 16, PrepBnMode::Mixed, DType::F32, lambda});
    auto& weight = lambda == 0.0f ? problem.lnBias : problem.bnBias;
    weight[3] = std::numeric_limits<float>::infinity();
    forEachIsa([&] {
      ASSERT_EQ(CpuPrepBn{}.forward(problem.forwardCall()), Status::Ok);
      for (std::int64_t r = 0; r < 8; ++r) {
        EXPECT_TRUE(std::isnan(problem.y.at(r, 3)));
        EXPECT_FALSE(std::isnan(problem.y.at(r, 4)));
      }
    });
  }
}

TEST(PrepBn, NaNInOneChannelStaysInThatChannelOfRepBn) {
  PrepBnProblem problem({40, 16, PrepBnMode::RepBn});
  static_cast<float*>(problem.x.data())[5 * 16 + 2] = NAN;
  ASSERT_EQ(CpuPrepBn{}.forward(problem.forwardCall()), Status::Ok);
  for (std::int64_t r = 0; r < 40; ++r) {
    EXPECT_TRUE(std::isnan(problem.y.at(r, 2)));
    EXPECT_FALSE(std::isnan(problem.y.at(r, 3)));
  }
  EXPECT_TRUE(std::isnan(problem.runningVar[2]));
}

TEST(PrepBn, LambdaPointerWinsOverLambda) {
  PrepBnProblem byValue({20, 24, PrepBnMode::Mixed, DType::F32, 0.25f}), byPointer = byValue;
  const float lambda = 0.25f;
  ASSERT_EQ(CpuPrepBn{}.forward(byValue.forwardCall()), Status::Ok);
  PrepBnForward call = byPointer.forwardCall();
  call.lambda = 0.9f;
  call.lambdaPointer = &lambda;
  ASSERT_EQ(CpuPrepBn{}.forward(call), Status::Ok);
  EXPECT_EQ(byValue.y.bytes(), byPointer.y.bytes());
}

TEST(PrepBn, ConstantChannelHasVarianceZeroAndNoNaN) {
  PrepBnProblem problem({100, 8, PrepBnMode::RepBn});
  problem.x.fill([](std::int64_t, std::int64_t c) { return 1000.0 + static_cast<double>(c); });
  CpuPrepBn cpu;
  runTraining(problem, cpu);
  for (std::size_t c = 0; c < 8; ++c) {
    EXPECT_FLOAT_EQ(problem.bnRstd[c], 1.0f / std::sqrt(1e-5f));
    EXPECT_TRUE(std::isfinite(problem.dBnWeight[c]));
  }
}

TEST(PrepBn, RefusesOneRowWithBatchNorm) {
  PrepBnProblem problem({1, 8, PrepBnMode::Mixed});
  EXPECT_EQ(CpuPrepBn{}.forward(problem.forwardCall()), Status::BadArgument);
  EXPECT_EQ(reference::prepBnForward(problem.forwardCall()), Status::BadArgument);
}

TEST(PrepBn, RefusesASmallOrCrookedWorkspace) {
  PrepBnProblem problem({64, 32, PrepBnMode::Mixed});
  PrepBnForward call = problem.forwardCall();
  Scratch scratch(prepBnForwardWorkspaceBytes(call) + 64);
  call.workspace = scratch.data();
  call.workspaceBytes = prepBnForwardWorkspaceBytes(call) - 1;
  EXPECT_EQ(prepBnForward(call, ParallelFor()), Status::WorkspaceTooSmall);
  call.workspace = static_cast<char*>(scratch.data()) + 4;
  call.workspaceBytes = scratch.size();
  EXPECT_EQ(prepBnForward(call, ParallelFor()), Status::BadArgument);
}

TEST(PrepBn, RefusesMissingPointersAndShortStrides) {
  PrepBnProblem problem({64, 32, PrepBnMode::Mixed});
  PrepBnForward call = problem.forwardCall();
  call.bnBias = nullptr;
  EXPECT_EQ(CpuPrepBn{}.forward(call), Status::BadArgument);
  call = problem.forwardCall();
  call.xStride = 31;
  EXPECT_EQ(CpuPrepBn{}.forward(call), Status::BadArgument);
  PrepBnBackward backward = problem.backwardCall();
  backward.bnRstd = nullptr;
  EXPECT_EQ(CpuPrepBn{}.backward(backward), Status::BadArgument);
}

}  // namespace
}  // namespace slab::kernels::test
