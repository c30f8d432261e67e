#pragma once

#include "kernels/nms.h"
#include "kernels/prep_bn.h"
#include "kernels/roi_align.h"
#include "kernels/simplified_linear_attention.h"

/// What the headers of the operations demand of a call, checked alike by the references, the CPU and CUDA. The
/// workspace is checked by each implementation, since their needs differ.
namespace slab::kernels {

[[nodiscard]] constexpr bool hasLayerNorm(PrepBnMode mode) {
  return mode != PrepBnMode::RepBn;
}
[[nodiscard]] constexpr bool hasRepBn(PrepBnMode mode) {
  return mode != PrepBnMode::LayerNorm;
}

[[nodiscard]] Status check(const PrepBnForward& call);
[[nodiscard]] Status check(const PrepBnBackward& call);
[[nodiscard]] Status check(const RepBnInference& call);
/// The sizes alone: what the workspace's size depends on.
[[nodiscard]] Status check(const SlaShape& shape);
[[nodiscard]] Status check(const SlaForward& call);
[[nodiscard]] Status check(const SlaBackward& call);
[[nodiscard]] Status check(const RoiAlignShape& shape);
[[nodiscard]] Status check(const RoiAlignForward& call);
[[nodiscard]] Status check(const RoiAlignBackward& call);
[[nodiscard]] Status check(const Nms& call);

/// Ok where the workspace holds `needed` bytes (none needed: it may be null) on a 64-byte boundary.
[[nodiscard]] Status checkWorkspace(const void* workspace, std::size_t bytes, std::size_t needed);

}  // namespace slab::kernels
