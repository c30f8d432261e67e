// Mask R-CNN on a SLAB backbone: what a trainer and an evaluation call.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/config/detector_config.h"
#include "core/models/decay_groups.h"
#include "core/models/detection/feature_pyramid.h"
#include "core/models/detection/ground_truth.h"
#include "core/models/detection/pyramid_backbone.h"
#include "core/models/detection/roi_head.h"
#include "core/models/detection/rpn_head.h"

namespace slab {

/// The five terms, scalars, each with weight 1.
struct DetectorLosses {
  RpnLosses rpn;
  RoiLosses roi;

  [[nodiscard]] at::Tensor total() const;
  /// Under mmdet's names: loss_rpn_cls, loss_rpn_bbox, loss_cls, loss_bbox, loss_mask.
  [[nodiscard]] std::array<std::pair<std::string, at::Tensor>, 5> named() const;
};

/// Images are (B, 3, H, W), normalised, each in the upper left corner of the batch, filled up with zeros right and
/// below to a multiple of 32; `sizes` are those of the images without what fills them up. The names of parameters and
/// buffers, and their order, are those of mmdet's state dict: "backbone", "neck", "rpn_head", "roi_head". One thread at
/// a time.
class MaskRcnn : public torch::nn::Module {
 public:
  /// New values, drawn from LibTorch's default generator; training mode with lambda = 1.
  explicit MaskRcnn(const DetectorConfig& config);

  /// One training forward. What is sampled for image i of the batch depends on its proposals, `key` and i alone: with
  /// a key made of seed and step (hashKeys), a resumed run draws as the uninterrupted one. Throws Error(Data) where
  /// sizes or ground truth disagree with the batch.
  DetectorLosses losses(const at::Tensor& images, const std::vector<ImageSize>& sizes,
                        const std::vector<GroundTruth>& truths, std::uint64_t key);

  /// An image's detections in evaluation mode (Error(Internal) in training mode); no graph is recorded.
  std::vector<Detections> detect(const at::Tensor& images, const std::vector<ImageSize>& sizes);

  [[nodiscard]] const DetectorConfig& config() const { return config_; }
  [[nodiscard]] PyramidBackbone& backbone() { return *backbone_; }
  /// Stride of the finest level.
  [[nodiscard]] std::int64_t stride() const { return config_.backbone.patchSize; }
  /// The backbone's, under the names of this model.
  std::vector<FoldSite> foldSites();

 private:
  DetectorConfig config_;
  std::shared_ptr<PyramidBackbone> backbone_;
  std::shared_ptr<FeaturePyramid> neck_;
  std::shared_ptr<RpnHead> rpn_;
  std::shared_ptr<RoiHead> roi_;
};

/// The published detectors' groups: on a Swin no decay for what has "absolute_pos_embed",
/// "relative_position_bias_table" or "norm" in its name; on a PVT everything decays.
DecayGroups decayGroups(const MaskRcnn& model);

/// The backbone a configuration names; Error(Config) for a family without one.
std::shared_ptr<PyramidBackbone> buildPyramid(const ModelConfig& config);

}  // namespace slab
