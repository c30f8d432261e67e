#include "kernels/simplified_linear_attention.h"

#include "kernels/cuda/launcher.cuh"
#include "kernels/cuda/sla_launch.cuh"

namespace slab::kernels::cuda {

std::size_t slaForwardWorkspaceBytes(const SlaForward& call) {
  return check(call.shape) == Status::Ok ? sla::ForwardPlan(call, nullptr).workspace.used() : 0;
}

std::size_t slaBackwardWorkspaceBytes(const SlaBackward& call) {
  return check(call.shape) == Status::Ok ? sla::BackwardPlan(call, nullptr).workspace.used() : 0;
}

Status slaForward(const SlaForward& call, void* stream) {
  StreamLauncher launcher(stream);
  return sla::launchForward(call, launcher);
}

Status slaBackward(const SlaBackward& call, void* stream) {
  StreamLauncher launcher(stream);
  return sla::launchBackward(call, launcher);
}

}  // namespace slab::kernels::cuda
