// The CUDA kernels of RoIAlign and NMS under the schemas of core/ops/detection_binding.h.
#include <ATen/ATen.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <torch/library.h>

#include "core/ops/detection_binding.h"

namespace slab::cuda {
namespace {

at::Tensor forward(const at::Tensor& map, const at::Tensor& rois, std::int64_t rows, std::int64_t columns, double scale,
                   std::int64_t samplingRatio) {
  const c10::cuda::CUDAGuard device(map.device());
  void* stream = c10::cuda::getCurrentCUDAStream().stream();
  return ops::runRoiAlignForward(map, rois, {rows, columns, scale, samplingRatio},
                                 {&kernels::roiAlignForwardWorkspaceBytes, [&](const kernels::RoiAlignForward& call) {
                                    return kernels::cuda::roiAlignForward(call, stream);
                                  }});
}

at::Tensor backward(const at::Tensor& dOutput, const at::Tensor& rois, std::int64_t images, std::int64_t height,
                    std::int64_t width, double scale, std::int64_t samplingRatio) {
  const c10::cuda::CUDAGuard device(dOutput.device());
  void* stream = c10::cuda::getCurrentCUDAStream().stream();
  return ops::runRoiAlignBackward(
      dOutput, rois, images, height, width, {dOutput.size(2), dOutput.size(3), scale, samplingRatio},
      {&kernels::roiAlignBackwardWorkspaceBytes,
       [&](const kernels::RoiAlignBackward& call) { return kernels::cuda::roiAlignBackward(call, stream); }});
}

at::Tensor nms(const at::Tensor& boxes, const at::Tensor& groupBegin, double threshold) {
  const c10::cuda::CUDAGuard device(boxes.device());
  void* stream = c10::cuda::getCurrentCUDAStream().stream();
  return ops::runNms(boxes, groupBegin, threshold, {&kernels::cuda::nmsWorkspaceBytes, [&](const kernels::Nms& call) {
                                                      return kernels::cuda::nms(call, stream);
                                                    }});
}

TORCH_LIBRARY_IMPL(slab, CUDA, library) {
  library.impl("roi_align_forward", forward);
  library.impl("roi_align_backward", backward);
  library.impl("nms", nms);
}

}  // namespace
}  // namespace slab::cuda
