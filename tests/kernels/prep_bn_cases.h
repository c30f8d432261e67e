#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "kernels/prep_bn.h"
#include "tests/kernels/buffers.h"

namespace slab::kernels::test {

/// One row of the table that the CPU and the CUDA implementation are both tested with.
struct PrepBnCase {
  std::int64_t rows, channels;
  PrepBnMode mode = PrepBnMode::Mixed;
  DType dtype = DType::F32;
  float lambda = 0.3f;
  std::int64_t gap = 0;  ///< elements between the end of a row and the next row
  float mean = 0.5f;     ///< of x; its deviation is 1
  bool large = false;    ///< sampled in slow runs
};

inline std::string nameOf(const PrepBnCase& c) {
  const char* mode = c.mode == PrepBnMode::Mixed ? "mixed" : c.mode == PrepBnMode::LayerNorm ? "ln" : "repbn";
  return std::string(mode) + "_" + toString(c.dtype) + "_" + std::to_string(c.rows) + "x" + std::to_string(c.channels) +
         "_gap" + std::to_string(c.gap) + "_lambda" + std::to_string(static_cast<int>(c.lambda * 100.0f)) +
         (c.mean > 10.0f ? "_offset" : "");
}

inline void PrintTo(const PrepBnCase& c, std::ostream* out) {
  *out << nameOf(c);
}

inline std::vector<PrepBnCase> prepBnCases() {
  using enum PrepBnMode;
  std::vector<PrepBnCase> cases;
  // Odd sizes around every vector width and chunk length.
  for (const PrepBnMode mode : {Mixed, LayerNorm, RepBn}) {
    for (const DType dtype : {DType::F32, DType::BF16, DType::F16}) {
      for (const std::int64_t channels : {1, 3, 17, 96, 161}) {
        for (const std::int64_t rows : {2, 31, 49, 197}) cases.push_back({rows, channels, mode, dtype});
      }
    }
    cases.push_back({0, 24, mode});
    cases.push_back({0, 24, mode, DType::BF16});
    cases.push_back({33, 40, mode, DType::F32, 0.3f, 5});
    cases.push_back({130, 33, mode, DType::F16, 0.3f, 31});
    cases.push_back({65, 64, mode, DType::BF16, 0.3f, 64});
  }
  cases.push_back({1, 96, LayerNorm});  // one token of one image
  cases.push_back({1, 7, LayerNorm, DType::BF16});
  for (const float lambda : {0.0f, 1.0f}) cases.push_back({98, 48, Mixed, DType::F32, lambda});
  cases.push_back({196, 192, Mixed});                           // DeiT-T, one image
  cases.push_back({2 * 49, 768, Mixed});                        // Swin-T stage 4
  cases.push_back({784, 192, Mixed});                           // Swin-T stage 2
  cases.push_back({500, 64, Mixed, DType::F32, 0.3f, 0, 100});  // mean far from zero
  cases.push_back({500, 64, RepBn, DType::F32, 0.3f, 0, 100});
  cases.push_back({3136, 96, Mixed, DType::F32, 0.3f, 0, 0.5f, true});
  cases.push_back({3136, 96, Mixed, DType::BF16, 0.3f, 0, 0.5f, true});
  cases.push_back({4 * 3136, 96, RepBn, DType::F32, 0.3f, 0, 0.5f, true});
  cases.push_back({4 * 196, 1536, Mixed, DType::F32, 0.3f, 0, 0.5f, true});
  return cases;
}

/// Inputs of a case, and outputs of one implementation.
struct PrepBnProblem {
  explicit PrepBnProblem(const PrepBnCase& c);

  [[nodiscard]] PrepBnForward forwardCall();
  [[nodiscard]] PrepBnBackward backwardCall();
  [[nodiscard]] RepBnInference inferenceCall();

