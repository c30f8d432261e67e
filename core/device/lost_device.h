// Errors after which a process can do nothing more on its device.
#pragma once

#include <c10/core/Device.h>

#include <exception>

namespace slab::device {

/// Whether the CUDA context of this process is lost: the error is one of those that CUDA calls sticky ("the process
/// must be terminated and relaunched", driver_types.h), or the device answers with one now. False on the CPU for every
/// other error.
[[nodiscard]] bool isLost(c10::Device device, const std::exception& error);

}  // namespace slab::device
