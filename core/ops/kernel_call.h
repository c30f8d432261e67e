// What the bindings of all kernels share: types, pointers, workspace, and the outcome of a call. The same
// binding serves the CPU and CUDA; a `KernelEntry` says which entry points run.
#pragma once

#include <ATen/ATen.h>

#include <functional>
#include <string>

#include "core/base/error.h"
#include "kernels/common/dtype.h"
#include "kernels/common/status.h"

namespace slab::ops {

/// The two entry points of a kernel on one device: bytes of workspace, and the call (CPU: with the thread
/// pool; CUDA: queued on the current stream).
template <class Call>
struct KernelEntry {
  std::size_t (*workspaceBytes)(const Call&);
  std::function<kernels::Status(const Call&)> run;
};

/// float32, bfloat16 and float16 have kernels; float64 has not.
[[nodiscard]] inline bool hasKernelType(const at::Tensor& x) {
  return x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16 || x.scalar_type() == at::kHalf;
}

[[nodiscard]] inline kernels::DType kernelType(const at::Tensor& x) {
  switch (x.scalar_type()) {
    case at::kBFloat16: return kernels::DType::BF16;
    case at::kHalf: return kernels::DType::F16;
    default: return kernels::DType::F32;
  }
}

/// The float32 values of a contiguous parameter; null for an undefined tensor.
[[nodiscard]] inline const float* floats(const at::Tensor& parameter) {
  return parameter.defined() ? parameter.const_data_ptr<float>() : nullptr;
}

[[nodiscard]] inline float* mutableFloats(const at::Tensor& tensor) {
  return tensor.defined() ? tensor.mutable_data_ptr<float>() : nullptr;
}

/// Gives the call its workspace on x's device, runs it, and throws slab::Error(Internal) on a failure.
template <class Call>
void runKernel(const KernelEntry<Call>& entry, Call& call, const at::Tensor& x, const char* name) {
  const auto bytes = entry.workspaceBytes(call);
  const auto workspace = at::empty({static_cast<std::int64_t>(bytes)}, x.options().dtype(at::kByte));
  call.workspace = workspace.mutable_data_ptr();
  call.workspaceBytes = bytes;
  const auto status = entry.run(call);
  if (status != kernels::Status::Ok) {
    throw Error(ErrorKind::Internal, std::string("the kernel ") + name + " refused its arguments (" +
                                         kernels::toString(status) + "); ops.backend=reference avoids it");
  }
}

}  // namespace slab::ops
