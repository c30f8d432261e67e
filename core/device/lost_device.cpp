#include "core/device/lost_device.h"

#include <c10/util/Exception.h>

#include <algorithm>
#include <array>

#include "core/device/cuda_module.h"

namespace slab::device {
namespace {

// cudaError_t, as numbers: this room is built without CUDA's headers.
constexpr std::array kSticky{
    214,  // ECC uncorrectable
    220,  // NVLink uncorrectable
    226,  // contained
    700,  // illegal address
    702,  // launch timeout
    710,  // device-side assert
    714,  // hardware stack
    715,  // illegal instruction
    716,  // misaligned address
    717,  // invalid address space
    718,  // invalid program counter
    719,  // launch failure
    721,  // tensor memory leak
    810,  // MPS client terminated
    911,  // external device
    999,  // unknown
};

bool isSticky(const std::exception& error) {
  const auto* accelerator = dynamic_cast<const c10::AcceleratorError*>(&error);
  if (accelerator == nullptr) return false;
  return std::find(kSticky.begin(), kSticky.end(), accelerator->get_error_code()) != kSticky.end();
}

}  // namespace

bool isLost(c10::Device device, const std::exception& error) {
  if (isSticky(error)) return true;
  CudaServices* services = device.is_cuda() ? cudaModule().services : nullptr;
  if (services == nullptr) return false;
  try {
    // cuBLAS and our own launches report the same thing in other words; the device tells.
    services->synchronize(device.index() < 0 ? 0 : device.index());
  } catch (const std::exception& answer) {
    return isSticky(answer);
  }
  return false;
}

}  // namespace slab::device
