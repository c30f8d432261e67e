#include "tests/kernels/isas.h"
#include "tests/kernels/nms_cases.h"
#include "tests/kernels/threads.h"

namespace slab::kernels::test {
namespace {

struct CpuNms {
  ParallelFor parallelFor;

  [[nodiscard]] Status run(Nms call) const {
    Scratch scratch(nmsWorkspaceBytes(call));
    call.workspace = scratch.data();
    call.workspaceBytes = scratch.size();
    return nms(call, parallelFor);
  }
};

class NmsTable : public testing::TestWithParam<NmsCase> {};

TEST_P(NmsTable, MatchesReference) {
  CpuNms cpu;
  forEachIsa([&] { checkNmsCase(GetParam(), cpu); });
}

INSTANTIATE_TEST_SUITE_P(Cases, NmsTable, testing::ValuesIn(nmsCases()),
                         [](const auto& info) { return nameOf(info.param); });

TEST(Nms, KeepsABoxWhoseSuppressorWasItselfSuppressed) {
  // Each overlaps its neighbour by 1/2, the ones two apart not at all beyond the threshold.
  NmsProblem problem({{3}, 0.4f});
  problem.boxes = {0, 0, 9, 3, 3, 0, 12, 3, 6, 0, 15, 3};
  for (auto* run : {+[](NmsProblem& p) { return CpuNms{}.run(p.call()); },
                    +[](NmsProblem& p) { return reference::nms(p.call()); }}) {
    ASSERT_EQ(run(problem), Status::Ok);
    EXPECT_EQ(problem.keep, (std::vector<std::uint8_t>{1, 0, 1}));
  }
}

TEST(Nms, AnOverlapOfExactlyTheThresholdStays) {
  NmsProblem problem({{2}, 0.5f});
  problem.boxes = {0, 0, 4, 2, 0, 0, 4, 4};  // 8 / 16
  forEachIsa([&] {
    ASSERT_EQ(CpuNms{}.run(problem.call()), Status::Ok);
    EXPECT_EQ(problem.keep, (std::vector<std::uint8_t>{1, 1}));
  });
  problem.with.threshold = 0.49f;
  ASSERT_EQ(CpuNms{}.run(problem.call()), Status::Ok);
  EXPECT_EQ(problem.keep, (std::vector<std::uint8_t>{1, 0}));
}

TEST(Nms, BoxesWithoutAreaAndOfOtherGroupsStay) {
  NmsProblem problem({{2, 1}, 0.5f});
  problem.boxes = {3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3};
  ASSERT_EQ(CpuNms{}.run(problem.call()), Status::Ok);
  EXPECT_EQ(problem.keep, (std::vector<std::uint8_t>{1, 1, 1}));
  problem.boxes = {0, 0, 4, 4, 0, 0, 4, 4, 0, 0, 4, 4};
  ASSERT_EQ(CpuNms{}.run(problem.call()), Status::Ok);
  EXPECT_EQ(problem.keep, (std::vector<std::uint8_t>{1, 0, 1}));
}

TEST(Nms, GroupsMayRunOnSeveralThreads) {
  const NmsCase with{{100, 50, 70, 1, 90}, 0.3f, 40.0f};
  NmsProblem one(with), three(with);
  ThreadedLoop loop(3);
  ASSERT_EQ(CpuNms{}.run(one.call()), Status::Ok);
  ASSERT_EQ(CpuNms{loop.parallelFor()}.run(three.call()), Status::Ok);
  EXPECT_EQ(one.keep, three.keep);
}

TEST(Nms, RefusesMissingPointersAndAShortWorkspace) {
  NmsProblem problem({{3}});
  Nms call = problem.call();
  call.groupBegin = nullptr;
  EXPECT_EQ(CpuNms{}.run(call), Status::BadArgument);
  EXPECT_EQ(reference::nms(call), Status::BadArgument);
  EXPECT_EQ(nms(problem.call(), ParallelFor()), Status::WorkspaceTooSmall);
}

}  // namespace
}  // namespace slab::kernels::test
