#pragma once

#include "tests/kernels/sla_cases.h"

namespace slab::kernels::test {

/// Float32 results against double precision, relative to the largest value.
constexpr double kSlaTolerance = 2e-6;

/// Columns [first, first + count) of every row.
inline std::vector<double> columns(const Strided& array, std::int64_t rows, std::int64_t first, std::int64_t count) {
  std::vector<double> values;
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t c = first; c < first + count; ++c) values.push_back(array.at(r, c));
  }
  return values;
}

inline void expectSameForward(const SlaProblem& actual, const SlaProblem& expected) {
  EXPECT_LE(relativeError(actual.out.values(), expected.out.values()),
            kSlaTolerance + storageTolerance(expected.with.dtype));
  EXPECT_TRUE(actual.out.gapsUntouched());
}

/// Sizes of the two terms that dq and dk are sums of, through the numerator and through the denominator. With one token
/// or one channel they cancel.
struct SlaScales {
  double dq = 0.0, dk = 0.0;
};

inline void addScales(const SlaProblem& problem, std::int64_t batch, std::int64_t head, SlaScales& scales) {
  const SlaShape& shape = problem.shape;
  const bool packed = problem.with.packed;
  const auto read = [&](const Strided& apart, std::int64_t part, std::int64_t perImage, std::int64_t token,
                        std::int64_t c) {
    const std::int64_t row = batch * perImage + token, column = head * shape.headDim + c;
    return packed ? problem.packed.at(row, part * problem.channels + column) : apart.at(row, column);
  };
  const auto d = static_cast<std::size_t>(shape.headDim);
  std::vector<double> kv(d * d, 0.0), kSum(d, 0.0), dKSum(d, 0.0);
  for (std::int64_t j = 0; j < shape.keys; ++j) {
    for (std::size_t c = 0; c < d; ++c) {
      const auto channel = static_cast<std::int64_t>(c);
      const auto at = static_cast<std::size_t>(j * problem.channels + head * shape.headDim + channel);
      const double key = std::max(0.0, read(problem.k, 1, shape.keys, j, channel) + problem.position[at]);
      kSum[c] += key;
      for (std::size_t e = 0; e < d; ++e) {
        kv[c * d + e] += key * read(problem.v, 2, shape.keys, j, static_cast<std::int64_t>(e));
      }
    }
  }
  for (std::int64_t i = 0; i < shape.queries; ++i) {
    std::vector<double> query(d), projected(d, 0.0);
    double denominator = 1e-6, along = 0.0;
    for (std::size_t c = 0; c < d; ++c) {
      query[c] = std::max(0.0, read(problem.q, 0, shape.queries, i, static_cast<std::int64_t>(c)));
      denominator += query[c] * kSum[c];
      for (std::size_t e = 0; e < d; ++e) {
        projected[c] += kv[c * d + e] *
                        problem.dOut.at(batch * shape.queries + i, head * shape.headDim + static_cast<std::int64_t>(e));
      }
      along += query[c] * projected[c];
    }
    for (std::size_t c = 0; c < d; ++c) {
      if (query[c] > 0.0) scales.dq = std::max(scales.dq, std::abs(projected[c]) / denominator);
      dKSum[c] += query[c] * along / (denominator * denominator);
    }
  }
  for (const double value : dKSum) scales.dk = std::max(scales.dk, std::abs(value));
}

inline SlaScales scalesOf(const SlaProblem& problem) {
  SlaScales scales;
  for (std::int64_t b = 0; b < problem.shape.batch; ++b) {
    for (std::int64_t h = 0; h < problem.shape.heads; ++h) addScales(problem, b, h, scales);
  }
  return scales;
}

inline void expectSameGradient(const char* name, const Strided& actual, const Strided& expected, std::int64_t rows,
                               std::int64_t first, const SlaProblem& problem, double scale) {
  SCOPED_TRACE(name);
  EXPECT_LE(relativeError(columns(actual, rows, first, problem.channels),
                          columns(expected, rows, first, problem.channels), scale),
            kSlaTolerance + storageTolerance(problem.with.dtype));
  EXPECT_TRUE(actual.gapsUntouched());
}

inline void expectSameBackward(const SlaProblem& actual, const SlaProblem& expected) {
  const SlaShape& shape = expected.shape;
  const SlaScales scales = scalesOf(expected);
  if (expected.with.packed) {
    const std::int64_t rows = shape.batch * shape.keys;
    expectSameGradient("dq", actual.dPacked, expected.dPacked, rows, 0, expected, scales.dq);
    expectSameGradient("dk", actual.dPacked, expected.dPacked, rows, expected.channels, expected, scales.dk);
    expectSameGradient("dv", actual.dPacked, expected.dPacked, rows, 2 * expected.channels, expected, 0.0);
  } else {
    expectSameGradient("dq", actual.dq, expected.dq, shape.batch * shape.queries, 0, expected, scales.dq);
    expectSameGradient("dk", actual.dk, expected.dk, shape.batch * shape.keys, 0, expected, scales.dk);
    expectSameGradient("dv", actual.dv, expected.dv, shape.batch * shape.keys, 0, expected, 0.0);
  }
  EXPECT_LE(relativeError(widened(actual.dPosition), widened(expected.dPosition), scales.dk), kSlaTolerance);
  if (shape.kernel == 0) return;
  EXPECT_LE(relativeError(widened(actual.dWeight), widened(expected.dWeight)), kSlaTolerance);
  EXPECT_LE(relativeError(widened(actual.dBias), widened(expected.dBias)), kSlaTolerance);
}

/// One row of the table against the reference, with the state kept by the forward and without. `Implementation` has
/// forward(call) and backward(call), which also bring the workspace.
template <class Implementation>
void checkSlaCase(const SlaCase& c, Implementation& implementation) {
  SCOPED_TRACE(nameOf(c));
  SlaProblem expected(c), actual(c);
  ASSERT_EQ(reference::slaForward(expected.forwardCall()), Status::Ok);
  ASSERT_EQ(reference::slaBackward(expected.backwardCall()), Status::Ok);
  ASSERT_EQ(implementation.forward(actual.forwardCall()), Status::Ok);
  ASSERT_EQ(implementation.backward(actual.backwardCall()), Status::Ok);
  expectSameForward(actual, expected);
  expectSameBackward(actual, expected);

  SlaProblem stateless(c);
  SlaForward forward = stateless.forwardCall();
  forward.state = nullptr;
  SlaBackward backward = stateless.backwardCall();
  backward.state = nullptr;
  ASSERT_EQ(implementation.forward(forward), Status::Ok);
  ASSERT_EQ(implementation.backward(backward), Status::Ok);
  expectSameForward(stateless, expected);
  expectSameBackward(stateless, expected);
}

}  // namespace slab::kernels::test
