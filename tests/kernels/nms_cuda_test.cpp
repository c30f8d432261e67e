#include <gtest/gtest.h>

#include "tests/support/cuda_on_cpu.h"
// The emulation must precede device code.
#include "kernels/cuda/nms_launch.cuh"
#include "tests/kernels/nms_cases.h"

namespace slab::kernels::test {
namespace {

struct EmulatedNms {
  cuda_on_cpu::Launcher launcher;

  Status run(const Nms& call) { return cuda::nms_groups::launchNms(call, launcher); }
};

class NmsCudaTable : public testing::TestWithParam<NmsCase> {};

TEST_P(NmsCudaTable, MatchesReferenceWhateverTheOrderOfLanes) {
  for (const unsigned seed : {1u, 99u}) {
    EmulatedNms emulated{cuda_on_cpu::Launcher(seed, false)};
    checkNmsCase(GetParam(), emulated);
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, NmsCudaTable, testing::ValuesIn(nmsCases()),
                         [](const auto& info) { return nameOf(info.param); });

TEST(NmsCuda, RefusesBoxesThatCannotBeReadSixteenBytesAtATime) {
  NmsProblem problem({{4}});
  Nms call = problem.call();
  call.boxes = 3;
  ++call.box;
  EmulatedNms emulated;
  EXPECT_EQ(emulated.run(call), Status::BadArgument);
}

}  // namespace
}  // namespace slab::kernels::test
