#pragma once

#include "kernels/common/checks.h"
#include "kernels/cuda/roi_align.cuh"

/// Grids, blocks and workspace of RoIAlign for any launcher (see kernels/cuda/prep_bn_launch.cuh).
namespace slab::kernels::cuda::roi_align {

/// What every architecture from sm_80 to sm_120 grants a block.
constexpr std::int64_t kMaxSharedBytes = 96 * 1024;

inline bool isWide(const void* map, const void* values, std::int64_t channels) {
  const auto isAligned = [](const void* data) { return reinterpret_cast<std::uintptr_t>(data) % 16 == 0; };
  return isAligned(map) && isAligned(values) && channels % device::kWide<float> == 0;
}

template <class Launch>
void launchTables(const RoiAlignShape& shape, const float* rois, const RoiTables& tables, Launch& launch) {
  if (shape.rois == 0) return;
  launch(fillTables, dim3(static_cast<unsigned>(ceilDiv(2 * shape.rois, kTableThreads))), dim3(kTableThreads),
         std::size_t{0}, shape, rois, tables);
}

template <class Launch>
Status launchForward(const RoiAlignForward& call, Launch& launch) {
  if (const Status status = check(call); status != Status::Ok || call.shape.rois == 0) return status;
  const RoiTables tables(call.shape, call.workspace);
  const Status room = checkWorkspace(call.workspace, call.workspaceBytes, tables.bytes);
  if (room != Status::Ok) return room;
  launchTables(call.shape, call.rois, tables, launch);
  const dim3 grid(static_cast<unsigned>(call.shape.rois),
                  static_cast<unsigned>(ceilDiv(call.shape.rows * call.shape.columns, kGatherWarps)));
  const bool wide = isWide(call.map, call.output, call.shape.channels);
  launch(wide ? gather<device::kWide<float>> : gather<1>, grid, dim3(kWarp, kGatherWarps), std::size_t{0}, call,
         tables);
  return launch.failed() ? Status::DeviceError : Status::Ok;
}

template <class Launch>
Status launchBackward(const RoiAlignBackward& call, Launch& launch) {
  if (const Status status = check(call); status != Status::Ok) return status;
  const RoiTables tables(call.shape, call.workspace);
  const Status room = checkWorkspace(call.workspace, call.workspaceBytes, tables.bytes);
  if (room != Status::Ok) return room;
  const std::int64_t sharedBytes = (call.shape.rois + 1) * static_cast<std::int64_t>(sizeof(std::int32_t));
  if (sharedBytes > kMaxSharedBytes) return Status::Unsupported;
  launchTables(call.shape, call.rois, tables, launch);
  const dim3 grid(static_cast<unsigned>(call.shape.height), static_cast<unsigned>(call.shape.images));
  const bool wide = isWide(call.dMap, call.dOutput, call.shape.channels);
  launch(wide ? gatherGradient<device::kWide<float>> : gatherGradient<1>, grid, dim3(kWarp, kGradientWarps),
         static_cast<std::size_t>(sharedBytes), call, tables);
  return launch.failed() ? Status::DeviceError : Status::Ok;
}

}  // namespace slab::kernels::cuda::roi_align
