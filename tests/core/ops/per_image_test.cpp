#include "core/ops/per_image.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "core/ops/autocast.h"
#include "tests/core/ops/support.h"

namespace slab::ops {
namespace {

class PerImage : public ::testing::Test {
 protected:
  ~PerImage() override { at::set_num_threads(threads_); }

  const int threads_ = at::get_num_threads();
};

TEST_F(PerImage, GivesEveryPlaceItsValueWhateverTheNumberOfThreads) {
  torch::manual_seed(8);
  const at::Tensor x = at::randn({5, 300});
  const auto sorted = [&](int threads) {
    at::set_num_threads(threads);
    std::vector<at::Tensor> values(5);
    perImage(5, at::kCPU,
             [&](std::int64_t i) { values[static_cast<std::size_t>(i)] = std::get<0>(x.select(0, i).sort()); });
    return at::stack(values);
  };
  const at::Tensor expected = std::get<0>(x.sort(1));
  for (const int threads : {1, 2, 5, 8}) EXPECT_TRUE(sorted(threads).equal(expected)) << threads << " threads";
}

TEST_F(PerImage, TakesNoGradientAndStepsOutOfAutocastInEveryThread) {
  at::set_num_threads(2);
  const at::Tensor x = at::randn({4, 8, 8}).requires_grad_(true);
  std::vector<at::Tensor> products(4);
  {
    const Autocast autocast(at::kCPU, at::kBFloat16);
    perImage(4, at::kCPU,
             [&](std::int64_t i) { products[static_cast<std::size_t>(i)] = at::mm(x.select(0, i), x.select(0, i)); });
  }
  for (const at::Tensor& product : products) {
    EXPECT_EQ(product.scalar_type(), at::kFloat);
    EXPECT_FALSE(product.requires_grad());
  }
}

TEST_F(PerImage, SharesOutTheImagesOfABatchAndNotAFew) {
  at::set_num_threads(2);
  const auto threadsOf = [](std::int64_t count) {
    std::vector<std::thread::id> by(static_cast<std::size_t>(count));
    perImage(count, at::kCPU, [&](std::int64_t i) { by[static_cast<std::size_t>(i)] = std::this_thread::get_id(); });
    return std::set<std::thread::id>(by.begin(), by.end()).size();
  };
  EXPECT_EQ(threadsOf(1), 1U);
  EXPECT_EQ(threadsOf(4), 2U);
  EXPECT_EQ(threadsOf(0), 0U);
}

TEST_F(PerImage, RethrowsWhatAnImageThrows) {
  at::set_num_threads(2);
  EXPECT_THROW(perImage(4, at::kCPU,
                        [](std::int64_t i) {
                          if (i == 3) throw std::runtime_error("the fourth");
                        }),
               std::runtime_error);
}

}  // namespace
}  // namespace slab::ops
