#include "kernels/weight_gradient.h"

#include <algorithm>

#include "kernels/common/checks.h"
#include "kernels/common/workspace.h"
#include "kernels/cpu/isa.h"
#include "kernels/cpu/weight_gradient_tiles.h"

namespace slab::kernels {
namespace {

/// Parts that the work is divided into, where there is that much of it; with everything about the division a constant,
/// results do not depend on the number of threads.
constexpr std::int64_t kParts = 16;
/// Fewest rows of a partial sum.
constexpr std::int64_t kChunkRows = 512;
/// Floats that all partial sums together may take.
constexpr std::int64_t kPartialFloats = 1 << 20;
/// Rows of dW are divided in multiples of this many.
constexpr std::int64_t kOutUnit = 16;
constexpr std::int64_t kSumGrain = 4096;

WeightGradientTiles tiles() {
  switch (activeIsa()) {
#ifdef SLAB_KERNELS_X86
    case Isa::Avx512: return kWeightGradientAvx512;
    case Isa::Avx2: return kWeightGradientAvx2;
#endif
    default: return kWeightGradientGeneric;
  }
}

/// Chunks of rows whose sums are formed apart, by stretches of the output's columns.
struct Plan {
  Plan(const WeightGradient& call, void* base) : each(call.out * (call.in + 1)) {
    chunks = std::clamp<std::int64_t>(kPartialFloats / each, 1, std::min(kParts, ceilDiv(call.rows, kChunkRows)));
    chunkRows = ceilDiv(call.rows, chunks);
    chunks = ceilDiv(call.rows, chunkRows);
    const std::int64_t stretches = std::max(ceilDiv(kParts, chunks), ceilDiv(call.out, kWeightGradientColumns));
    stretch = std::min(ceilDiv(ceilDiv(call.out, stretches), kOutUnit) * kOutUnit, kWeightGradientColumns);
    this->stretches = ceilDiv(call.out, stretch);
    Workspace workspace(base);
    partial = chunks > 1 ? workspace.take<float>(chunks * each) : nullptr;
    bytes = workspace.used();
  }

  [[nodiscard]] WeightGradientPart part(const WeightGradient& call, std::int64_t task) const {
    const std::int64_t row = task / stretches * chunkRows, column = task % stretches * stretch;
    return {row, std::min(call.rows, row + chunkRows), column, std::min(call.out, column + stretch)};
  }
  [[nodiscard]] float* weightOf(const WeightGradient& call, std::int64_t chunk) const {
    return partial != nullptr ? partial + chunk * each : call.dWeight;
  }
  [[nodiscard]] float* biasOf(const WeightGradient& call, std::int64_t chunk) const {
    if (call.dBias == nullptr) return nullptr;
    return partial != nullptr ? partial + chunk * each + call.out * call.in : call.dBias;
  }

  std::int64_t each, chunks, chunkRows, stretch, stretches;
  float* partial;
  std::size_t bytes;
};

Status check(const WeightGradient& call) {
  if (call.rows < 0 || call.in < 1 || call.out < 1 || call.dWeight == nullptr) return Status::BadArgument;
  if (call.rows == 0) return Status::Ok;
  const bool sound = call.x != nullptr && call.dy != nullptr && call.xStride >= call.in && call.dyStride >= call.out;
  return sound ? Status::Ok : Status::BadArgument;
}

/// Adds the chunks up in order; values [begin, end) of weight and bias counted through.
void addChunks(const WeightGradient& call, const Plan& plan, std::int64_t begin, std::int64_t end) {
  const std::int64_t weights = call.out * call.in;
  for (std::int64_t i = begin; i < end; ++i) {
    float sum = plan.partial[i];
    for (std::int64_t chunk = 1; chunk < plan.chunks; ++chunk) sum += plan.partial[chunk * plan.each + i];
    (i < weights ? call.dWeight[i] : call.dBias[i - weights]) = sum;
  }
}

}  // namespace

std::size_t weightGradientWorkspaceBytes(const WeightGradient& call) {
  return check(call) == Status::Ok && call.rows > 0 ? Plan(call, nullptr).bytes : 0;
}

Status weightGradient(const WeightGradient& call, const ParallelFor& parallelFor) {
  if (const Status status = check(call); status != Status::Ok) return status;
  if (call.rows == 0) {
    std::fill_n(call.dWeight, call.out * call.in, 0.0f);
    if (call.dBias != nullptr) std::fill_n(call.dBias, call.out, 0.0f);
    return Status::Ok;
  }
  const Plan plan(call, call.workspace);
  if (const Status status = checkWorkspace(call.workspace, call.workspaceBytes, plan.bytes); status != Status::Ok) {
    return status;
  }
  const WeightGradientTiles run = tiles();
  parallelFor(0, plan.chunks * plan.stretches, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t task = begin; task < end; ++task) {
      const std::int64_t chunk = task / plan.stretches;
      run(call, plan.part(call, task), plan.weightOf(call, chunk), plan.biasOf(call, chunk));
    }
  });
  if (plan.partial == nullptr) return Status::Ok;
  const std::int64_t values = call.dBias != nullptr ? plan.each : call.out * call.in;
  parallelFor(0, values, kSumGrain, [&](std::int64_t begin, std::int64_t end) { addChunks(call, plan, begin, end); });
  return Status::Ok;
}

namespace reference {

Status weightGradient(const WeightGradient& call) {
  if (const Status status = check(call); status != Status::Ok) return status;
  for (std::int64_t o = 0; o < call.out; ++o) {
    for (std::int64_t c = 0; c <= call.in; ++c) {
      double sum = 0.0;
      for (std::int64_t r = 0; r < call.rows; ++r) {
        const double dy = call.dy[r * call.dyStride + o];
        sum += c < call.in ? dy * static_cast<double>(call.x[r * call.xStride + c]) : dy;
      }
      if (c < call.in) {
        call.dWeight[o * call.in + c] = static_cast<float>(sum);
      } else if (call.dBias != nullptr) {
        call.dBias[o] = static_cast<float>(sum);
      }
    }
  }
  return Status::Ok;
}

}  // namespace reference
}  // namespace slab::kernels
