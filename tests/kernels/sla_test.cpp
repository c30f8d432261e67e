#include <gtest/gtest.h>

#include "kernels/simplified_linear_attention.h"
#include "tests/kernels/isas.h"
#include "tests/kernels/sla_checks.h"
#include "tests/kernels/threads.h"

namespace slab::kernels::test {
namespace {

/// The CPU implementation with a workspace of exactly the size it asks for.
struct CpuSla {
  ParallelFor parallelFor;

  Status forward(SlaForward call) const {
    Scratch scratch(slaForwardWorkspaceBytes(call));
    call.workspace = scratch.data();
    call.workspaceBytes = scratch.size();
    return slaForward(call, parallelFor);
  }
  Status backward(SlaBackward call) const {
    Scratch scratch(slaBackwardWorkspaceBytes(call));
    call.workspace = scratch.data();
    call.workspaceBytes = scratch.size();
    return slaBackward(call, parallelFor);
  }
};

class SlaTable : public testing::TestWithParam<SlaCase> {};

TEST_P(SlaTable, MatchesReferenceOnEveryInstructionSet) {
  forEachIsa([&] {
    CpuSla serial;
    checkSlaCase(GetParam(), serial);
  });
}

TEST_P(SlaTable, DoesNotDependOnThreads) {
  SlaProblem serial(GetParam()), threaded(GetParam());
  const CpuSla one;
  ThreadedLoop loop(3);
  const CpuSla three{loop.parallelFor()};
  ASSERT_EQ(one.forward(serial.forwardCall()), Status::Ok);
  ASSERT_EQ(one.backward(serial.backwardCall()), Status::Ok);
  ASSERT_EQ(three.forward(threaded.forwardCall()), Status::Ok);
  ASSERT_EQ(three.backward(threaded.backwardCall()), Status::Ok);
  EXPECT_EQ(serial.out.bytes(), threaded.out.bytes());
  EXPECT_EQ(serial.dPacked.bytes(), threaded.dPacked.bytes());
  EXPECT_EQ(serial.dv.bytes(), threaded.dv.bytes());
  const auto sameBits = [](const std::vector<float>& a, const std::vector<float>& b) {
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0);
  };
  EXPECT_TRUE(sameBits(serial.dPosition, threaded.dPosition));
  EXPECT_TRUE(sameBits(serial.dWeight, threaded.dWeight));
  EXPECT_TRUE(sameBits(serial.dBias, threaded.dBias));
}

INSTANTIATE_TEST_SUITE_P(Cases, SlaTable, testing::ValuesIn(slaCases()),
                         [](const auto& info) { return nameOf(info.param); });

/// sum(out * dOut) of the reference forward, whose derivatives the backward must return.
double objective(const SlaProblem& inputs) {
  SlaProblem copy = inputs;
  EXPECT_EQ(reference::slaForward(copy.forwardCall()), Status::Ok);
  double sum = 0.0;
  for (std::int64_t r = 0; r < inputs.shape.batch * inputs.shape.queries; ++r) {
    for (std::int64_t c = 0; c < inputs.channels; ++c) sum += copy.out.at(r, c) * inputs.dOut.at(r, c);
  }
  return sum;
}

double difference(SlaProblem& inputs, float& value) {
  const float kept = value, step = 1e-3f;
  value = kept + step;
  const double above = objective(inputs);
  value = kept - step;
  const double below = objective(inputs);
  value = kept;
  return (above - below) / (2.0 * static_cast<double>(step));
}

TEST(SlaReference, GradientsAreTheDerivativesOfTheForward) {
  SlaProblem problem({2, 3, 3, 2, 4});
  ASSERT_EQ(reference::slaBackward(problem.backwardCall()), Status::Ok);
  const double tolerance = 2e-3;
  auto* qkv = static_cast<float*>(problem.packed.data());
  for (std::int64_t i = 0; i < 2 * 9 * 24; ++i) {
    EXPECT_NEAR(difference(problem, qkv[i]), problem.dPacked.at(i / 24, i % 24), tolerance) << i;
  }
  for (std::size_t i = 0; i < problem.position.size(); ++i) {
    EXPECT_NEAR(difference(problem, problem.position[i]), problem.dPosition[i], tolerance) << i;
  }
  for (std::size_t i = 0; i < problem.weight.size(); ++i) {
    EXPECT_NEAR(difference(problem, problem.weight[i]), problem.dWeight[i], tolerance) << i;
  }
  for (std::size_t i = 0; i < problem.bias.size(); ++i) {
    EXPECT_NEAR(difference(problem, problem.bias[i]), problem.dBias[i], tolerance) << i;
  }
}

TEST(Sla, ChoosesTheCheaperOrder) {
  const auto first = [](std::int64_t queries, std::int64_t keys, std::int64_t d) {
    return slaKeyValueFirst({DType::F32, 1, queries, keys, 1, d, 0, 0, 0});
  };
  EXPECT_TRUE(first(3136, 3136, 32));
  EXPECT_TRUE(first(196, 196, 64));
  EXPECT_TRUE(first(65, 65, 64));
  EXPECT_FALSE(first(64, 64, 64));
  EXPECT_FALSE(first(49, 49, 64));
  for (const std::int64_t queries : {1, 7, 50, 900}) {
    for (const std::int64_t keys : {1, 9, 64, 333}) {
      for (const std::int64_t d : {1, 8, 32, 64}) {
        EXPECT_EQ(first(queries, keys, d), queries * keys * (d + d) > d * d * (queries + keys));
      }
    }
  }
}

TEST(Sla, QueriesWithoutAMatchLeaveTheConvolutionAlone) {
  SlaProblem problem({1, 7, 7, 1, 8, 1});
  problem.packed.fill([](std::int64_t, std::int64_t c) { return c < 8 ? -1.0 : 1.0; });
  forEachIsa([&] {
    ASSERT_EQ(CpuSla{}.forward(problem.forwardCall()), Status::Ok);
    for (std::int64_t i = 0; i < 49; ++i) {
      for (std::int64_t c = 0; c < 8; ++c) {
        const auto at = static_cast<std::size_t>(c);
        EXPECT_FLOAT_EQ(static_cast<float>(problem.out.at(i, c)), problem.weight[at] + problem.bias[at]);
      }
    }
  });
}

TEST(Sla, NaNInAKeyReachesEveryTokenOfItsHeadAndNoOther) {
  SlaProblem problem({1, 5, 5, 2, 8});
  auto* qkv = static_cast<float*>(problem.packed.data());
  qkv[3 * 48 + 16 + 2] = NAN;  // token 3, k, head 0, channel 2
  for (std::int64_t i = 0; i < 25; ++i) qkv[i * 48 + 2] = 1.0f;
  forEachIsa([&] {
    ASSERT_EQ(CpuSla{}.forward(problem.forwardCall()), Status::Ok);
    for (std::int64_t i = 0; i < 25; ++i) {
      EXPECT_TRUE(std::isnan(problem.out.at(i, 0)));
      EXPECT_FALSE(std::isnan(problem.out.at(i, 8)));
    }
  });
}

TEST(Sla, RefusesShapesThatDoNotFitTogether) {
  SlaProblem problem({1, 4, 4, 2, 8});
  SlaForward call = problem.forwardCall();
  call.shape.width = 5;
  EXPECT_EQ(CpuSla{}.forward(call), Status::BadArgument);
  call = problem.forwardCall();
  call.shape.kernel = 4;
  EXPECT_EQ(CpuSla{}.forward(call), Status::BadArgument);
  call = problem.forwardCall();
  call.k.tokenStride = 15;
  EXPECT_EQ(CpuSla{}.forward(call), Status::BadArgument);
  call = problem.forwardCall();
  call.position = nullptr;
  EXPECT_EQ(CpuSla{}.forward(call), Status::BadArgument);
  call = problem.forwardCall();
  call.workspace = nullptr;
  EXPECT_EQ(slaForward(call, ParallelFor()), Status::WorkspaceTooSmall);
}

}  // namespace
}  // namespace slab::kernels::test
