// Which boxes train on what: matching with the ground truth, and drawing a sample.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "core/config/detector_config.h"

namespace slab {

/// Values of a match that are no number of a ground truth.
inline constexpr std::int64_t kNegative = -1;
inline constexpr std::int64_t kNeither = -2;

/// boxes (N, 4), truth (G, 4) -> (N) int64: the number of a ground truth, kNegative or kNeither. A box belongs to the
/// ground truth that it overlaps most, from positiveOverlap on; then each ground truth that some box overlaps by
/// bestOverlap takes all boxes that overlap it most, the last ground truth winning (mmdet's MaxIoUAssigner). Without a
/// ground truth all are negative.
at::Tensor matchBoxes(const at::Tensor& boxes, const at::Tensor& truth, const SamplingConfig& config);

/// Numbers (int64, ascending) of the boxes that were drawn.
struct BoxSample {
  at::Tensor positive;
  at::Tensor negative;
};

/// Draws without replacement from a match: up to samples * positiveShare (rounded down) positives, and as many
/// negatives as fill up the sample. What is drawn depends on the match and `key` alone (core/base/rng.h), not on device
/// or threads; reads the match to the host.
BoxSample sampleBoxes(const at::Tensor& match, const SamplingConfig& config, std::uint64_t key);

}  // namespace slab
