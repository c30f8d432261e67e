#include "kernels/roi_align.h"

#include <algorithm>

#include "kernels/common/checks.h"
#include "kernels/common/roi_tables.h"
#include "kernels/cpu/isa.h"
#include "kernels/cpu/roi_align_bins.h"

namespace slab::kernels {
namespace {

/// Regions that are worth handing to another thread.
constexpr std::int64_t kTableGrain = 16;
constexpr std::int64_t kRoiGrain = 4;
/// Channels of the gradient that one task takes: whole cache lines, and no two tasks write to one pixel's channel.
constexpr std::int64_t kChannelBlock = 64;

const RoiAlignBins& bins() {
  switch (activeIsa()) {
#ifdef SLAB_KERNELS_X86
    case Isa::Avx512: return kRoiAlignBinsAvx512;
    case Isa::Avx2: return kRoiAlignBinsAvx2;
#endif
    default: return kRoiAlignBinsGeneric;
  }
}

void fillAxis(const RoiAxis& axis, std::int64_t bins, RoiBin* to, float* weights) {
  std::int32_t offset = 0;
  for (std::int64_t bin = 0; bin < bins; ++bin) {
    RoiBin& filled = to[bin] = {0, 0, offset};
    for (RoiBinWalk walk(axis, bin); walk.next();) {
      if (filled.count++ == 0) filled.first = static_cast<std::int32_t>(walk.pixel);
      weights[offset++] = walk.weight;
    }
  }
}

void fillTables(const RoiAlignShape& shape, const float* rois, const RoiTables& tables,
                const ParallelFor& parallelFor) {
  parallelFor(0, shape.rois, kTableGrain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t roi = begin; roi < end; ++roi) {
      float numbers[5];
      std::copy_n(rois + roi * 5, 5, numbers);
      fillAxis(roiAxisOf(shape, numbers, 0), shape.rows, tables.rows + roi * shape.rows,
               tables.rowWeights + roi * tables.rowRoom);
      fillAxis(roiAxisOf(shape, numbers, 1), shape.columns, tables.columns + roi * shape.columns,
               tables.columnWeights + roi * tables.columnRoom);
    }
  });
}

}  // namespace

std::size_t roiAlignForwardWorkspaceBytes(const RoiAlignForward& call) {
  return check(call.shape) == Status::Ok ? RoiTables(call.shape, nullptr).bytes : 0;
}

std::size_t roiAlignBackwardWorkspaceBytes(const RoiAlignBackward& call) {
  return check(call.shape) == Status::Ok ? RoiTables(call.shape, nullptr).bytes : 0;
}

Status roiAlignForward(const RoiAlignForward& call, const ParallelFor& parallelFor) {
  if (const Status status = check(call); status != Status::Ok || call.shape.rois == 0) return status;
  const RoiTables tables(call.shape, call.workspace);
  if (const Status room = checkWorkspace(call.workspace, call.workspaceBytes, tables.bytes); room != Status::Ok) {
    return room;
  }
  fillTables(call.shape, call.rois, tables, parallelFor);
  const RoiAlignBins& run = bins();
  parallelFor(0, call.shape.rois, kRoiGrain,
              [&](std::int64_t begin, std::int64_t end) { run.forward(call, tables, begin, end); });
  return Status::Ok;
}

Status roiAlignBackward(const RoiAlignBackward& call, const ParallelFor& parallelFor) {
  if (const Status status = check(call); status != Status::Ok) return status;
  const RoiTables tables(call.shape, call.workspace);
  if (const Status room = checkWorkspace(call.workspace, call.workspaceBytes, tables.bytes); room != Status::Ok) {
    return room;
  }
  fillTables(call.shape, call.rois, tables, parallelFor);
  const RoiAlignBins& run = bins();
  const std::int64_t blocks = ceilDiv(call.shape.channels, kChannelBlock);
  parallelFor(0, call.shape.images * blocks, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t task = begin; task < end; ++task) {
      const std::int64_t first = task % blocks * kChannelBlock;
      run.backward(call, tables, task / blocks, first, std::min(call.shape.channels, first + kChannelBlock));
    }
  });
  return Status::Ok;
}

}  // namespace slab::kernels
