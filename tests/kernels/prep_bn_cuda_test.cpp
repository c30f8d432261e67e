#include <gtest/gtest.h>

#include "tests/support/cuda_on_cpu.h"
// The emulation must precede device code.
#include "kernels/cuda/prep_bn_launch.cuh"
#include "tests/kernels/prep_bn_checks.h"

namespace slab::kernels::test {
namespace {

/// The CUDA implementation, run on the CPU, with a workspace of exactly the size it asks for.
struct EmulatedPrepBn {
  cuda_on_cpu::Launcher launcher;

  Status forward(PrepBnForward call) {
    Scratch scratch(cuda::prep_bn::ForwardPlan(call, nullptr).bytes);
    call.workspace = scratch.data();
    call.workspaceBytes = scratch.size();
    return cuda::prep_bn::launchForward(call, launcher);
  }
  Status backward(PrepBnBackward call) {
    Scratch scratch(cuda::prep_bn::BackwardPlan(call, nullptr).bytes);
    call.workspace = scratch.data();
    call.workspaceBytes = scratch.size();
    return cuda::prep_bn::launchBackward(call, launcher);
  }
  Status inference(RepBnInference call) {
    Scratch scratch(cuda::prep_bn::InferencePlan(call, nullptr).bytes);
    call.workspace = scratch.data();
    call.workspaceBytes = scratch.size();
    return cuda::prep_bn::launchInference(call, launcher);
  }
};

class PrepBnCudaTable : public testing::TestWithParam<PrepBnCase> {};

TEST_P(PrepBnCudaTable, MatchesReference) {
  if (GetParam().large && GetParam().dtype == DType::F32 && GetParam().rows > 4000) GTEST_SKIP() << "sampled";
  EmulatedPrepBn emulated{cuda_on_cpu::Launcher(7, false)};
  checkPrepBnCase(GetParam(), emulated);
}

INSTANTIATE_TEST_SUITE_P(Cases, PrepBnCudaTable, testing::ValuesIn(prepBnCases()),
                         [](const auto& info) { return nameOf(info.param); });

TEST(PrepBnCuda, DoesNotDependOnTheOrderOfLanes) {
  const PrepBnCase with{197, 161};
  PrepBnProblem first(with), second(with);
  EmulatedPrepBn one{cuda_on_cpu::Launcher(1, false)}, two{cuda_on_cpu::Launcher(99, false)};
  runTraining(first, one);
  runTraining(second, two);
  EXPECT_EQ(first.y.bytes(), second.y.bytes());
  EXPECT_EQ(first.dx.bytes(), second.dx.bytes());
  EXPECT_EQ(first.dLnWeight, second.dLnWeight);
  EXPECT_EQ(first.dAlpha, second.dAlpha);
}

TEST(PrepBnCuda, MovesLittleMoreThanTheAlgorithmNeeds) {
  for (const DType dtype : {DType::F32, DType::BF16}) {
    const PrepBnCase with{1568, 96, PrepBnMode::Mixed, dtype};
    PrepBnProblem problem(with);
    const double matrix = static_cast<double>(with.rows * with.channels) * static_cast<double>(sizeOf(dtype));
    EmulatedPrepBn forward, backward;
    ASSERT_EQ(forward.forward(problem.forwardCall()), Status::Ok);
    ASSERT_EQ(backward.backward(problem.backwardCall()), Status::Ok);
    const cuda_on_cpu::Traffic there = forward.launcher.traffic(), back = backward.launcher.traffic();
    EXPECT_LE(static_cast<double>(there.bytesRead + there.bytesWritten), 1.15 * 3.0 * matrix) << toString(dtype);
    EXPECT_LE(static_cast<double>(back.bytesRead + back.bytesWritten), 1.15 * 5.0 * matrix) << toString(dtype);
    EXPECT_GE(there.sectorEfficiency(), 0.9);
    EXPECT_GE(back.sectorEfficiency(), 0.9);
    EXPECT_EQ(there.launches, 3);
    EXPECT_EQ(back.launches, 3);
  }
}

TEST(PrepBnCuda, RefusesRowsThatDoNotFitSharedMemory) {
  PrepBnProblem problem({2, 5000, PrepBnMode::Mixed});
  EmulatedPrepBn emulated;
  EXPECT_EQ(emulated.forward(problem.forwardCall()), Status::Unsupported);
}

}  // namespace
}  // namespace slab::kernels::test
