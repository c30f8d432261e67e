// The region proposal network (Ren et al., Faster R-CNN, arXiv 1506.01497, section 3) over the levels of a pyramid.
#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <vector>

#include "core/config/detector_config.h"
#include "core/models/detection/boxes.h"
#include "core/models/detection/ground_truth.h"
#include "core/nn/affine_layers.h"

namespace slab {

/// Of all anchors A of a batch, level by level, finest first.
struct RpnOutput {
  at::Tensor logits;               ///< (B, A) float32: above 0 an object is likelier than none
  at::Tensor deltas;               ///< (B, A, 4) float32
  at::Tensor anchors;              ///< (A, 4)
  std::vector<at::Tensor> levels;  ///< numbers of each level's anchors as (rows, columns, ratios) int64
  std::vector<std::int64_t> strides;
};

struct RpnLosses {
  at::Tensor objectness;  ///< binary cross entropy
  at::Tensor boxes;       ///< L1 of the deltas
};

/// A 3 x 3 convolution with ReLU, then 1 x 1 convolutions for a score and four deltas an anchor, shared by all levels.
/// Weights start N(0, 0.01), biases 0. Registered names: "rpn_conv", "rpn_cls", "rpn_reg".
class RpnHead : public torch::nn::Module {
 public:
  explicit RpnHead(const DetectorConfig& config);

  /// `stride` of levels[0]; doubled from level to level.
  RpnOutput forward(const std::vector<at::Tensor>& levels, std::int64_t stride);

  /// Both summed over the sampled anchors of all images and divided by their number. Anchors whose cell lies outside an
  /// image filled up to a multiple of 32 take no part in its matching; those that reach over its border do. The draw
  /// for image i depends on `key` and i alone.
  [[nodiscard]] RpnLosses losses(const RpnOutput& output, const std::vector<ImageSize>& sizes,
                                 const std::vector<GroundTruth>& truths, std::uint64_t key) const;

  /// For each image its proposals (n, 4), n <= proposals.count, by falling score: the best anchors of each level,
  /// decoded, clipped to the image, those without area dropped, suppressed level by level. Not differentiable.
  [[nodiscard]] std::vector<at::Tensor> proposals(const RpnOutput& output, const std::vector<ImageSize>& sizes) const;

 private:
  [[nodiscard]] at::Tensor anchorsInside(const RpnOutput& output, ImageSize size) const;

  DetectorConfig config_;
  boxes::Coder coder_;
  std::shared_ptr<nn::Conv2d> conv_, cls_, reg_;
};

}  // namespace slab
