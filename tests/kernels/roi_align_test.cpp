#include "tests/kernels/isas.h"
#include "tests/kernels/roi_align_cases.h"
#include "tests/kernels/threads.h"

namespace slab::kernels::test {
namespace {

struct CpuRoiAlign {
  ParallelFor parallelFor;

  [[nodiscard]] Status forward(RoiAlignForward call) const {
    Scratch scratch(roiAlignForwardWorkspaceBytes(call));
    call.workspace = scratch.data();
    call.workspaceBytes = scratch.size();
    return roiAlignForward(call, parallelFor);
  }
  [[nodiscard]] Status backward(RoiAlignBackward call) const {
    Scratch scratch(roiAlignBackwardWorkspaceBytes(call));
    call.workspace = scratch.data();
    call.workspaceBytes = scratch.size();
    return roiAlignBackward(call, parallelFor);
  }
};

class RoiAlignTable : public testing::TestWithParam<RoiAlignCase> {};

TEST_P(RoiAlignTable, MatchesReference) {
  CpuRoiAlign cpu;
  forEachIsa([&] { checkRoiAlignCase(GetParam(), cpu); });
}

INSTANTIATE_TEST_SUITE_P(Cases, RoiAlignTable, testing::ValuesIn(roiAlignCases()),
                         [](const auto& info) { return nameOf(info.param); });

TEST(RoiAlign, OfALinearMapIsTheValueAtTheCentreOfEachBin) {
  // Bilinear samples of a plane are exact, and their mean over a bin is the value at its centre.
  RoiAlignProblem problem({20, 30, 1, 1, 4, 5, 0.5f, 0, 1});
  for (std::size_t i = 0; i < problem.map.size(); ++i) {
    problem.map[i] = 0.25f * static_cast<float>(i % 30) - 0.5f * static_cast<float>(i / 30);
  }
  problem.rois = {0.0f, 6.0f, 4.0f, 46.0f, 32.0f};
  ASSERT_EQ(CpuRoiAlign{}.forward(problem.forwardCall()), Status::Ok);
  for (int row = 0; row < 4; ++row) {
    for (int column = 0; column < 5; ++column) {
      const double x = (6.0 + 40.0 * (column + 0.5) / 5) * 0.5 - 0.5, y = (4.0 + 28.0 * (row + 0.5) / 4) * 0.5 - 0.5;
      EXPECT_NEAR(problem.output[static_cast<std::size_t>(row * 5 + column)], 0.25 * x - 0.5 * y, 1e-5);
    }
  }
}

TEST(RoiAlign, RegionsThatShowNothingGiveZeros) {
  CpuRoiAlign cpu;
  forEachIsa([&] { checkOddRois(cpu); });
}

TEST(RoiAlign, DoesNotDependOnTheNumberOfThreads) {
  const RoiAlignCase with{25, 34, 161, 40, 7, 7, 0.125f};
  RoiAlignProblem one(with), three(with);
  ThreadedLoop loop(3);
  const CpuRoiAlign threaded{loop.parallelFor()};
  ASSERT_EQ(CpuRoiAlign{}.forward(one.forwardCall()), Status::Ok);
  ASSERT_EQ(CpuRoiAlign{}.backward(one.backwardCall()), Status::Ok);
  ASSERT_EQ(threaded.forward(three.forwardCall()), Status::Ok);
  ASSERT_EQ(threaded.backward(three.backwardCall()), Status::Ok);
  EXPECT_EQ(one.output, three.output);
  EXPECT_EQ(one.dMap, three.dMap);
}

TEST(RoiAlign, HugeRegionsAreBoundedInWork) {
  RoiAlignProblem problem({8, 8, 4, 1, 2, 2, 1.0f, 0, 1});
  problem.rois = {0.0f, -1e30f, -1e30f, 1e30f, 1e30f};
  EXPECT_EQ(CpuRoiAlign{}.forward(problem.forwardCall()), Status::Ok);
  problem.rois = {0.0f, -INFINITY, 0.0f, INFINITY, 8.0f};
  EXPECT_EQ(CpuRoiAlign{}.forward(problem.forwardCall()), Status::Ok);
}

TEST(RoiAlign, RefusesMissingPointersBadSizesAndAShortWorkspace) {
  RoiAlignProblem problem({8, 8, 4, 3, 2, 2});
  RoiAlignForward call = problem.forwardCall();
  call.rois = nullptr;
  EXPECT_EQ(CpuRoiAlign{}.forward(call), Status::BadArgument);
  EXPECT_EQ(reference::roiAlignForward(call), Status::BadArgument);
  call = problem.forwardCall();
  call.shape.rows = 0;
  EXPECT_EQ(CpuRoiAlign{}.forward(call), Status::BadArgument);
  call = problem.forwardCall();
  call.shape.scale = NAN;
  EXPECT_EQ(CpuRoiAlign{}.forward(call), Status::BadArgument);
  call = problem.forwardCall();
  EXPECT_EQ(roiAlignForward(call, ParallelFor()), Status::WorkspaceTooSmall);
}

}  // namespace
}  // namespace slab::kernels::test
