#include "core/ops/synchronized_norm.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <barrier>
#include <thread>

#include "core/ops/norm.h"
#include "tests/core/ops/support.h"

namespace slab::ops {
namespace {

using test::expectClose;
using test::relativeError;

constexpr double kMomentum = 0.1, kEps = 1e-5, kLambda = 0.3;
constexpr int kRanks = 3;
constexpr std::int64_t kChannels = 5;

/// Threads in place of processes: each says which it is.
class ThreadRanks : public RankGather {
 public:
  static thread_local int rank;

  at::Tensor gather(const at::Tensor& values) override {
    slots_[static_cast<std::size_t>(rank)] = values.clone();
    barrier_.arrive_and_wait();
    const at::Tensor all = at::stack(slots_);
    barrier_.arrive_and_wait();
    return all;
  }

 private:
  std::vector<at::Tensor> slots_ = std::vector<at::Tensor>(kRanks);
  std::barrier<> barrier_{kRanks};
};

thread_local int ThreadRanks::rank = 0;

/// Output and gradients of a PRepBN over its own tokens, and the running statistics after it.
struct Normed {
  at::Tensor y, dx, mean, var;
  std::vector<at::Tensor> parameterGradients;
};

class SynchronizedNorm : public ::testing::TestWithParam<at::ScalarType> {
 protected:
  SynchronizedNorm() {
    at::manual_seed(3);
    const auto type = GetParam();
    for (int i = 0; i < 4; ++i) parameters_.push_back((at::rand({kChannels}) + 0.5).to(type));
    parameters_.push_back(at::full({1}, 0.7, type));
    // Processes of different numbers of tokens, and a mean that is large against the deviation.
    for (int rank = 0; rank < kRanks; ++rank) {
      tokens_.push_back((at::randn({rank + 1, 4, kChannels}) * (rank + 1) + 20.0).to(type));
      upstream_.push_back(at::randn({rank + 1, 4, kChannels}).to(type));
    }
  }

  [[nodiscard]] Normed normed(const at::Tensor& tokens, const at::Tensor& upstream) const {
    std::vector<at::Tensor> in{tokens.clone().requires_grad_()};
    for (const auto& parameter : parameters_) in.push_back(parameter.clone().requires_grad_());
    const auto mean = at::zeros({kChannels}, tokens.options()), var = at::ones({kChannels}, tokens.options());
    const auto y = prepBnTrain(in[0], in[1], in[2], kEps, in[3], in[4], in[5], mean, var, kMomentum, kEps, kLambda);
    y.backward(upstream);
    Normed result{y.detach(), in[0].grad(), mean, var, {}};
    for (std::size_t i = 1; i < in.size(); ++i) result.parameterGradients.push_back(in[i].grad());
    return result;
  }

  [[nodiscard]] std::vector<Normed> ofEachRank() const {
    ThreadRanks ranks;
    const SynchronizedStatistics scope(ranks);
    std::vector<Normed> results(kRanks);
    std::vector<std::jthread> threads;
    for (std::size_t rank = 0; rank < kRanks; ++rank) {
      threads.emplace_back([&, rank] {
        ThreadRanks::rank = static_cast<int>(rank);
        results[rank] = normed(tokens_[rank], upstream_[rank]);
      });
    }
    threads.clear();
    return results;
  }

  std::vector<at::Tensor> parameters_, tokens_, upstream_;
};

TEST_P(SynchronizedNorm, IsTheNormOfAllTokensInOneBatch) {
  const double tolerance = GetParam() == at::kDouble ? 1e-12 : 2e-5;
  const Normed single = normed(at::cat(tokens_), at::cat(upstream_));
  const std::vector<Normed> ranks = ofEachRank();
  std::vector<at::Tensor> y, dx;
  for (const auto& rank : ranks) {
    y.push_back(rank.y);
    dx.push_back(rank.dx);
    expectClose(rank.mean, single.mean, tolerance, "running mean");
    expectClose(rank.var, single.var, tolerance, "running variance");
  }
  expectClose(at::cat(y), single.y, tolerance, "output");
  expectClose(at::cat(dx), single.dx, tolerance, "gradient of the tokens");
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    at::Tensor sum = at::zeros_like(parameters_[i]);
    for (const auto& rank : ranks) sum += rank.parameterGradients[i];
    expectClose(sum, single.parameterGradients[i], tolerance, "gradient of parameter " + std::to_string(i));
  }
}

TEST_P(SynchronizedNorm, EndsWithItsScope) {
  (void)ofEachRank();
  EXPECT_FALSE(areStatisticsSynchronized());
  const Normed alone = normed(tokens_[0], upstream_[0]);
  EXPECT_GT(relativeError(alone.mean, ofEachRank()[0].mean), 1e-3) << "its own tokens only";
}

INSTANTIATE_TEST_SUITE_P(Types, SynchronizedNorm, ::testing::Values(at::kDouble, at::kFloat),
                         [](const auto& info) { return std::string(at::toString(info.param)); });

}  // namespace
}  // namespace slab::ops
