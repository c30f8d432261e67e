#include "kernels/weight_gradient.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "tests/kernels/buffers.h"
#include "tests/kernels/isas.h"
#include "tests/kernels/threads.h"

namespace slab::kernels::test {
namespace {

struct WeightGradientCase {
  std::int64_t rows, in, out;
  std::int64_t gap = 0;  // elements between the rows of x and dY
  bool withBias = true;
};

/// Inputs whose gaps hold NaN, and poisoned outputs.
struct Problem {
  explicit Problem(const WeightGradientCase& with)
      : given(with),
        x(DType::F32, with.rows, with.in, with.in + with.gap),
        dy(DType::F32, with.rows, with.out, with.out + with.gap),
        dWeight(DType::F32, with.out, with.in, with.in),
        dBias(DType::F32, 1, with.out, with.out) {
    std::mt19937 random(11);
    std::normal_distribution<double> normal;
    x.fill([&](auto, auto) { return normal(random) + 0.5; });
    dy.fill([&](auto, auto) { return normal(random); });
  }

  WeightGradient call() {
    WeightGradient result;
    result.rows = given.rows;
    result.in = given.in;
    result.out = given.out;
    result.x = static_cast<const float*>(x.data());
    result.xStride = x.stride();
    result.dy = static_cast<const float*>(dy.data());
    result.dyStride = dy.stride();
    result.dWeight = static_cast<float*>(dWeight.data());
    result.dBias = given.withBias ? static_cast<float*>(dBias.data()) : nullptr;
    return result;
  }

  WeightGradientCase given;
  Strided x, dy, dWeight, dBias;
};

Status runWithWorkspace(WeightGradient call, const ParallelFor& loop) {
  Scratch scratch(weightGradientWorkspaceBytes(call));
  call.workspace = scratch.data();
  call.workspaceBytes = scratch.size();
  return weightGradient(call, loop);
}

void expectNear(Strided& actual, Strided& expected, std::int64_t rows) {
  const auto a = actual.values(), b = expected.values();
  for (std::size_t i = 0; i < a.size(); ++i) {
    ASSERT_NEAR(a[i], b[i], 2e-6 * std::sqrt(static_cast<double>(rows)) * 8) << "at " << i;
  }
}

class WeightGradientTable : public testing::TestWithParam<WeightGradientCase> {};

TEST_P(WeightGradientTable, MatchesReferenceOnEveryInstructionSet) {
  Problem expected(GetParam());
  ASSERT_EQ(reference::weightGradient(expected.call()), Status::Ok);
  forEachIsa([&] {
    Problem actual(GetParam());
    ASSERT_EQ(runWithWorkspace(actual.call(), {}), Status::Ok);
    expectNear(actual.dWeight, expected.dWeight, GetParam().rows);
    if (GetParam().withBias) expectNear(actual.dBias, expected.dBias, GetParam().rows);
  });
}

TEST_P(WeightGradientTable, DoesNotDependOnThreads) {
  Problem serial(GetParam()), threaded(GetParam());
  ThreadedLoop loop(3);
  ASSERT_EQ(runWithWorkspace(serial.call(), {}), Status::Ok);
  ASSERT_EQ(runWithWorkspace(threaded.call(), loop.parallelFor()), Status::Ok);
  EXPECT_EQ(serial.dWeight.bytes(), threaded.dWeight.bytes());
  EXPECT_EQ(serial.dBias.bytes(), threaded.dBias.bytes());
}

INSTANTIATE_TEST_SUITE_P(Cases, WeightGradientTable,
                         testing::Values(WeightGradientCase{1, 1, 1}, WeightGradientCase{2, 3, 5},
                                         WeightGradientCase{63, 32, 32}, WeightGradientCase{65, 33, 17, 3},
                                         WeightGradientCase{1000, 4, 32}, WeightGradientCase{1025, 32, 96, 1},
                                         WeightGradientCase{2100, 31, 130}, WeightGradientCase{700, 48, 300, 0, false},
                                         WeightGradientCase{600, 1030, 1040}, WeightGradientCase{5000, 20, 10, 2}),
                         [](const auto& info) {
                           const auto& c = info.param;
                           return "rows" + std::to_string(c.rows) + "_in" + std::to_string(c.in) + "_out" +
                                  std::to_string(c.out);
                         });

TEST(WeightGradient, NoRowsGiveZeros) {
  Problem problem({0, 7, 3});
  ASSERT_EQ(runWithWorkspace(problem.call(), {}), Status::Ok);
  for (const double value : problem.dWeight.values()) EXPECT_EQ(value, 0.0);
  for (const double value : problem.dBias.values()) EXPECT_EQ(value, 0.0);
}

TEST(WeightGradient, ANaNReachesItsOwnRowAndColumnAlone) {
  Problem problem({200, 40, 24});
  static_cast<float*>(problem.x.data())[3 * 40 + 39] = std::nanf("");
  ASSERT_EQ(runWithWorkspace(problem.call(), {}), Status::Ok);
  for (std::int64_t o = 0; o < 24; ++o) {
    for (std::int64_t c = 0; c < 40; ++c) EXPECT_EQ(std::isnan(problem.dWeight.at(o, c)), c == 39) << o << " " << c;
    EXPECT_FALSE(std::isnan(problem.dBias.at(0, o)));
  }
}

TEST(WeightGradient, RefusesWhatItsHeaderRulesOut) {
  Problem problem({2000, 8, 8});
  auto call = problem.call();
  call.workspaceBytes = 0;
  EXPECT_EQ(weightGradient(call, {}), Status::WorkspaceTooSmall);
  call = problem.call();
  call.xStride = 7;
  EXPECT_EQ(runWithWorkspace(call, {}), Status::BadArgument);
  EXPECT_EQ(reference::weightGradient(call), Status::BadArgument);
  call = problem.call();
  call.dWeight = nullptr;
  EXPECT_EQ(runWithWorkspace(call, {}), Status::BadArgument);
}

}  // namespace
}  // namespace slab::kernels::test
