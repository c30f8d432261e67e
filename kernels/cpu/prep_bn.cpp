#include "kernels/prep_bn.h"

#include <algorithm>
#include <cmath>

#include "kernels/common/checks.h"
#include "kernels/common/workspace.h"
#include "kernels/cpu/isa.h"
#include "kernels/cpu/prep_bn_rows.h"

namespace slab::kernels {
namespace {

/// Elements that are worth handing to another thread.
constexpr std::int64_t kGrainElements = 16384;
/// Chunks of rows whose sums are formed apart; a function of the sizes alone, so that results do not depend on the
/// number of threads.
constexpr std::int64_t kMaxChunks = 64;
constexpr std::int64_t kChunkUnit = 32;
/// Channels that one task of the merging loops takes.
constexpr std::int64_t kChannelGrain = 256;

const PrepBnRows& rowsFor(DType dtype) {
  const auto index = static_cast<std::size_t>(dtype);
  switch (activeIsa()) {
#ifdef SLAB_KERNELS_X86
    case Isa::Avx512: return kPrepBnRowsAvx512[index];
    case Isa::Avx2: return kPrepBnRowsAvx2[index];
#endif
    default: return kPrepBnRowsGeneric[index];
  }
}

std::int64_t rowGrain(std::int64_t channels) {
  return std::max<std::int64_t>(1, kGrainElements / channels);
}

/// Division of the rows into chunks.
struct Chunks {
  explicit Chunks(std::int64_t rows)
      : rows(rows),
        size(std::max(kChunkUnit, ceilDiv(ceilDiv(rows, kMaxChunks), kChunkUnit) * kChunkUnit)),
        count(ceilDiv(rows, size)) {}

  [[nodiscard]] std::int64_t begin(std::int64_t chunk) const { return chunk * size; }
  [[nodiscard]] std::int64_t end(std::int64_t chunk) const { return std::min(rows, (chunk + 1) * size); }
  [[nodiscard]] std::int64_t grain(std::int64_t channels) const {
    return std::max<std::int64_t>(1, kGrainElements / (size * channels));
  }

  std::int64_t rows, size, count;
};

struct ForwardPlan {
  ForwardPlan(const PrepBnForward& call, void* base) : chunks(call.rows) {
    Workspace workspace(base);
    if (hasRepBn(call.mode)) {
      shift = workspace.take<float>(chunks.count * call.channels);
      sum = workspace.take<double>(chunks.count * call.channels);
      squares = workspace.take<double>(chunks.count * call.channels);
      scale = workspace.take<float>(call.channels);
    }
    bytes = workspace.used();
  }

  Chunks chunks;
  float* shift = nullptr;
  double* sum = nullptr;
  double* squares = nullptr;
  float* scale = nullptr;
  std::size_t bytes = 0;
};

/// Joins the chunks' counts, means and squared deviations (Chan, Golub, LeVeque 1979) and finishes one channel.
void finishStatistics(const PrepBnForward& call, const ForwardPlan& plan, std::int64_t c) {
  double n = 0.0, mean = 0.0, deviations = 0.0;
  for (std::int64_t chunk = 0; chunk < plan.chunks.count; ++chunk) {
    const auto rows = static_cast<double>(plan.chunks.end(chunk) - plan.chunks.begin(chunk));
    const std::int64_t at = chunk * call.channels + c;
    const double offset = plan.sum[at] / rows;
    const double delta = static_cast<double>(plan.shift[at]) + offset - mean;
    deviations += plan.squares[at] - plan.sum[at] * offset + delta * delta * n * rows / (n + rows);
    mean += delta * rows / (n + rows);
    n += rows;
  }
  const double variance = std::max(deviations, 0.0) / n;
  const bool poisoned = std::isnan(deviations);
  const double rstd = 1.0 / std::sqrt((poisoned ? deviations : variance) + static_cast<double>(call.bnEps));
  call.bnMean[c] = static_cast<float>(mean);
  call.bnRstd[c] = static_cast<float>(rstd);
  plan.scale[c] = static_cast<float>(rstd * static_cast<double>(call.bnWeight[c]));
  if (call.runningMean == nullptr) return;
  const double momentum = call.momentum;
  const double unbiased = (poisoned ? deviations : variance) * n / (n - 1.0);
  call.runningMean[c] = static_cast<float>((1.0 - momentum) * call.runningMean[c] + momentum * mean);
  call.runningVar[c] = static_cast<float>((1.0 - momentum) * call.runningVar[c] + momentum * unbiased);
}

struct BackwardPlan {
  BackwardPlan(const PrepBnBackward& call, void* base) : chunks(call.rows) {
    Workspace workspace(base);
    dy = workspace.take<double>((chunks.count + 1) * call.channels);
    dyCentred = workspace.take<double>((chunks.count + 1) * call.channels);
    dyLn = workspace.take<double>((chunks.count + 1) * call.channels);
    direct = workspace.take<float>(call.channels);
    constant = workspace.take<float>(call.channels);
    slope = workspace.take<float>(call.channels);
    bytes = workspace.used();
  }

