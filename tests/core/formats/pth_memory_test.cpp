// Memory and time that hostile files cost. Apart from the other tests because it counts every allocation.
#include <gtest/gtest.h>
#include <malloc.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <new>

#include "core/base/error.h"
#include "core/formats/hostile_pth.h"
#include "core/formats/pth/pth_file.h"

namespace {

std::atomic<std::size_t> allocated{0}, peak{0};

}  // namespace

void* operator new(std::size_t size) {
  void* memory = std::malloc(size);
  if (!memory) throw std::bad_alloc();
  const std::size_t now = allocated += ::malloc_usable_size(memory);
  if (now > peak) peak = now;
  return memory;
}
void operator delete(void* memory) noexcept {
  if (memory) allocated -= ::malloc_usable_size(memory);
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  operator delete(memory);
}

namespace slab {
namespace {

TEST(PthMemory, AHostileFileCostsAtMost64MegabytesAndNoTime) {
  constexpr std::size_t kMost = std::size_t{64} << 20;
  constexpr std::chrono::milliseconds kGenerous{1000};  // 100 ms is the aim; a busy machine takes longer
  for (const auto& hostile : test::hostilePthFiles()) {
    const std::size_t before = allocated;
    peak = before;
    const auto start = std::chrono::steady_clock::now();
    try {
      const auto file = PthFile::parse(std::as_bytes(std::span(hostile.bytes)), "weights.pth");
      for (const auto* item : file.root().items) {
        if (item->kind == PickleKind::Tensor) static_cast<void>(file.tensor(*item));
      }
      ADD_FAILURE() << hostile.name << " was accepted";
    } catch (const Error&) {
    }
    const auto took = std::chrono::steady_clock::now() - start;
    EXPECT_LE(peak - before, kMost) << hostile.name;
    EXPECT_LT(took, kGenerous) << hostile.name;
    EXPECT_EQ(allocated, before) << hostile.name << " leaked";
    if (std::getenv("SLAB_TEST_VERBOSE")) {
      std::printf("%8.2f MB %7.2f ms  %s\n", static_cast<double>(peak - before) / 1e6,
                  std::chrono::duration<double, std::milli>(took).count(), hostile.name.c_str());
    }
  }
}

}  // namespace
}  // namespace slab
