#pragma once

#include "kernels/common/checks.h"
#include "kernels/cuda/nms.cuh"

/// Grid and block of NMS for any launcher (see kernels/cuda/prep_bn_launch.cuh).
namespace slab::kernels::cuda::nms_groups {

template <class Launch>
Status launchNms(const Nms& call, Launch& launch) {
  if (const Status status = check(call); status != Status::Ok || call.boxes == 0) return status;
  // Boxes are read 16 bytes at a time.
  if (reinterpret_cast<std::uintptr_t>(call.box) % 16 != 0) return Status::BadArgument;
  launch(suppress, dim3(static_cast<unsigned>(call.groups)), dim3(kThreads), sizeof(Shared), call);
  return launch.failed() ? Status::DeviceError : Status::Ok;
}

}  // namespace slab::kernels::cuda::nms_groups