  [[nodiscard]] PrepBnGradientSums sums(std::int64_t chunk, std::int64_t channels) const {
    return {dy + chunk * channels, dyCentred + chunk * channels, dyLn + chunk * channels};
  }
  /// Where the totals over all chunks stand: behind the last chunk's.
  [[nodiscard]] PrepBnGradientSums totals(std::int64_t channels) const { return sums(chunks.count, channels); }

  Chunks chunks;
  double* dy;
  double* dyCentred;
  double* dyLn;
  float* direct;
  float* constant;
  float* slope;
  std::size_t bytes = 0;
};

void writeIf(float* target, std::int64_t index, double value) {
  if (target != nullptr) target[index] = static_cast<float>(value);
}

double weightOfLayerNorm(PrepBnMode mode, float lambda, const float* lambdaPointer) {
  if (mode != PrepBnMode::Mixed) return hasLayerNorm(mode) ? 1.0 : 0.0;
  return lambdaPointer != nullptr ? *lambdaPointer : lambda;
}

double weightOfRepBn(PrepBnMode mode, double layerNorm) {
  return mode == PrepBnMode::Mixed ? 1.0 - layerNorm : hasRepBn(mode) ? 1.0 : 0.0;
}

/// Joins the chunks' sums of one channel; writes its parameter gradients and the coefficients of the output pass.
void finishGradients(const PrepBnBackward& call, const BackwardPlan& plan, double layerNorm, double repBn,
                     std::int64_t c) {
  const PrepBnGradientSums total = plan.totals(call.channels);
  total.dy[c] = total.dyCentred[c] = total.dyLn[c] = 0.0;
  for (std::int64_t chunk = 0; chunk < plan.chunks.count; ++chunk) {
    const PrepBnGradientSums part = plan.sums(chunk, call.channels);
    total.dy[c] += part.dy[c];
    total.dyCentred[c] += part.dyCentred[c];
    total.dyLn[c] += part.dyLn[c];
  }
  if (hasLayerNorm(call.mode)) {
    writeIf(call.dLnWeight, c, layerNorm * total.dyLn[c]);
    writeIf(call.dLnBias, c, layerNorm * total.dy[c]);
  }
  if (!hasRepBn(call.mode) || call.rows == 0) {
    if (hasRepBn(call.mode)) writeIf(call.dBnWeight, c, 0.0);
    if (hasRepBn(call.mode)) writeIf(call.dBnBias, c, 0.0);
    return;
  }
  const double n = static_cast<double>(call.rows), rstd = call.bnRstd[c], gain = repBn * call.bnWeight[c] * rstd;
  writeIf(call.dBnWeight, c, repBn * total.dyCentred[c] * rstd);
  writeIf(call.dBnBias, c, repBn * total.dy[c]);
  plan.direct[c] = static_cast<float>(gain + repBn * static_cast<double>(*call.alpha));
  plan.constant[c] = static_cast<float>(gain * total.dy[c] / n);
  plan.slope[c] = static_cast<float>(gain * rstd * rstd * total.dyCentred[c] / n);
}

/// sum(dy x) over everything, from the channels' totals: x = (x - mean) + mean.
double sumOfDyTimesX(const PrepBnBackward& call, const BackwardPlan& plan) {
  const PrepBnGradientSums total = plan.totals(call.channels);
  double sum = 0.0;
  for (std::int64_t c = 0; c < call.channels && call.rows > 0; ++c) {
    sum += total.dyCentred[c] + total.dy[c] * static_cast<double>(call.bnMean[c]);
  }
  return sum;
}

}  // namespace

std::size_t prepBnForwardWorkspaceBytes(const PrepBnForward& call) {
  return ForwardPlan(call, nullptr).bytes;
}

std::size_t prepBnBackwardWorkspaceBytes(const PrepBnBackward& call) {
  return BackwardPlan(call, nullptr).bytes;
}

std::size_t repBnInferenceWorkspaceBytes(const RepBnInference& call) {
  return static_cast<std::size_t>(2 * call.channels) * sizeof(float);
}

Status prepBnForward(const PrepBnForward& call, const ParallelFor& parallelFor) {
  if (const Status status = check(call); status != Status::Ok || call.rows == 0) return status;
  const ForwardPlan plan(call, call.workspace);
  if (const Status status = checkWorkspace(call.workspace, call.workspaceBytes, plan.bytes); status != Status::Ok) {
    return status;
  }
  const PrepBnRows& rows = rowsFor(call.dtype);
  if (hasRepBn(call.mode)) {
    parallelFor(0, plan.chunks.count, plan.chunks.grain(call.channels), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t chunk = begin; chunk < end; ++chunk) {
        const std::int64_t at = chunk * call.channels;
        rows.statistics(call, plan.chunks.begin(chunk), plan.chunks.end(chunk),
                        {plan.shift + at, plan.sum + at, plan.squares + at});
      }
    });
    parallelFor(0, call.channels, kChannelGrain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t c = begin; c < end; ++c) finishStatistics(call, plan, c);
    });
  }
  const double layerNorm = weightOfLayerNorm(call.mode, call.lambda, call.lambdaPointer);
  const PrepBnForwardCoefficients with{static_cast<float>(layerNorm),
                                       static_cast<float>(weightOfRepBn(call.mode, layerNorm)),
                                       hasRepBn(call.mode) ? *call.alpha : 0.0f, plan.scale};
  parallelFor(0, call.rows, rowGrain(call.channels),
              [&](std::int64_t begin, std::int64_t end) { rows.forward(call, with, begin, end); });
  return Status::Ok;
}