  PrepBnCase with;
  Strided x, y, dy, dx;
  std::vector<float> lnWeight, lnBias, bnWeight, bnBias, alpha, runningMean, runningVar;
  std::vector<float> lnMean, lnRstd, bnMean, bnRstd;
  std::vector<float> dLnWeight, dLnBias, dBnWeight, dBnBias, dAlpha;
};

inline PrepBnProblem::PrepBnProblem(const PrepBnCase& c)
    : with(c),
      x(c.dtype, c.rows, c.channels, c.channels + c.gap),
      y(c.dtype, c.rows, c.channels, c.channels + 2 * c.gap),
      dy(c.dtype, c.rows, c.channels, c.channels + 3 * c.gap),
      dx(c.dtype, c.rows, c.channels, c.channels + c.gap) {
  std::mt19937 generator(static_cast<unsigned>(c.rows * 1000 + c.channels));
  std::normal_distribution<double> normal;
  x.fill([&](std::int64_t, std::int64_t channel) {
    return c.mean * (1.0 + 0.1 * static_cast<double>(channel % 7)) + normal(generator);
  });
  dy.fill([&](std::int64_t, std::int64_t) { return 0.1 + normal(generator); });
  lnWeight = randomFloats(generator, c.channels, 1.0f, 0.3f);
  lnBias = randomFloats(generator, c.channels, 0.0f, 0.3f);
  bnWeight = randomFloats(generator, c.channels, 1.0f, 0.3f);
  bnBias = randomFloats(generator, c.channels, 0.0f, 0.3f);
  alpha = {0.7f};
  runningMean = randomFloats(generator, c.channels, 0.0f, 0.3f);
  runningVar = randomFloats(generator, c.channels, 0.0f, 1.0f);
  for (float& value : runningVar) value = 0.5f + std::abs(value);
  lnMean.assign(static_cast<std::size_t>(c.rows), NAN);
  lnRstd = lnMean;
  bnMean.assign(static_cast<std::size_t>(c.channels), NAN);
  bnRstd = dLnWeight = dLnBias = dBnWeight = dBnBias = bnMean;
  dAlpha = {NAN};
}

inline PrepBnForward PrepBnProblem::forwardCall() {
  PrepBnForward call;
  call.mode = with.mode;
  call.dtype = with.dtype;
  call.rows = with.rows;
  call.channels = with.channels;
  call.lambda = with.lambda;
  call.x = x.data();
  call.xStride = x.stride();
  call.y = y.data();
  call.yStride = y.stride();
  if (with.mode != PrepBnMode::RepBn) {
    call.lnWeight = lnWeight.data();
    call.lnBias = lnBias.data();
    call.lnMean = lnMean.data();
    call.lnRstd = lnRstd.data();
  }
  if (with.mode != PrepBnMode::LayerNorm) {
    call.bnWeight = bnWeight.data();
    call.bnBias = bnBias.data();
    call.alpha = alpha.data();
    call.runningMean = runningMean.data();
    call.runningVar = runningVar.data();
    call.bnMean = bnMean.data();
    call.bnRstd = bnRstd.data();
  }
  return call;
}

inline PrepBnBackward PrepBnProblem::backwardCall() {
  PrepBnBackward call;
  call.mode = with.mode;
  call.dtype = with.dtype;
  call.rows = with.rows;
  call.channels = with.channels;
  call.lambda = with.lambda;
  call.x = x.data();
  call.xStride = x.stride();
  call.dy = dy.data();
  call.dyStride = dy.stride();
  call.dx = dx.data();
  call.dxStride = dx.stride();
  if (with.mode != PrepBnMode::RepBn) {
    call.lnWeight = lnWeight.data();
    call.lnMean = lnMean.data();
    call.lnRstd = lnRstd.data();
    call.dLnWeight = dLnWeight.data();
    call.dLnBias = dLnBias.data();
  }
  if (with.mode != PrepBnMode::LayerNorm) {
    call.bnWeight = bnWeight.data();
    call.alpha = alpha.data();
    call.bnMean = bnMean.data();
    call.bnRstd = bnRstd.data();
    call.dBnWeight = dBnWeight.data();
    call.dBnBias = dBnBias.data();
    call.dAlpha = dAlpha.data();
  }
  return call;
}

inline RepBnInference PrepBnProblem::inferenceCall() {
  RepBnInference call;
  call.dtype = with.dtype;
  call.rows = with.rows;
  call.channels = with.channels;
  call.x = x.data();
  call.xStride = x.stride();
  call.y = y.data();
  call.yStride = y.stride();
  call.weight = bnWeight.data();
  call.bias = bnBias.data();
  call.alpha = alpha.data();
  call.runningMean = runningMean.data();
  call.runningVar = runningVar.data();
  return call;
}

}  // namespace slab::kernels::test
