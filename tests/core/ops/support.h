// Comparisons that the operator tests share.
#pragma once

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <functional>
#include <string>
#include <vector>

namespace slab::ops::test {

/// Largest difference in units of the expected tensor's largest value (1 where it is all zero).
inline double relativeError(const torch::Tensor& actual, const torch::Tensor& expected) {
  if (actual.numel() == 0) return 0.0;
  const auto wide = expected.to(torch::kDouble);
  const auto scale = wide.abs().max().item<double>();
  return (actual.to(torch::kDouble) - wide).abs().max().item<double>() / (scale > 0 ? scale : 1.0);
}

inline void expectClose(const torch::Tensor& actual, const torch::Tensor& expected, double tolerance,
                        const std::string& what) {
  ASSERT_EQ(actual.defined(), expected.defined()) << what;
  if (!actual.defined()) return;
  ASSERT_EQ(actual.sizes(), expected.sizes()) << what;
  EXPECT_LE(relativeError(actual, expected), tolerance) << what;
}

inline bool sameBits(const torch::Tensor& a, const torch::Tensor& b) {
  return a.sizes() == b.sizes() && torch::equal(a, b);
}

using Operator = std::function<torch::Tensor(const std::vector<torch::Tensor>&)>;

/// The output of `op` on leaf copies of `inputs`, followed by the gradient of every input for a fixed
/// upstream gradient that depends on the output's shape alone.
inline std::vector<torch::Tensor> outputAndGradients(const Operator& op, const std::vector<torch::Tensor>& inputs) {
  std::vector<torch::Tensor> leaves;
  for (const auto& input : inputs) leaves.push_back(input.detach().clone().set_requires_grad(true));
  const auto y = op(leaves);
  const auto steps = torch::arange(y.numel(), torch::kDouble).reshape(y.sizes());
  y.backward(torch::sin(steps * 0.7 + 0.3).to(y.scalar_type()));
  std::vector<torch::Tensor> result{y.detach()};
  for (const auto& leaf : leaves) result.push_back(leaf.grad());
  return result;
}

inline std::vector<torch::Tensor> toType(const std::vector<torch::Tensor>& tensors, torch::Dtype type) {
  std::vector<torch::Tensor> converted;
  for (const auto& tensor : tensors) converted.push_back(tensor.to(type));
  return converted;
}

/// Central differences of sum(y g) against the gradients of `op`, in double precision.
inline void expectGradientsMatchDifferences(const Operator& op, const std::vector<torch::Tensor>& inputs,
                                            double tolerance = 1e-6) {
  const auto doubles = toType(inputs, torch::kDouble);
  const auto analytic = outputAndGradients(op, doubles);
  const auto steps = torch::arange(analytic[0].numel(), torch::kDouble).reshape(analytic[0].sizes());
  const auto upstream = torch::sin(steps * 0.7 + 0.3);
  const torch::NoGradGuard noGrad;
  for (std::size_t i = 0; i < doubles.size(); ++i) {
    auto numeric = torch::zeros_like(doubles[i]);
    for (std::int64_t e = 0; e < doubles[i].numel(); ++e) {
      auto shifted = doubles;
      const auto valueAt = [&](double step) {
        shifted[i] = doubles[i].clone();
        shifted[i].view(-1)[e] += step;
        return (op(shifted) * upstream).sum().item<double>();
      };
      numeric.view(-1)[e] = (valueAt(1e-6) - valueAt(-1e-6)) / 2e-6;
    }
    expectClose(analytic[i + 1], numeric, tolerance, "gradient of input " + std::to_string(i));
  }
}

}  // namespace slab::ops::test
