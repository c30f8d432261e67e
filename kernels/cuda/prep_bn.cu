#include "kernels/prep_bn.h"

#include "kernels/cuda/launcher.cuh"
#include "kernels/cuda/prep_bn_launch.cuh"

namespace slab::kernels::cuda {

std::size_t prepBnForwardWorkspaceBytes(const PrepBnForward& call) {
  return prep_bn::ForwardPlan(call, nullptr).bytes;
}

std::size_t prepBnBackwardWorkspaceBytes(const PrepBnBackward& call) {
  return prep_bn::BackwardPlan(call, nullptr).bytes;
}

std::size_t repBnInferenceWorkspaceBytes(const RepBnInference& call) {
  return prep_bn::InferencePlan(call, nullptr).bytes;
}

Status prepBnForward(const PrepBnForward& call, void* stream) {
  StreamLauncher launcher(stream);
  return prep_bn::launchForward(call, launcher);
}

Status prepBnBackward(const PrepBnBackward& call, void* stream) {
  StreamLauncher launcher(stream);
  return prep_bn::launchBackward(call, launcher);
}

Status repBnInference(const RepBnInference& call, void* stream) {
  StreamLauncher launcher(stream);
  return prep_bn::launchInference(call, launcher);
}

}  // namespace slab::kernels::cuda
