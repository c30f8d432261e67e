#include <algorithm>

#include "core/config/arch/detection.h"
#include "core/config/arch/registry.h"
#include "core/config/detector_config.h"

namespace slab {
namespace {

DetectorConfig onSwin(const char* name, const char* backbone, const char* classifier) {
  DetectorConfig config;
  config.name = name;
  config.backbone = *findDetectionBackbone(backbone);
  config.backbone.name = classifier;
  return config;
}

DetectorConfig onPvt(const char* name, const char* classifier) {
  DetectorConfig config;
  config.name = name;
  config.backbone = modelByName(classifier);
  config.backbone.dropPath = 0.1;
  return config;
}

ModelConfig smallBackbone() {
  ModelConfig config = *findDetectionBackbone("det_backbone_slab_swin_t");
  config.name = "slab_swin_t";
  config.embedDim = 32;
  config.depths = {1, 2, 2, 1};
  config.heads = {2, 2, 4, 8};
  // At 128 pixels a window is the whole map of its stage, and none is filled up.
  config.attention = "LLLL";
  config.window = 32;
  config.dropPath = 0.0;
  return config;
}

DetectorConfig forScenes() {
  DetectorConfig config;
  config.name = "mask_rcnn_scenes";
  config.backbone = smallBackbone();
  config.classes = 10;
  config.channels = 48;
  config.anchorScale = 4.0;
  config.anchors.samples = 128;
  config.proposals = {400, 200, 0.7, 200};
  config.regions.samples = 64;
  config.finestSide = 28.0;
  config.hidden = 256;
  config.maskBins = 10;
  config.maskChannels = 32;
  config.maskConvolutions = 2;
  return config;
}

}  // namespace

const std::vector<DetectorConfig>& detectors() {
  static const std::vector<DetectorConfig> all{
      onSwin("mask_rcnn_slab_swin_t", "det_backbone_slab_swin_t", "slab_swin_t"),
      onSwin("mask_rcnn_slab_swin_s", "det_backbone_slab_swin_s", "slab_swin_s"),
      onSwin("mask_rcnn_prepbn_swin_t", "det_backbone_prepbn_swin_t", "swin_t_prepbn_linearnorm"),
      onSwin("mask_rcnn_prepbn_swin_s", "det_backbone_prepbn_swin_s", "swin_s_prepbn_linearnorm"),
      onPvt("mask_rcnn_pvt_t_prepbn", "pvt_t_prepbn"),
      onPvt("mask_rcnn_pvt_s_prepbn", "pvt_s_prepbn"),
      onPvt("mask_rcnn_pvt_m_prepbn", "pvt_m_prepbn"),
      onPvt("mask_rcnn_slab_pvt_t", "slab_pvt_t"),
      onPvt("mask_rcnn_slab_pvt_s", "slab_pvt_s"),
      forScenes()};
  return all;
}

const DetectorConfig* findDetector(std::string_view name) {
  const auto& all = detectors();
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& config) { return config.name == name; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace slab
