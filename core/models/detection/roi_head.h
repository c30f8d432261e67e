// What Mask R-CNN does with proposals (He et al., arXiv 1703.06870): class and box of each, and a mask.
#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <vector>

#include "core/config/detector_config.h"
#include "core/models/detection/boxes.h"
#include "core/models/detection/feature_pyramid.h"
#include "core/models/detection/ground_truth.h"
#include "core/nn/affine_layers.h"

namespace slab {

/// Features (K, channels, bins, bins) -> logits (K, classes + 1), the background last, and deltas (K, 4 classes), by
/// two linear layers with ReLU. Registered names: "fc_cls", "fc_reg", "shared_fcs".
class BoxHead : public torch::nn::Module {
 public:
  explicit BoxHead(const DetectorConfig& config);
  struct Output {
    at::Tensor logits, deltas;  ///< float32
  };
  Output forward(const at::Tensor& features);

 private:
  std::shared_ptr<nn::Linear> cls_, reg_;
  std::vector<std::shared_ptr<nn::Linear>> shared_;
};

/// 3 x 3 convolutions with ReLU, a transposed one of 2 x 2 and stride 2 with ReLU, a 1 x 1 convolution to the classes.
/// Registered names: "convs", "upsample", "conv_logits".
class MaskHead : public torch::nn::Module {
 public:
  explicit MaskHead(const DetectorConfig& config);
  /// Features (K, channels, bins, bins) of regions and a class (K) of each, from 0 -> logits (K, 2 bins, 2 bins)
  /// float32 of that class alone: nobody asks for the others.
  at::Tensor forward(const at::Tensor& features, const at::Tensor& labels);

 private:
  class Upsample;
  std::vector<std::shared_ptr<NamedConv>> convs_;
  std::shared_ptr<Upsample> upsample_;
  std::shared_ptr<nn::Conv2d> logits_;
};

/// What was found in one image: n boxes by falling score, in pixels of the image as the network sees it.
struct Detections {
  at::Tensor boxes;   ///< (n, 4) float32: x1, y1, x2, y2, within the image
  at::Tensor scores;  ///< (n) float32
  at::Tensor labels;  ///< (n) int64: 0 to classes - 1
  at::Tensor masks;   ///< (n, side, side) float32 probabilities over the box; masks::pasted makes an image's of them
};

struct RoiLosses {
  at::Tensor classes;  ///< cross entropy, mean over the sampled regions
  at::Tensor boxes;    ///< L1 of the deltas of positives' own class, over the number of all sampled regions
  at::Tensor masks;    ///< binary cross entropy of positives' own class, mean over all cells
};

/// The level (0 = finest) of regions (K, 5) or boxes (K, 4): floor(log2(sqrt(area) / finestSide + 1e-6)), clamped to
/// [0, levels) (Lin et al., arXiv 1612.03144, equation 1).
at::Tensor levelsOf(const at::Tensor& regions, double finestSide, std::int64_t levels);

/// Registered names: "bbox_head", "mask_head".
class RoiHead : public torch::nn::Module {
 public:
  explicit RoiHead(const DetectorConfig& config);

  /// levels: the pyramid without its last; stride: of levels[0]; proposals (n, 4) an image. The ground truth is added
  /// to the proposals. The draw for image i depends on `key` and i alone.
  RoiLosses losses(const std::vector<at::Tensor>& levels, std::int64_t stride, const std::vector<at::Tensor>& proposals,
                   const std::vector<GroundTruth>& truths, std::uint64_t key);

  std::vector<Detections> detect(const std::vector<at::Tensor>& levels, std::int64_t stride,
                                 const std::vector<at::Tensor>& proposals, const std::vector<ImageSize>& sizes);

  /// regions (K, 5) -> (K, channels, bins, bins), each from its level.
  [[nodiscard]] at::Tensor features(const std::vector<at::Tensor>& levels, std::int64_t stride,
                                    const at::Tensor& regions, std::int64_t bins) const;

 private:
  struct Sample;
  [[nodiscard]] Sample sampleImage(const at::Tensor& proposals, const GroundTruth& truth, std::uint64_t key) const;
  [[nodiscard]] Detections select(const at::Tensor& regions, const BoxHead::Output& output, ImageSize size) const;
  void addMasks(const std::vector<at::Tensor>& levels, std::int64_t stride, std::vector<Detections>& found);

  DetectorConfig config_;
  boxes::Coder coder_;
  std::shared_ptr<BoxHead> box_;
  std::shared_ptr<MaskHead> mask_;
};

}  // namespace slab
