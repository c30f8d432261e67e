#include "core/wire/bench_lineup.h"

#include <cctype>

#include "core/config/arch/cswin.h"
#include "core/config/arch/registry.h"
#include "core/config/arch/swin.h"
#include "core/config/fields.h"

namespace slab {
namespace {

constexpr std::int64_t kSoftmaxWindow = 7;

bool hasRegistryDimensions(const ModelConfig& model) {
  const auto* entry = findModel(model.name);
  return entry != nullptr && entry->config.depths == model.depths && entry->config.heads == model.heads &&
         entry->config.embedDim == model.embedDim && entry->config.patchSize == model.patchSize;
}

bool hasWindows(const ModelConfig& model) {
  return model.family() == Family::Swin || model.family() == Family::CSwin;
}

std::string geometryProblem(const ModelConfig& model) {
  if (model.family() == Family::Swin) return swinGeometryProblem(model);
  return model.family() == Family::CSwin ? cswinGeometryProblem(model) : "";
}

ModelConfig variantOf(const ModelConfig& model, NormKind norm, char letter) {
  ModelConfig variant = model;
  variant.norm = norm;
  if (letter == 'S') {
    variant.attention = std::string(model.stages(), 'S');
    if (hasWindows(model)) variant.window = kSoftmaxWindow;
  } else if (model.attention.find('L') == std::string::npos) {
    // SLAB puts linear attention into the first half of Swin's and CSWin's stages and everywhere in the others.
    variant.attention = std::string(model.stages(), 'L');
    for (std::size_t i = 2; i < variant.attention.size() && hasWindows(model); ++i) variant.attention[i] = 'S';
    if (hasWindows(model) && model.patchSize > 0) variant.window = model.imageSize / model.patchSize;
  }
  if (!geometryProblem(variant).empty()) variant.window = model.window;
  return variant;
}

std::map<std::string, std::string> settingsOf(const ModelConfig& model) {
  RunConfig config;
  config.model = model;
  std::map<std::string, std::string> settings;
  for (const auto& field : fields()) {
    if (field.group == "model" && field.key != "model.name") settings[field.key] = getField(config, field.key).dump();
  }
  return settings;
}

BenchEntry entryOf(const std::string& label, const ModelConfig& variant, bool folded, const ModelConfig& original,
                   const std::string& checkpoint) {
  BenchEntry entry;
  entry.label = label + (folded ? ", folded" : "");
  entry.source.folded = folded;
  if (!checkpoint.empty() && variant == original) {
    entry.source.checkpoint = checkpoint;
  } else {
    entry.source.model = variant.name;
    entry.source.settings = settingsOf(variant);
  }
  return entry;
}

}  // namespace

std::string architectureLabel(const ModelConfig& model) {
  std::string label{toString(model.family())};
  const auto* entry = findModel(model.name);
  if (entry != nullptr && hasRegistryDimensions(model)) {
    std::string size = entry->size;
    for (char& c : size) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    label += "-" + size;
    if (model.imageSize != entry->config.imageSize) label += " " + std::to_string(model.imageSize) + " px";
    return label;
  }
  return label + " " + std::to_string(model.imageSize) + " px, " + std::to_string(model.embedDim) + " wide";
}

std::vector<BenchEntry> benchLineup(const ModelConfig& model, const std::string& checkpoint) {
  const std::string label = architectureLabel(model);
  const ModelConfig layerNorm = variantOf(model, NormKind::LayerNorm, 'S');
  const ModelConfig prepbn = variantOf(model, NormKind::PrepBn, 'S');
  const ModelConfig slabModel = variantOf(model, NormKind::PrepBn, 'L');
  return {
      entryOf(label + " LayerNorm", layerNorm, false, model, checkpoint),
      entryOf(label + " PRepBN", prepbn, false, model, checkpoint),
      entryOf(label + " PRepBN", prepbn, true, model, checkpoint),
      entryOf("SLAB-" + label, slabModel, false, model, checkpoint),
      entryOf("SLAB-" + label, slabModel, true, model, checkpoint),
  };
}

std::vector<BenchEntry> detectorLineup(const std::string& name, const std::string& checkpoint) {
  BenchEntry entry{name, {}};
  entry.source.checkpoint = checkpoint;
  BenchEntry folded = entry;
  folded.label += ", folded";
  folded.source.folded = true;
  return {entry, folded};
}

}  // namespace slab
