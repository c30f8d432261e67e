#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/common/parallel_for.h"
#include "kernels/common/status.h"

/// Greedy non-maximum suppression: from the highest score down, a box is kept unless one that was kept before it in its
/// group overlaps it by more than the threshold. Overlap is intersection over union of the areas (x2 - x1) (y2 - y1);
/// two boxes without area (0 / 0) do not overlap.
namespace slab::kernels {

/// Boxes stand by group, and within a group by falling score; who comes first among equals is the caller's choice.
struct Nms {
  std::int64_t boxes = 0;                    ///< 0: nothing is done
  std::int64_t groups = 0;                   ///< boxes of different groups never suppress each other
  const float* box = nullptr;                ///< (boxes, 4): x1, y1, x2, y2
  const std::int64_t* groupBegin = nullptr;  ///< (groups + 1): 0, ascending, boxes; device memory on CUDA
  float threshold = 0.5f;                    ///< suppressed where the overlap is above
  std::uint8_t* keep = nullptr;              ///< (boxes) written: 1 or 0

  void* workspace = nullptr;  ///< 64-byte aligned, contents undefined before and after
  std::size_t workspaceBytes = 0;
};

/// Bytes of workspace a call needs; depends on the number of boxes alone.
[[nodiscard]] std::size_t nmsWorkspaceBytes(const Nms& call);

/// Vectorised for the processor at hand, groups on several threads. Overlaps are float32 without fused products, so
/// that every processor decides alike.
[[nodiscard]] Status nms(const Nms& call, const ParallelFor& parallelFor);

/// Plain loops, overlaps in float32 as well: a rounded overlap at the threshold must fall to the same side.
namespace reference {
[[nodiscard]] Status nms(const Nms& call);
}  // namespace reference

/// The same call with device pointers, queued on the caller's cudaStream_t; nothing synchronises.
namespace cuda {
[[nodiscard]] std::size_t nmsWorkspaceBytes(const Nms& call);
[[nodiscard]] Status nms(const Nms& call, void* stream);
}  // namespace cuda

}  // namespace slab::kernels
