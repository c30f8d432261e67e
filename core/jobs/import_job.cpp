#include <algorithm>
#include <filesystem>
#include <functional>

#include "core/base/error.h"
#include "core/config/arch/recognize.h"
#include "core/config/arch/registry.h"
#include "core/config/detector_config.h"
#include "core/config/enums.h"
#include "core/config/load.h"
#include "core/formats/durable_file.h"
#include "core/formats/sha256.h"
#include "core/inspect/fit_weights.h"
#include "core/inspect/foreign_weights.h"
#include "core/jobs/inspection.h"
#include "core/models/build_model.h"
#include "core/models/detection/mask_rcnn.h"
#include "core/models/parameter_count.h"
#include "core/train/tensor_files.h"
#include "core/train/training_state.h"

namespace slab::jobs {
namespace {

namespace fs = std::filesystem;
using inspect::FittedWeights;
using inspect::ForeignWeights;
using inspect::KeyFate;

KeyShapes shapesOf(const ForeignWeights& weights) {
  KeyShapes shapes;
  for (const auto& tensor : weights.tensors()) shapes.emplace(tensor.name, tensor.shape);
  return shapes;
}

// What a person says on top wins over what was read from the file.
ModelConfig withSettings(const ModelConfig& model, const std::map<std::string, std::string>& settings) {
  if (settings.empty()) return model;
  RunConfig config;
  config.model = model;
  ConfigSource source{.preset = "", .text = toJsonText(config), .fileName = "", .overrides = {}};
  for (const auto& [key, value] : settings) {
    if (!key.starts_with("model.") || key == "model.name") {
      throw Error(ErrorKind::Config, "an import takes model.* settings, not " + key +
                                         (key == "model.name" ? "; name the model with --model" : ""));
    }
    source.overrides.push_back(key + "=" + value);
  }
  const LoadedConfig loaded = loadConfig(source);
  for (const auto& issue : loaded.issues) {
    if (issue.isError() && issue.key.starts_with("model.")) {
      throw Error(ErrorKind::Config, issue.key + ": " + issue.message);
    }
  }
  return loaded.config.model;
}

// A named model keeps its norm and attention; what only the file knows (classes, channels, the size of its images)
// is taken over where the model is of the same family.
ModelConfig configFor(const ImportRequest& request, const std::optional<Recognition>& seen) {
  if (request.model.empty()) return withSettings(seen->config, request.settings);
  ModelConfig model = modelByName(request.model);
  if (seen && seen->config.family() == model.family()) {
    model.classes = seen->config.classes;
    model.inChannels = seen->config.inChannels;
    const bool isCandidate =
        std::find(seen->candidates.begin(), seen->candidates.end(), request.model) != seen->candidates.end();
    if (isCandidate) model.imageSize = seen->config.imageSize;
  }
  return withSettings(model, request.settings);
}

void describeFile(const ForeignWeights& weights, const std::optional<Recognition>& seen, ImportReport& report) {
  report.format = weights.format();
  report.part = weights.part();
  report.parts = weights.parts();
  report.notes = weights.notes();
  report.tensors = static_cast<std::int64_t>(weights.tensors().size());
  if (!seen) return;
  report.candidates = seen->candidates;
  report.norm = wordOf(seen->config.norm);
}

std::string countOf(std::size_t count, const char* what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

void describeKeys(const FittedWeights& fitted, bool dropUnexpected, ImportReport& report) {
  for (const auto& row : fitted.keys) {
    report.keys.push_back({row.key, row.source, std::string(toString(row.fate)), row.shape, row.sourceShape, row.note});
  }
  report.missing = fitted.withFate(KeyFate::Missing);
  report.unexpected = fitted.withFate(KeyFate::Unexpected);
  report.reshaped = fitted.withFate(KeyFate::Resized);
  const auto misshapen = fitted.withFate(KeyFate::Misshapen);
  report.complete = report.missing.empty() && misshapen.empty() && (report.unexpected.empty() || dropUnexpected);
  if (!report.reshaped.empty()) {
    report.warnings.push_back(countOf(report.reshaped.size(), "position table") +
                              " resized bicubically to another resolution; accuracy is not the file's");
  }
  if (!report.unexpected.empty() && dropUnexpected) {
    report.warnings.push_back(countOf(report.unexpected.size(), "tensor") + " of the file left out");
  }
  if (fitted.remainingSteps > 0) {
    report.warnings.push_back("the file was saved " + std::to_string(fitted.remainingSteps) +
                              " steps before lambda reaches 0: RepBN alone is not yet what was trained");
  }
  for (const auto& key : report.keys) {
    const auto value = fitted.values.find(key.key);
    if (value && value->is_floating_point() && !value->isfinite().all().item().toBool()) {
      report.warnings.push_back(key.key + " holds values that are not finite");
    }
  }
}

void refuseTakenFolder(const fs::path& folder) {
  for (const char* name : {"config.json", train::kModelFile}) {
    if (!fs::exists(folder / name)) continue;
    throw Error(ErrorKind::Config, (folder / name).string() + " is there already; choose another folder");
  }
}

// The pair that makes a folder a model: weights under the reference's names, and a configuration.
void write(const torch::nn::Module& model, const RunConfig& config, const std::string& source, const fs::path& folder,
           ImportReport& report) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw Error(ErrorKind::Data, folder.string() + " can't be made: " + error.message());
  const std::string text = toJsonText(config);
  SafetensorsWriter writer;
  train::NamedTensors keep;
  writer.setMetadata("format", "pt");
  writer.setMetadata("model", report.model);
  writer.setMetadata("imported_from", fs::path(source).filename().string());
  train::addTensors(writer, train::modelTensors(model), keep);
  writer.save((folder / train::kModelFile).string());
  writeFileAtomically((folder / "config.json").string(), std::as_bytes(std::span(text)));
  report.output = (folder / train::kModelFile).string();
  report.sha256 = sha256OfFile(report.output);
}

// False where something is missing or left over: nothing is to be written then.
bool fit(torch::nn::Module& model, const ForeignWeights& weights, const ImportRequest& request, ImportReport& report) {
  const FittedWeights fitted = inspect::fitWeights(model, weights);
  report.parameters = parameterCount(model);
  describeKeys(fitted, request.dropUnexpected, report);
  if (report.complete) requireMatch(loadStateDict(model, fitted.values), request.path, report.model);
  return report.complete;
}

RunConfig detectorConfig(const ImportRequest& request, const std::string& name,
                         const std::optional<DetectorRecognition>& seen) {
  constexpr std::int64_t kCocoClasses = 80;
  ConfigSource source;
  source.overrides = {"data.type=coco", "detector.name=" + name,
                      "detector.classes=" + std::to_string(seen ? seen->classes : kCocoClasses)};
  // The layouts of PRepBN and RepBN stand for each other, LayerNorm's for itself alone.
  if (seen && seen->norm == NormKind::LayerNorm) source.overrides.push_back("model.norm=layer_norm");
  for (const auto& [key, value] : request.settings) source.overrides.push_back(key + "=" + value);
  const LoadedConfig loaded = loadConfig(source);
  for (const auto& issue : loaded.issues) {
    const bool matters = issue.key.starts_with("model.") || issue.key.starts_with("detector.");
    if (issue.isError() && matters) throw Error(ErrorKind::Config, issue.key + ": " + issue.message);
  }
  return loaded.config;
}

using Tell = std::function<void(std::int64_t done, const char* text)>;

// A whole Mask R-CNN of mmdet.
ImportReport importDetector(const ImportRequest& request, const ForeignWeights& weights, const KeyShapes& keys,
                            const Tell& tell) {
  ImportReport report;
  describeFile(weights, std::nullopt, report);
  const auto seen = recognizeDetector(keys);
  const std::string name = !request.model.empty() ? request.model : seen ? seen->name : "";
  if (name.empty()) {
    for (const auto& tensor : weights.tensors()) report.unexpected.push_back(tensor.name);
    report.warnings.push_back("a Mask R-CNN whose backbone is none of the known ones; name the detector with --model");
    return report;
  }
  if (findDetector(name) == nullptr) {
    throw Error(ErrorKind::Config, request.path + " holds a whole detector, and there is no detector named " + name);
  }
  report.recognizedBy = request.model.empty() ? "keys" : "given";
  if (seen) report.candidates = {seen->name};
  tell(1, "fitting");
  const RunConfig config = detectorConfig(request, name, seen);
  MaskRcnn model(detectorOf(config));
  report.model = name;
  report.classes = config.detector.classes;
  if (seen) report.norm = wordOf(seen->norm);
  if (!fit(model, weights, request, report)) return report;
  tell(2, "writing");
  if (!request.output.empty()) write(model, config, request.path, request.output, report);
  return report;
}

}  // namespace

ImportReport importWeights(const ImportRequest& request, std::stop_token stop, const OnProgress& onProgress) {
  const Tell tell = [&](std::int64_t done, const char* text) {
    if (onProgress) onProgress({done, 3, text});
    if (stop.stop_requested()) throw Error(ErrorKind::Internal, "cancelled");
  };
  tell(0, "reading");
  if (!request.output.empty()) refuseTakenFolder(request.output);
  const ForeignWeights weights = ForeignWeights::open(request.path, request.part);
  const auto folded = weights.notes().find("folded");
  if (folded != weights.notes().end() && folded->second == "true") {
    throw Error(ErrorKind::Checkpoint, request.path + " holds folded weights of this program; use it with --weights");
  }
  ImportReport report;
  const KeyShapes keys = shapesOf(weights);
  if (isDetector(keys)) return importDetector(request, weights, keys, tell);
  const auto seen = recognizeModel(keys, weights.hints());
  describeFile(weights, seen, report);
  if (!seen && request.model.empty()) {
    for (const auto& tensor : weights.tensors()) report.unexpected.push_back(tensor.name);
    report.warnings.push_back("no model of the registry has such keys; name the model the weights were made with");
    return report;
  }
  report.recognizedBy = !request.model.empty() ? "given" : weights.hints().isEmpty() ? "keys" : "config";
  if (request.model.empty()) report.warnings = seen->guesses;

  tell(1, "fitting");
  RunConfig config;
  config.model = configFor(request, seen);
  config.data.type = DataType::ImageFolder;
  const auto model = buildModel(config.model);
  report.model = config.model.name;
  report.imageSize = config.model.imageSize;
  report.classes = config.model.classes;
  if (!fit(*model, weights, request, report)) return report;
  tell(2, "writing");
  if (!request.output.empty()) write(*model, config, request.path, request.output, report);
  return report;
}

}  // namespace slab::jobs
