#include "core/config/arch/detection.h"

#include <algorithm>

#include "core/config/arch/attention_letters.h"
#include "core/config/arch/registry.h"

namespace slab {
namespace {

ModelConfig backbone(const char* name, const char* classifier) {
  ModelConfig config = modelByName(classifier);
  config.name = name;
  // Of the published configurations with the 1x schedule.
  config.dropPath = config.depths[2] > 6 ? 0.2 : 0.1;
  return config;
}

}  // namespace

const std::vector<ModelConfig>& detectionBackbones() {
  static const std::vector<ModelConfig> all{backbone("det_backbone_slab_swin_t", "slab_swin_t"),
                                            backbone("det_backbone_slab_swin_s", "slab_swin_s"),
                                            backbone("det_backbone_prepbn_swin_t", "swin_t_prepbn_linearnorm"),
                                            backbone("det_backbone_prepbn_swin_s", "swin_s_prepbn_linearnorm")};
  return all;
}

const ModelConfig* findDetectionBackbone(std::string_view name) {
  const auto& all = detectionBackbones();
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& config) { return config.name == name; });
  return found == all.end() ? nullptr : &*found;
}

std::int64_t detectionWindow(const ModelConfig& model, std::size_t stage, char letter) {
  const std::int64_t window = configuredWindow(model, letter);
  return letter == 'S' ? window : window >> stage;
}

}  // namespace slab
