#include <gtest/gtest.h>

#include "tests/support/cuda_on_cpu.h"
// The emulation must precede device code.
#include "kernels/cuda/sla_launch.cuh"
#include "tests/kernels/sla_checks.h"

namespace slab::kernels::test {
namespace {

/// The CUDA implementation, run on the CPU, with a workspace of exactly the size it asks for.
struct EmulatedSla {
  cuda_on_cpu::Launcher launcher;

  Status forward(SlaForward call) {
    Scratch scratch(cuda::sla::ForwardPlan(call, nullptr).workspace.used());
    call.workspace = scratch.data();
    call.workspaceBytes = scratch.size();
    return cuda::sla::launchForward(call, launcher);
  }
  Status backward(SlaBackward call) {
    Scratch scratch(cuda::sla::BackwardPlan(call, nullptr).workspace.used());
    call.workspace = scratch.data();
    call.workspaceBytes = scratch.size();
    return cuda::sla::launchBackward(call, launcher);
  }
};

class SlaCudaTable : public testing::TestWithParam<SlaCase> {};

TEST_P(SlaCudaTable, MatchesReference) {
  EmulatedSla emulated{cuda_on_cpu::Launcher(7, false)};
  if (!cuda::sla::isSupported(shapeOf(GetParam()))) {
    SlaProblem problem(GetParam());
    EXPECT_EQ(emulated.forward(problem.forwardCall()), Status::Unsupported);
    EXPECT_EQ(emulated.backward(problem.backwardCall()), Status::Unsupported);
    return;
  }
  checkSlaCase(GetParam(), emulated);
}

INSTANTIATE_TEST_SUITE_P(Cases, SlaCudaTable, testing::ValuesIn(slaCases()),
                         [](const auto& info) { return nameOf(info.param); });

TEST(SlaCuda, DoesNotDependOnTheOrderOfLanes) {
  const SlaCase with{2, 9, 11, 2, 24};
  SlaProblem first(with), second(with);
  EmulatedSla one{cuda_on_cpu::Launcher(1, false)}, two{cuda_on_cpu::Launcher(99, false)};
  for (auto [problem, implementation] : {std::pair(&first, &one), std::pair(&second, &two)}) {
    ASSERT_EQ(implementation->forward(problem->forwardCall()), Status::Ok);
    ASSERT_EQ(implementation->backward(problem->backwardCall()), Status::Ok);
  }
  EXPECT_EQ(first.out.bytes(), second.out.bytes());
  EXPECT_EQ(first.dPacked.bytes(), second.dPacked.bytes());
  EXPECT_EQ(first.dPosition, second.dPosition);
  EXPECT_EQ(first.dWeight, second.dWeight);
}

TEST(SlaCuda, CoversTheShapesOfTheModels) {
  for (const std::int64_t side : {56, 28, 14, 7}) {
    for (const std::int64_t headDim : {32, 64}) {
      EXPECT_TRUE(cuda::sla::isSupported({DType::BF16, 1, side * side, side * side, 3, headDim, side, side, 5}));
    }
  }
}

TEST(SlaCuda, AccessesWholeSectors) {
  for (const DType dtype : {DType::F32, DType::BF16}) {
    SlaProblem problem({1, 28, 28, 2, 32, 5, dtype});
    EmulatedSla forward, backward;
    ASSERT_EQ(forward.forward(problem.forwardCall()), Status::Ok);
    ASSERT_EQ(backward.backward(problem.backwardCall()), Status::Ok);
    EXPECT_GE(forward.launcher.traffic().sectorEfficiency(), 0.9);
    EXPECT_GE(backward.launcher.traffic().sectorEfficiency(), 0.9);
  }
}

}  // namespace
}  // namespace slab::kernels::test
