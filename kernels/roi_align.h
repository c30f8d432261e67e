#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/common/parallel_for.h"
#include "kernels/common/status.h"

/// RoIAlign (He et al., Mask R-CNN, arXiv 1703.06870, section 3), half-pixel aligned: a region of a map, cut into bins,
/// each the mean of samples taken between pixels.
///
/// A region's border (x1, y1, x2, y2) in image pixels stands at scale * border - 0.5 on the map, where pixel i is
/// centred at i. A bin has n x m evenly spaced samples: `samplingRatio` of them a side, or with 0 as many as cover it,
/// ceil(extent / bins). A sample is bilinear; one up to a pixel beyond the border takes the border's value, one
/// farther out is 0 (and counted). Sample positions are float32, as in the published implementations.
///
/// The mean of bilinear samples is separable: a bin is a sum over a rectangle of pixels with the weight
/// row(y) * column(x), so each pixel is read once whatever the number of samples.
namespace slab::kernels {

/// Maps are channels last: (images, height, width, channels), contiguous.
struct RoiAlignShape {
  std::int64_t images = 0, height = 0, width = 0, channels = 0;
  std::int64_t rois = 0;               ///< 0: no output, a gradient of zeros
  std::int64_t rows = 0, columns = 0;  ///< bins
  float scale = 1.0f;                  ///< map pixels an image pixel, > 0
  std::int64_t samplingRatio = 0;      ///< 0: adaptive
};

struct RoiAlignForward {
  RoiAlignShape shape;
  const float* map = nullptr;
  /// (rois, 5): number of the image, x1, y1, x2, y2. A region of an image that is not there, of negative extent or with
  /// a NaN gives zeros, and so does an empty one without a samplingRatio.
  const float* rois = nullptr;
  float* output = nullptr;  ///< (rois, rows, columns, channels), contiguous

  void* workspace = nullptr;  ///< 64-byte aligned, contents undefined before and after
  std::size_t workspaceBytes = 0;
};

/// The gradient of the map alone: regions get none, as in the published implementations.
struct RoiAlignBackward {
  RoiAlignShape shape;
  const float* dOutput = nullptr;  ///< (rois, rows, columns, channels), contiguous
  const float* rois = nullptr;
  float* dMap = nullptr;  ///< overwritten

  void* workspace = nullptr;
  std::size_t workspaceBytes = 0;
};

/// Bytes of workspace a call needs; depends on the shape alone, and is the same on every device.
[[nodiscard]] std::size_t roiAlignForwardWorkspaceBytes(const RoiAlignForward& call);
[[nodiscard]] std::size_t roiAlignBackwardWorkspaceBytes(const RoiAlignBackward& call);

/// Vectorised over channels for the processor at hand; the result does not depend on the number of threads.
[[nodiscard]] Status roiAlignForward(const RoiAlignForward& call, const ParallelFor& parallelFor);
[[nodiscard]] Status roiAlignBackward(const RoiAlignBackward& call, const ParallelFor& parallelFor);

/// Sample by sample in double precision: what "correct" means. They need no workspace.
namespace reference {
[[nodiscard]] Status roiAlignForward(const RoiAlignForward& call);
[[nodiscard]] Status roiAlignBackward(const RoiAlignBackward& call);
}  // namespace reference

/// The same calls with device pointers, queued on the caller's cudaStream_t; nothing synchronises. The backward gathers
/// for each pixel, in the order of the regions: no atomics, the same bits at every call.
namespace cuda {
[[nodiscard]] Status roiAlignForward(const RoiAlignForward& call, void* stream);
[[nodiscard]] Status roiAlignBackward(const RoiAlignBackward& call, void* stream);
}  // namespace cuda

}  // namespace slab::kernels
