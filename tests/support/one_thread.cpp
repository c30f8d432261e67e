// Linked into programs whose tensors are small: one thread, so that a busy machine is not spent on
// threads that wait for each other.
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

namespace slab::testing {
namespace {

class OneThread : public ::testing::Environment {
 public:
  void SetUp() override { at::set_num_threads(1); }
};

[[maybe_unused]] const auto* const kOneThread = ::testing::AddGlobalTestEnvironment(new OneThread);

}  // namespace
}  // namespace slab::testing
