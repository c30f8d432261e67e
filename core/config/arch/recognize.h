// Which model a list of keys and shapes belongs to.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/config/model_config.h"

namespace slab {

/// Shapes by state-dict key.
using KeyShapes = std::map<std::string, std::vector<std::int64_t>, std::less<>>;

/// What a file says about its model beside the weights; shapes cannot tell these.
struct ModelHints {
  std::optional<std::int64_t> imageSize;
  std::optional<double> dropPath;
  std::vector<std::int64_t> heads;
  std::string type;  // "deits", "SlabSwinTransformer": for messages

  [[nodiscard]] bool isEmpty() const { return !imageSize && !dropPath && heads.empty() && type.empty(); }
};

struct Recognition {
  ModelConfig config;
  /// Registry names with these dimensions, best first. Empty for dimensions of nobody's: then `config.name` is
  /// the relative whose rules apply.
  std::vector<std::string> candidates;
  /// What had to be guessed, in sentences.
  std::vector<std::string> guesses;
};

/// Reads family, norm, attention letters and dimensions from the reference's key names and shapes (section 3.3 of
/// its description: Swin "layers.0.blocks.0", DeiT "blocks.0", PVT "block1.0", CSWin "stage1.0"). A RepBN layout
/// gives norm rep_bn, a LinearNorm layout prep_bn. Nothing where the keys are of none of these families or blocks lack
/// their MLP, so that a model of the result is of about the file's size.
std::optional<Recognition> recognizeModel(const KeyShapes& keys, const ModelHints& hints);

struct DetectorRecognition {
  std::string name;  // in detectors()
  std::int64_t classes = 0;
  NormKind norm = NormKind::PrepBn;  // of the file, whatever the named detector's is
};

/// Whether the keys are those of a Mask R-CNN under mmdet's names ("backbone.", "neck.", "rpn_head.", "roi_head.").
bool isDetector(const KeyShapes& keys);

/// Which of detectors() such keys belong to, by depths, widths and attention of the backbone and the pyramid's width;
/// the norm by the keys of the first one. A plain Swin's, trained with LayerNorm, is named as the PRepBN one of its
/// dimensions.
std::optional<DetectorRecognition> recognizeDetector(const KeyShapes& keys);

}  // namespace slab
