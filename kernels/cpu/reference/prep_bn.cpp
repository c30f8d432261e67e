#include "kernels/prep_bn.h"

#include <cmath>
#include <vector>

#include "kernels/common/checks.h"
#include "kernels/cpu/reference/elements.h"

namespace slab::kernels::reference {
namespace {

/// Mean and biased variance of `count` values value(0), value(1), ...
template <class Value>
void moments(std::int64_t count, Value value, double& mean, double& variance) {
  mean = 0.0;
  for (std::int64_t i = 0; i < count; ++i) mean += value(i);
  mean /= static_cast<double>(count);
  variance = 0.0;
  for (std::int64_t i = 0; i < count; ++i) variance += (value(i) - mean) * (value(i) - mean);
  variance /= static_cast<double>(count);
}

double xAt(const auto& call, std::int64_t row, std::int64_t channel) {
  return get(call.dtype, call.x, row * call.xStride + channel);
}

void batchStatistics(const PrepBnForward& call, std::int64_t c, double& mean, double& rstd) {
  double variance = 0.0;
  moments(
      call.rows, [&](std::int64_t r) { return xAt(call, r, c); }, mean, variance);
  rstd = 1.0 / std::sqrt(variance + call.bnEps);
  call.bnMean[c] = static_cast<float>(mean);
  call.bnRstd[c] = static_cast<float>(rstd);
  if (call.runningMean == nullptr) return;
  const double n = static_cast<double>(call.rows);
  const double momentum = call.momentum;
  call.runningMean[c] = static_cast<float>((1.0 - momentum) * call.runningMean[c] + momentum * mean);
  call.runningVar[c] = static_cast<float>((1.0 - momentum) * call.runningVar[c] + momentum * variance * n / (n - 1.0));
}

/// The weights of the two branches.
void weights(const auto& call, double& layerNorm, double& repBn) {
  const double lambda = call.lambdaPointer != nullptr ? *call.lambdaPointer : call.lambda;
  layerNorm = call.mode == PrepBnMode::Mixed ? lambda : hasLayerNorm(call.mode) ? 1.0 : 0.0;
  repBn = call.mode == PrepBnMode::Mixed ? 1.0 - lambda : hasRepBn(call.mode) ? 1.0 : 0.0;
}

/// Sums over rows of what the parameter gradients of one channel are made of, x normalised by both branches.
struct ChannelSums {
  double dy = 0.0, dyTimesX = 0.0, dyTimesLn = 0.0, dyTimesBn = 0.0;
};

double lnOf(const PrepBnBackward& call, std::int64_t r, std::int64_t c) {
  return (xAt(call, r, c) - call.lnMean[r]) * call.lnRstd[r];
}

double bnOf(const PrepBnBackward& call, std::int64_t r, std::int64_t c) {
  return (xAt(call, r, c) - call.bnMean[c]) * call.bnRstd[c];
}

double dyAt(const PrepBnBackward& call, std::int64_t row, std::int64_t channel) {
  return get(call.dtype, call.dy, row * call.dyStride + channel);
}

ChannelSums channelSums(const PrepBnBackward& call, std::int64_t c) {
  ChannelSums sums;
  for (std::int64_t r = 0; r < call.rows; ++r) {
    const double dy = dyAt(call, r, c);
    sums.dy += dy;
    sums.dyTimesX += dy * xAt(call, r, c);
    if (hasLayerNorm(call.mode)) sums.dyTimesLn += dy * lnOf(call, r, c);
    if (hasRepBn(call.mode)) sums.dyTimesBn += dy * bnOf(call, r, c);
  }
  return sums;
}

void writeIf(float* target, std::int64_t index, double value) {
  if (target != nullptr) target[index] = static_cast<float>(value);
}

void parameterGradients(const PrepBnBackward& call, const std::vector<ChannelSums>& sums) {
  double layerNorm = 0.0, repBn = 0.0, dAlpha = 0.0;
  weights(call, layerNorm, repBn);
  for (std::int64_t c = 0; c < call.channels; ++c) {
    const ChannelSums& sum = sums[static_cast<std::size_t>(c)];
    if (hasLayerNorm(call.mode)) {
      writeIf(call.dLnWeight, c, layerNorm * sum.dyTimesLn);
      writeIf(call.dLnBias, c, layerNorm * sum.dy);
    }
    if (hasRepBn(call.mode)) {
      writeIf(call.dBnWeight, c, repBn * sum.dyTimesBn);
      writeIf(call.dBnBias, c, repBn * sum.dy);
    }
    dAlpha += sum.dyTimesX;
  }
  if (hasRepBn(call.mode)) writeIf(call.dAlpha, 0, repBn * dAlpha);
}

void inputGradientRow(const PrepBnBackward& call, const std::vector<ChannelSums>& sums, std::int64_t r) {
  double layerNorm = 0.0, repBn = 0.0, meanG = 0.0, meanGx = 0.0;
  weights(call, layerNorm, repBn);
  if (hasLayerNorm(call.mode)) {
    for (std::int64_t c = 0; c < call.channels; ++c) {
      meanG += dyAt(call, r, c) * call.lnWeight[c];
      meanGx += dyAt(call, r, c) * call.lnWeight[c] * lnOf(call, r, c);
    }
    meanG /= static_cast<double>(call.channels);
    meanGx /= static_cast<double>(call.channels);
  }
  const double n = static_cast<double>(call.rows);
  for (std::int64_t c = 0; c < call.channels; ++c) {
    const double dy = dyAt(call, r, c);
    const ChannelSums& sum = sums[static_cast<std::size_t>(c)];
    double dx = 0.0;
    if (hasLayerNorm(call.mode)) {
      dx += layerNorm * call.lnRstd[r] * (dy * call.lnWeight[c] - meanG - lnOf(call, r, c) * meanGx);
    }
    if (hasRepBn(call.mode)) {
      const double centred = dy - sum.dy / n - bnOf(call, r, c) * sum.dyTimesBn / n;
      dx += repBn * (call.bnWeight[c] * call.bnRstd[c] * centred + *call.alpha * dy);
    }
    put(call.dtype, call.dx, r * call.dxStride + c, dx);
  }
}

}  // namespace

Status prepBnForward(const PrepBnForward& call) {
  if (const Status status = check(call); status != Status::Ok || call.rows == 0) return status;
  double layerNorm = 0.0, repBn = 0.0;
  weights(call, layerNorm, repBn);
  std::vector<double> mean(static_cast<std::size_t>(call.channels)), rstd(mean.size());
  if (hasRepBn(call.mode)) {
    for (std::size_t c = 0; c < mean.size(); ++c) {
      batchStatistics(call, static_cast<std::int64_t>(c), mean[c], rstd[c]);
    }
  }
  for (std::int64_t r = 0; r < call.rows; ++r) {
    double rowMean = 0.0, rowVariance = 0.0, rowRstd = 0.0;
    if (hasLayerNorm(call.mode)) {
      moments(
          call.channels, [&](std::int64_t c) { return xAt(call, r, c); }, rowMean, rowVariance);
      rowRstd = 1.0 / std::sqrt(rowVariance + call.lnEps);
      call.lnMean[r] = static_cast<float>(rowMean);
      call.lnRstd[r] = static_cast<float>(rowRstd);
    }
    for (std::int64_t c = 0; c < call.channels; ++c) {
      const auto i = static_cast<std::size_t>(c);
      const double x = xAt(call, r, c);
      double y = 0.0;
      if (hasLayerNorm(call.mode)) y += layerNorm * ((x - rowMean) * rowRstd * call.lnWeight[c] + call.lnBias[c]);
      if (hasRepBn(call.mode)) {
        y += repBn * ((x - mean[i]) * rstd[i] * call.bnWeight[c] + call.bnBias[c] + *call.alpha * x);
      }
      put(call.dtype, call.y, r * call.yStride + c, y);
    }
  }
  return Status::Ok;
}

Status prepBnBackward(const PrepBnBackward& call) {
  if (const Status status = check(call); status != Status::Ok) return status;
  std::vector<ChannelSums> sums(static_cast<std::size_t>(call.channels));
  for (std::size_t c = 0; c < sums.size(); ++c) sums[c] = channelSums(call, static_cast<std::int64_t>(c));
  parameterGradients(call, sums);
  if (call.dx == nullptr) return Status::Ok;
  for (std::int64_t r = 0; r < call.rows; ++r) inputGradientRow(call, sums, r);
  return Status::Ok;
}

Status repBnInference(const RepBnInference& call) {
  if (const Status status = check(call); status != Status::Ok) return status;
  for (std::int64_t r = 0; r < call.rows; ++r) {
    for (std::int64_t c = 0; c < call.channels; ++c) {
      const double s = std::sqrt(static_cast<double>(call.runningVar[c]) + call.eps);
      const double x = xAt(call, r, c);
      const double y = call.weight[c] * (x - call.runningMean[c]) / s + call.bias[c] + *call.alpha * x;
      put(call.dtype, call.y, r * call.yStride + c, y);
    }
  }
  return Status::Ok;
}

}  // namespace slab::kernels::reference
