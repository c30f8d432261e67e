#pragma once

#include "tests/kernels/prep_bn_cases.h"

namespace slab::kernels::test {

/// Float32 results against double precision, relative to the largest value.
constexpr double kPrepBnTolerance = 1e-6;

/// What two problems' forward passes left behind agrees.
inline void expectSameForward(const PrepBnProblem& actual, const PrepBnProblem& expected) {
  const PrepBnCase& c = expected.with;
  // A mean of 100 costs two digits of what is left after subtracting it.
  const double tolerance = kPrepBnTolerance * (c.mean > 10.0f ? 10.0 : 1.0);
  EXPECT_LE(relativeError(actual.y.values(), expected.y.values()), tolerance + storageTolerance(c.dtype));
  EXPECT_TRUE(actual.y.gapsUntouched());
  if (c.rows == 0) return;
  if (c.mode != PrepBnMode::RepBn) {
    EXPECT_LE(relativeError(widened(actual.lnMean), widened(expected.lnMean)), tolerance);
    EXPECT_LE(relativeError(widened(actual.lnRstd), widened(expected.lnRstd)), tolerance);
  }
  if (c.mode != PrepBnMode::LayerNorm) {
    EXPECT_LE(relativeError(widened(actual.bnMean), widened(expected.bnMean)), tolerance);
    EXPECT_LE(relativeError(widened(actual.bnRstd), widened(expected.bnRstd)), tolerance);
  }
  EXPECT_LE(relativeError(widened(actual.runningMean), widened(expected.runningMean)), tolerance);
  EXPECT_LE(relativeError(widened(actual.runningVar), widened(expected.runningVar)), tolerance);
}

/// Sizes of the terms that dx and dAlpha are sums of: with few rows or channels the terms nearly cancel.
struct PrepBnScales {
  double dx = 0.0, dAlpha = 0.0;
};

inline PrepBnScales scalesOf(const PrepBnProblem& problem) {
  const PrepBnCase& c = problem.with;
  const double ln = c.mode == PrepBnMode::Mixed ? c.lambda : c.mode == PrepBnMode::LayerNorm ? 1.0 : 0.0;
  PrepBnScales scales;
  double squares = 0.0;
  for (std::int64_t r = 0; r < c.rows; ++r) {
    for (std::int64_t channel = 0; channel < c.channels; ++channel) {
      const auto row = static_cast<std::size_t>(r), i = static_cast<std::size_t>(channel);
      double gain = 0.0;
      if (ln > 0.0) gain += ln * std::abs(problem.lnRstd[row] * problem.lnWeight[i]);
      if (ln < 1.0) gain += (1.0 - ln) * (std::abs(problem.bnRstd[i] * problem.bnWeight[i]) + problem.alpha[0]);
      scales.dx = std::max(scales.dx, gain * std::abs(problem.dy.at(r, channel)));
      squares += std::pow(problem.dy.at(r, channel) * problem.x.at(r, channel), 2);
    }
  }
  scales.dAlpha = (1.0 - ln) * std::sqrt(squares);
  return scales;
}

inline void expectSameBackward(const PrepBnProblem& actual, const PrepBnProblem& expected) {
  const PrepBnCase& c = expected.with;
  const double tolerance = kPrepBnTolerance * (c.mean > 10.0f ? 10.0 : 1.0);
  const PrepBnScales scales = scalesOf(expected);
  EXPECT_LE(relativeError(actual.dx.values(), expected.dx.values(), scales.dx), tolerance + storageTolerance(c.dtype));
  EXPECT_TRUE(actual.dx.gapsUntouched());
  if (c.mode != PrepBnMode::RepBn) {
    EXPECT_LE(relativeError(widened(actual.dLnWeight), widened(expected.dLnWeight)), tolerance);
    EXPECT_LE(relativeError(widened(actual.dLnBias), widened(expected.dLnBias)), tolerance);
  }
  if (c.mode != PrepBnMode::LayerNorm) {
    EXPECT_LE(relativeError(widened(actual.dBnWeight), widened(expected.dBnWeight)), tolerance);
    EXPECT_LE(relativeError(widened(actual.dBnBias), widened(expected.dBnBias)), tolerance);
    EXPECT_LE(relativeError(widened(actual.dAlpha), widened(expected.dAlpha), scales.dAlpha), tolerance);
  }
}

/// Runs forward and backward of the implementation under test on a problem; `Implementation` has forward(call),
/// backward(call) and inference(call), which also bring the workspace.
template <class Implementation>
void runTraining(PrepBnProblem& problem, Implementation& implementation) {
  ASSERT_EQ(implementation.forward(problem.forwardCall()), Status::Ok);
  ASSERT_EQ(implementation.backward(problem.backwardCall()), Status::Ok);
}

inline void runReference(PrepBnProblem& problem) {
  ASSERT_EQ(reference::prepBnForward(problem.forwardCall()), Status::Ok);
  ASSERT_EQ(reference::prepBnBackward(problem.backwardCall()), Status::Ok);
}

/// One row of the table: training against the reference, then inference against the reference.
template <class Implementation>
void checkPrepBnCase(const PrepBnCase& c, Implementation& implementation) {
  SCOPED_TRACE(nameOf(c));
  PrepBnProblem expected(c), actual(c);
  runReference(expected);
  runTraining(actual, implementation);
  expectSameForward(actual, expected);
  expectSameBackward(actual, expected);

  PrepBnProblem expectedInference(c), actualInference(c);
  ASSERT_EQ(reference::repBnInference(expectedInference.inferenceCall()), Status::Ok);
  ASSERT_EQ(implementation.inference(actualInference.inferenceCall()), Status::Ok);
  EXPECT_LE(relativeError(actualInference.y.values(), expectedInference.y.values()),
            kPrepBnTolerance + storageTolerance(c.dtype));
  EXPECT_TRUE(actualInference.y.gapsUntouched());
}

}  // namespace slab::kernels::test
