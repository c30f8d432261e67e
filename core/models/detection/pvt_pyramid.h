// PVT as the backbone of a detector: images of any size in, one map a stage out.
#pragma once

#include <vector>

#include "core/models/detection/pyramid_backbone.h"
#include "core/models/pvt_block.h"

namespace slab {

/// The classifier's stages (core/models/pvt.h) without head and last norm; each stage's tokens are its map as they are,
/// behind no norm, as in the original's detection backbone (Wang et al., arXiv 2102.12122). Position embeddings, and
/// the positional encodings of linear attention, are those of the configured image size, stretched bilinearly to the
/// grid at hand. Rows and columns of an image that fill no whole patch are left out; a batch filled up to a multiple of
/// 32 has none. Registered names are the classifier's.
class PvtPyramid : public PyramidBackbone {
 public:
  explicit PvtPyramid(const ModelConfig& config);
  std::vector<at::Tensor> forward(const at::Tensor& images) override;
  std::vector<FoldSite> foldSites() override;
  std::vector<nn::Attention*> attentionLayers() override;

 private:
  std::vector<PvtLayers> stages_;
};

}  // namespace slab
