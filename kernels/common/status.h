#pragma once

namespace slab::kernels {

/// What a kernel answers. Kernels neither throw nor print; the caller turns a failure into its own error.
enum class Status {
  Ok,
  BadArgument,        ///< a size, stride or pointer that the operation's header rules out
  WorkspaceTooSmall,  ///< workspaceBytes is below what the matching ...WorkspaceBytes function answers
  Unsupported,        ///< arguments that are sound but that this implementation does not cover
  DeviceError,        ///< the CUDA runtime refused the launch
};

/// A short English phrase for messages and test output.
[[nodiscard]] constexpr const char* toString(Status status) {
  switch (status) {
    case Status::Ok: return "ok";
    case Status::BadArgument: return "bad argument";
    case Status::WorkspaceTooSmall: return "workspace too small";
    case Status::Unsupported: return "unsupported";
    case Status::DeviceError: return "device error";
  }
  return "unknown status";
}

}  // namespace slab::kernels
