#include "kernels/nms.h"

#include "kernels/cuda/launcher.cuh"
#include "kernels/cuda/nms_launch.cuh"

namespace slab::kernels::cuda {

std::size_t nmsWorkspaceBytes(const Nms&) {
  return 0;
}

Status nms(const Nms& call, void* stream) {
  StreamLauncher launcher(stream);
  return nms_groups::launchNms(call, launcher);
}

}  // namespace slab::kernels::cuda
