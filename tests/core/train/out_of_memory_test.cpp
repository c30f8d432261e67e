#include "core/train/out_of_memory.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <new>
#include <stdexcept>

namespace slab::train {
namespace {

TEST(OutOfMemory, KnowsTheErrorOfTheCpusAllocator) {
  constexpr std::int64_t kTooMuch = std::int64_t{1} << 55;
  try {
    at::empty({kTooMuch}, at::kByte);
    FAIL() << "the allocation succeeded";
  } catch (const std::exception& error) {
    EXPECT_TRUE(isOutOfMemory(error)) << error.what();
  }
}

TEST(OutOfMemory, KnowsTheOthersByTheirType) {
  EXPECT_TRUE(isOutOfMemory(std::bad_alloc()));
  EXPECT_TRUE(isOutOfMemory(c10::OutOfMemoryError({}, "CUDA out of memory")));
  EXPECT_FALSE(isOutOfMemory(std::runtime_error("can't allocate memory")));
  EXPECT_FALSE(isOutOfMemory(c10::Error({}, "mat1 and mat2 shapes cannot be multiplied")));
}

}  // namespace
}  // namespace slab::train
