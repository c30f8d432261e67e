#include <gtest/gtest.h>

#include "tests/support/cuda_on_cpu.h"
// The emulation must precede device code.
#include "kernels/cuda/roi_align_launch.cuh"
#include "tests/kernels/roi_align_cases.h"

namespace slab::kernels::test {
namespace {

/// The CUDA implementation, run on the CPU, with a workspace of exactly the size it asks for.
struct EmulatedRoiAlign {
  cuda_on_cpu::Launcher launcher;

  Status forward(RoiAlignForward call) {
    Scratch scratch(RoiTables(call.shape, nullptr).bytes);
    call.workspace = scratch.data();
    call.workspaceBytes = scratch.size();
    return cuda::roi_align::launchForward(call, launcher);
  }
  Status backward(RoiAlignBackward call) {
    Scratch scratch(RoiTables(call.shape, nullptr).bytes);
    call.workspace = scratch.data();
    call.workspaceBytes = scratch.size();
    return cuda::roi_align::launchBackward(call, launcher);
  }
};

class RoiAlignCudaTable : public testing::TestWithParam<RoiAlignCase> {};

TEST_P(RoiAlignCudaTable, MatchesReference) {
  EmulatedRoiAlign emulated{cuda_on_cpu::Launcher(7, false)};
  checkRoiAlignCase(GetParam(), emulated);
}

INSTANTIATE_TEST_SUITE_P(Cases, RoiAlignCudaTable, testing::ValuesIn(roiAlignCases()),
                         [](const auto& info) { return nameOf(info.param); });

TEST(RoiAlignCuda, RegionsThatShowNothingGiveZeros) {
  EmulatedRoiAlign emulated{cuda_on_cpu::Launcher(3, false)};
  checkOddRois(emulated);
}

TEST(RoiAlignCuda, DoesNotDependOnTheOrderOfLanes) {
  const RoiAlignCase with{13, 21, 36, 12, 7, 7};
  RoiAlignProblem first(with), second(with);
  EmulatedRoiAlign one{cuda_on_cpu::Launcher(1, false)}, two{cuda_on_cpu::Launcher(99, false)};
  ASSERT_EQ(one.backward(first.backwardCall()), Status::Ok);
  ASSERT_EQ(two.backward(second.backwardCall()), Status::Ok);
  EXPECT_EQ(first.dMap, second.dMap);
}

TEST(RoiAlignCuda, WritesTheGradientOnceAndInWholeSectors) {
  RoiAlignProblem problem({16, 16, 64, 4, 7, 7, 0.25f, 0, 1});
  EmulatedRoiAlign emulated{cuda_on_cpu::Launcher(1, true)};
  ASSERT_EQ(emulated.backward(problem.backwardCall()), Status::Ok);
  const cuda_on_cpu::Traffic& traffic = emulated.launcher.traffic();
  const auto gradient = static_cast<std::int64_t>(problem.dMap.size() * sizeof(float));
  EXPECT_GE(traffic.bytesWritten, gradient);
  EXPECT_LE(traffic.bytesWritten, gradient + static_cast<std::int64_t>(RoiTables(problem.shape(), nullptr).bytes));
}

}  // namespace
}  // namespace slab::kernels::test
