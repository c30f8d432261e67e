#include "core/inspect/detector_source.h"

#include <filesystem>
#include <optional>

#include "core/base/error.h"
#include "core/config/load.h"
#include "core/formats/safetensors.h"
#include "core/inspect/fold.h"
#include "core/inspect/model_source.h"
#include "core/train/tensor_files.h"

namespace slab::inspect {
namespace {

namespace fs = std::filesystem;

// The keys that a detector is built from and evaluated with.
bool matters(const ConfigIssue& issue) {
  return issue.isError() && (issue.key.empty() || issue.key.starts_with("model.") ||
                             issue.key.starts_with("detector.") || findField(issue.key) == nullptr);
}

void throwOnProblems(const std::vector<ConfigIssue>& issues) {
  std::string text;
  for (const auto& issue : issues) {
    if (!matters(issue)) continue;
    text += (text.empty() ? "" : "; ") + (issue.key.empty() ? "" : issue.key + ": ") + issue.message;
  }
  if (!text.empty()) throw Error(ErrorKind::Config, text);
}

LoadedConfig loadFor(const ModelSource& source) {
  std::vector<std::string> settings;
  if (!source.model.empty()) settings.push_back("model.name=" + source.model);
  for (const auto& [key, value] : source.settings) settings.push_back(key + "=" + value);
  const auto run = source.checkpoint.empty() ? std::nullopt : runOf(weightsFileOf(source.checkpoint));
  if (run) return loadConfigFile((fs::path(*run) / "config.json").string(), settings);
  return loadConfig({.preset = "", .text = "", .fileName = "", .overrides = settings});
}

}  // namespace

RunConfig detectorConfigOf(const ModelSource& source) {
  return loadFor(source).config;
}

SourcedDetector openDetector(const ModelSource& source) {
  if (source.ema) throw Error(ErrorKind::Config, "averaged weights are kept of classifiers alone: leave out --ema");
  if (source.checkpoint.empty()) {
    throw Error(ErrorKind::Checkpoint, "a detector's weights must be named: a run, a checkpoint or a safetensors file");
  }
  const LoadedConfig loaded = loadFor(source);
  throwOnProblems(loaded.issues);
  SourcedDetector opened;
  opened.config = loaded.config;
  opened.weights = weightsFileOf(source.checkpoint);
  if (!opened.config.isDetector()) {
    throw Error(ErrorKind::Config, opened.weights + " is of no detector by its configuration; set data.type=coco");
  }
  opened.model = std::make_shared<MaskRcnn>(detectorOf(opened.config));
  opened.model->eval();
  const SafetensorsFile file = SafetensorsFile::open(opened.weights);
  opened.isFolded = file.metadataValue("folded") == "true";
  if (opened.isFolded) foldSites(opened.model->foldSites());
  opened.report = loadStateDict(*opened.model, train::readTensors(file));
  requireMatch(opened.report, opened.weights, opened.config.detector.name);
  return opened;
}

}  // namespace slab::inspect
