#include <algorithm>

#include "core/config/arch/recognize.h"
#include "core/config/arch/registry.h"
#include "core/config/detector_config.h"

namespace slab {
namespace {

constexpr const char* kClasses = "roi_head.bbox_head.fc_cls.weight";

bool holdsBelow(const KeyShapes& keys, const std::string& prefix) {
  const auto at = keys.lower_bound(prefix);
  return at != keys.end() && at->first.starts_with(prefix);
}

std::int64_t firstSize(const KeyShapes& keys, const std::string& key) {
  const auto found = keys.find(key);
  return found == keys.end() || found->second.empty() ? 0 : found->second.front();
}

std::string blockOf(const ModelConfig& backbone, std::size_t stage, std::int64_t block) {
  return backbone.family() == Family::Swin
             ? "backbone.layers." + std::to_string(stage) + ".blocks." + std::to_string(block) + "."
             : "backbone.block" + std::to_string(stage + 1) + "." + std::to_string(block) + ".";
}

std::string patchesOf(const ModelConfig& backbone) {
  return backbone.family() == Family::Swin ? "backbone.patch_embed." : "backbone.patch_embed1.";
}

NormKind normOf(const ModelConfig& backbone, const KeyShapes& keys) {
  const std::string norm = patchesOf(backbone) + "norm.";
  if (keys.contains(norm + "weight")) return NormKind::LayerNorm;
  return keys.contains(norm + "alpha") ? NormKind::RepBn : NormKind::PrepBn;
}

bool fits(const DetectorConfig& detector, const KeyShapes& keys) {
  const ModelConfig& backbone = detector.backbone;
  if (firstSize(keys, patchesOf(backbone) + "proj.weight") != backbone.embedDim) return false;
  if (firstSize(keys, "neck.lateral_convs.0.conv.weight") != detector.channels) return false;
  for (std::size_t stage = 0; stage < backbone.depths.size(); ++stage) {
    const std::int64_t depth = backbone.depths[stage];
    if (!holdsBelow(keys, blockOf(backbone, stage, depth - 1)) || holdsBelow(keys, blockOf(backbone, stage, depth))) {
      return false;
    }
  }
  const bool isLinear = keys.contains(blockOf(backbone, 0, 0) + "attn.positional_encoding");
  return isLinear == (backbone.attention.front() == 'L');
}

}  // namespace

bool isDetector(const KeyShapes& keys) {
  return holdsBelow(keys, "roi_head.") && holdsBelow(keys, "rpn_head.") && holdsBelow(keys, "backbone.");
}

std::optional<DetectorRecognition> recognizeDetector(const KeyShapes& keys) {
  const std::int64_t classes = firstSize(keys, kClasses) - 1;  // the last is the background
  const auto& all = detectors();
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& detector) { return fits(detector, keys); });
  if (found == all.end() || classes < 1) return std::nullopt;
  return DetectorRecognition{found->name, classes, normOf(found->backbone, keys)};
}

}  // namespace slab
