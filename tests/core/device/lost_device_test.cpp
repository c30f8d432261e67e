#include "core/device/lost_device.h"

#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace slab::device {
namespace {

c10::AcceleratorError cudaError(int code) {
  return {{__func__, __FILE__, static_cast<std::uint32_t>(__LINE__)}, code, "CUDA error"};
}

TEST(LostDevice, IsOneWithAStickyError) {
  EXPECT_TRUE(isLost(c10::kCUDA, cudaError(700))) << "an illegal address";
  EXPECT_TRUE(isLost(c10::kCUDA, cudaError(719))) << "a launch failure";
}

TEST(LostDevice, IsNotOneAfterAnErrorThatPasses) {
  EXPECT_FALSE(isLost(c10::kCPU, cudaError(2))) << "out of memory";
  EXPECT_FALSE(isLost(c10::kCPU, cudaError(1))) << "a wrong argument";
  EXPECT_FALSE(isLost(c10::kCPU, std::runtime_error("CUDA error 700")));
}

}  // namespace
}  // namespace slab::device
