#include "core/device/device.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <atomic>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

#include "core/base/error.h"
#include "core/device/cuda_module.h"
#include "core/device/parallel_for.h"

namespace slab::device {
namespace {

TEST(Device, ParsesNamesAndRefusesOthersWithAMend) {
  EXPECT_EQ(parseDevice("cpu"), c10::Device(c10::kCPU));
  for (const auto* text : {"", "gpu", "cuda:", "cuda:-1", "cuda:x", "cpu:3"}) {
    try {
      (void)parseDevice(text);
      FAIL() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::Config) << text;
      EXPECT_NE(std::string(error.what()).find("auto, cpu, cuda"), std::string::npos);
    }
  }
}

TEST(Device, WithoutAUsableGpuAutoIsTheCpuAndCudaIsAnErrorWithAReason) {
  if (loadCudaModule().services != nullptr) GTEST_SKIP() << "this machine has a GPU";
  EXPECT_FALSE(cudaModule().reason.empty());
  EXPECT_TRUE(parseDevice("auto").is_cpu());
  try {
    (void)parseDevice("cuda:0");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Device);
  }
}

TEST(Device, ThreadsAreSetAndReadBackAndZeroMeansAll) {
  const int before = threads();
  EXPECT_EQ(setThreads(1), 1);
  EXPECT_EQ(threads(), 1);
  EXPECT_EQ(setThreads(0), availableProcessors());
  setThreads(before);
}

TEST(Device, AThreadThatStaysOnItselfLeavesTheOthersTheirTeams) {
  const int before = threads();
  setThreads(2);
  const auto inAThread = [](bool stays) {
    int seen = 0;
    std::thread([&] {
      if (stays) stayOnThisThread();
      seen = threads();
    }).join();
    return seen;
  };
  EXPECT_EQ(inAThread(true), 1);
  EXPECT_EQ(inAThread(false), 2);
  EXPECT_EQ(threads(), 2);
  setThreads(before);
}

TEST(Device, SeedsMakeRandomNumbersRepeat) {
  seedAll(42);
  const auto first = torch::randn({8});
  seedAll(42);
  EXPECT_TRUE(torch::equal(first, torch::randn({8})));
  EXPECT_FALSE(torch::equal(first, torch::randn({8})));
}

TEST(Device, PeakMemoryGrowsWithWhatIsTouched) {
  const c10::Device cpu(c10::kCPU);
  resetPeakMemory(cpu);
  const auto before = peakMemoryBytes(cpu);
  EXPECT_GT(before, 0);
  const auto block = torch::ones({64 * 1024 * 1024});
  EXPECT_GE(peakMemoryBytes(cpu), before + 128 * 1024 * 1024);
}

TEST(Device, TheMachineCardNamesWhatAMeasurementDependsOn) {
  const auto card = machineCard();
  EXPECT_FALSE(card.processor.empty());
  EXPECT_GE(card.processors, 1);
  EXPECT_EQ(card.torch.rfind("2.", 0), 0U) << card.torch;
  EXPECT_NE(describe(card).find(card.instructions), std::string::npos);
}

TEST(ParallelFor, CoversTheRangeOnceOnSeveralThreads) {
  const int before = threads();
  setThreads(2);
  std::vector<std::atomic<int>> hits(1000);
  std::mutex mutex;
  std::set<std::thread::id> seen;
  parallelFor(0, 1000, 10, [&](std::int64_t begin, std::int64_t end) {
    for (auto i = begin; i < end; ++i) ++hits[static_cast<std::size_t>(i)];
    const std::lock_guard lock(mutex);
    seen.insert(std::this_thread::get_id());
  });
  for (const auto& hit : hits) ASSERT_EQ(hit.load(), 1);
  EXPECT_EQ(seen.size(), 2U);
  setThreads(before);
}

TEST(ParallelFor, DoesNothingForAnEmptyRangeAndRethrowsTheBodysException) {
  parallelFor(3, 3, 1, [](auto, auto) { FAIL(); });
  EXPECT_THROW(parallelFor(0, 100, 1,
                           [](std::int64_t begin, std::int64_t) {
                             if (begin == 0) throw std::runtime_error("no");
                           }),
               std::runtime_error);
}

}  // namespace
}  // namespace slab::device