Status prepBnBackward(const PrepBnBackward& call, const ParallelFor& parallelFor) {
  if (const Status status = check(call); status != Status::Ok) return status;
  const BackwardPlan plan(call, call.workspace);
  if (const Status status = checkWorkspace(call.workspace, call.workspaceBytes, plan.bytes); status != Status::Ok) {
    return status;
  }
  const PrepBnRows& rows = rowsFor(call.dtype);
  parallelFor(0, plan.chunks.count, plan.chunks.grain(call.channels), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t chunk = begin; chunk < end; ++chunk) {
      rows.gradientSums(call, plan.chunks.begin(chunk), plan.chunks.end(chunk), plan.sums(chunk, call.channels));
    }
  });
  const double layerNorm = weightOfLayerNorm(call.mode, call.lambda, call.lambdaPointer);
  const double repBn = weightOfRepBn(call.mode, layerNorm);
  parallelFor(0, call.channels, kChannelGrain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t c = begin; c < end; ++c) finishGradients(call, plan, layerNorm, repBn, c);
  });
  if (hasRepBn(call.mode)) writeIf(call.dAlpha, 0, repBn * sumOfDyTimesX(call, plan));
  if (call.dx == nullptr) return Status::Ok;
  const PrepBnBackwardCoefficients with{static_cast<float>(layerNorm), plan.direct, plan.constant, plan.slope};
  parallelFor(0, call.rows, rowGrain(call.channels),
              [&](std::int64_t begin, std::int64_t end) { rows.inputGradient(call, with, begin, end); });
  return Status::Ok;
}

Status repBnInference(const RepBnInference& call, const ParallelFor& parallelFor) {
  if (const Status status = check(call); status != Status::Ok || call.rows == 0) return status;
  const Status room = checkWorkspace(call.workspace, call.workspaceBytes, repBnInferenceWorkspaceBytes(call));
  if (room != Status::Ok) return room;
  auto* slope = static_cast<float*>(call.workspace);
  float* offset = slope + call.channels;
  for (std::int64_t c = 0; c < call.channels; ++c) {
    const double scale = call.weight[c] / std::sqrt(static_cast<double>(call.runningVar[c]) + call.eps);
    slope[c] = static_cast<float>(scale + static_cast<double>(*call.alpha));
    offset[c] = static_cast<float>(call.bias[c] - scale * static_cast<double>(call.runningMean[c]));
  }
  const PrepBnRows& rows = rowsFor(call.dtype);
  parallelFor(0, call.rows, rowGrain(call.channels),
              [&](std::int64_t begin, std::int64_t end) { rows.affine(call, slope, offset, begin, end); });
  return Status::Ok;
}

}  // namespace slab::kernels
