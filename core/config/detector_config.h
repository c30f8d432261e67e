// What a Mask R-CNN is built from and trained with: one struct, from the published detectors down to a small one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/model_config.h"

namespace slab {

/// How boxes become training samples: matched with the ground truth by overlap (intersection over union), then drawn.
struct SamplingConfig {
  double positiveOverlap = 0.7;  ///< positive from here on
  double negativeOverlap = 0.3;  ///< negative below; between the two a box is left out
  double bestOverlap = 0.3;      ///< a ground truth's best boxes are positive as well, where they overlap it by this
  std::int64_t samples = 256;    ///< an image
  double positiveShare = 0.5;    ///< at most; negatives fill up the rest

  friend bool operator==(const SamplingConfig&, const SamplingConfig&) = default;
};

struct ProposalConfig {
  std::int64_t trainPerLevel = 2000;  ///< best anchors of a level that go into the suppression
  std::int64_t testPerLevel = 1000;
  double overlap = 0.7;       ///< above it a proposal of the same level is suppressed
  std::int64_t count = 1000;  ///< an image, of all levels

  friend bool operator==(const ProposalConfig&, const ProposalConfig&) = default;
};

/// Keys `detector.*`: Mask R-CNN (He et al., arXiv 1703.06870) with a feature pyramid (Lin et al., arXiv 1612.03144) on
/// the backbone of `model.*`. The values are those of the published detectors on COCO (mmdet 2.11's mask_rcnn_r50_fpn,
/// which they inherit).
struct DetectorKeys {
  std::string name = "mask_rcnn_slab_swin_t";
  std::int64_t classes = 80;
  /// A classifier's checkpoint to begin the backbone with; "" = new weights.
  std::string pretrained;
  /// Batch statistics of the backbone stay as they are in training too.
  bool freezeStatistics = true;
  std::int64_t channels = 256;  ///< of the pyramid and of the RPN

  double anchorScale = 8.0;                         ///< side of a square anchor in strides of its level
  std::vector<double> anchorRatios{0.5, 1.0, 2.0};  ///< height over width, of one area
  SamplingConfig anchors;
  ProposalConfig proposals;

  SamplingConfig regions{0.5, 0.5, 0.5, 512, 0.25};
  double finestSide = 56.0;  ///< regions of less than twice this side are taken from the finest level
  std::int64_t boxBins = 7;
  std::int64_t maskBins = 14;  ///< a mask has twice as many pixels a side
  std::int64_t hidden = 1024;  ///< width of the box head's two layers
  std::int64_t maskChannels = 256;
  std::int64_t maskConvolutions = 4;
  std::vector<double> boxDeviations{0.1, 0.1, 0.2, 0.2};  ///< units of the box head's deltas

  double scoreThreshold = 0.05;   ///< a detection's score is above
  double detectionOverlap = 0.5;  ///< above it a detection of the same class is suppressed
  std::int64_t detections = 100;  ///< an image
  double maskThreshold = 0.5;     ///< a pixel belongs to an object from here on

  [[nodiscard]] std::int64_t maskSide() const { return 2 * maskBins; }
  friend bool operator==(const DetectorKeys&, const DetectorKeys&) = default;
};

/// All of a detector.
struct DetectorConfig : DetectorKeys {
  ModelConfig backbone;  ///< named as in the registry; classes mean nothing here, and image_size to a PVT alone
};

/// mask_rcnn_{slab,prepbn}_swin_{t,s}, mask_rcnn_pvt_{t,s,m}_prepbn, mask_rcnn_slab_pvt_{t,s}, and mask_rcnn_scenes: a
/// small SLAB-Swin and narrow heads for ten classes in images of about 128 pixels, which trains in minutes on two
/// cores.
const std::vector<DetectorConfig>& detectors();

/// nullptr where the name is unknown.
const DetectorConfig* findDetector(std::string_view name);

}  // namespace slab
