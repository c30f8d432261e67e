#include "kernels/roi_align.h"

#include "kernels/cuda/launcher.cuh"
#include "kernels/cuda/roi_align_launch.cuh"

namespace slab::kernels::cuda {

Status roiAlignForward(const RoiAlignForward& call, void* stream) {
  StreamLauncher launcher(stream);
  return roi_align::launchForward(call, launcher);
}

Status roiAlignBackward(const RoiAlignBackward& call, void* stream) {
  StreamLauncher launcher(stream);
  return roi_align::launchBackward(call, launcher);
}

}  // namespace slab::kernels::cuda
