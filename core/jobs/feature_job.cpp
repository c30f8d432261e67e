#include "core/jobs/feature_job.h"

#include <torch/torch.h>

#include <cstring>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/config/load.h"
#include "core/formats/npy.h"
#include "core/inspect/fold.h"
#include "core/inspect/model_source.h"
#include "core/models/detection/swin_pyramid.h"
#include "core/train/engine.h"
#include "core/train/tensor_files.h"

namespace slab::jobs {
namespace {

constexpr const char* kSuffix = ".npy";

void requireParts(const FeatureRequest& request) {
  const std::string name = request.source.model;
  if (request.source.checkpoint.empty()) {
    throw Error(ErrorKind::Config, name + " needs --weights with a safetensors file");
  }
  if (!request.input.ends_with(kSuffix) || !request.output.ends_with(kSuffix)) {
    throw Error(ErrorKind::Config, name + " reads and writes .npy: give --input X.npy and --output Y.npy");
  }
}

/// The settings that mean something here, with what they are given. Any other is refused: a person who names one
/// expects that it counts.
RunConfig configOf(const ModelSource& source) {
  std::vector<std::string> overrides;
  for (const auto& [key, value] : source.settings) {
    if (key.starts_with("model.")) {
      throw Error(ErrorKind::Config,
                  key + "=" + value + " does not apply: the dimensions of " + source.model + " are fixed");
    }
    if (key != "threads" && !key.starts_with("ops.")) {
      throw Error(ErrorKind::Config, key + "=" + value + " does not apply: " + source.model +
                                         " reads normalised values on the CPU; set threads, ops.backend or ops.linear");
    }
    overrides.push_back(key + "=" + value);
  }
  LoadedConfig loaded = loadConfig({.preset = "", .text = "", .fileName = "", .overrides = overrides});
  for (const ConfigIssue& issue : loaded.issues) {
    if (issue.isError() && (issue.key.empty() || source.settings.contains(issue.key))) {
      throw Error(ErrorKind::Config, (issue.key.empty() ? "" : issue.key + ": ") + issue.message);
    }
  }
  return loaded.config;
}

std::shared_ptr<SwinPyramid> openBackbone(const ModelSource& source, std::vector<std::string>& warnings) {
  auto model = std::make_shared<SwinPyramid>(*findDetectionBackbone(source.model));
  const std::string file = inspect::weightsFileOf(source.checkpoint);
  const LoadReport report = loadStateDict(*model, train::readTensors(file));
  requireMatch(report, file, source.model);
  const std::string unfinished = inspect::transitionWarning(report, file);
  if (!unfinished.empty()) warnings.push_back(unfinished);
  model->eval();
  if (source.folded) inspect::foldSites(model->foldSites());
  return model;
}

at::Tensor readImages(const std::string& path) {
  const NpyFile file(path);
  if (file.type() != ElementType::F32 || file.shape().size() != 4 || file.shape()[1] != 3) {
    throw Error(ErrorKind::Data, path + " must hold float32 values of shape N x 3 x H x W, already normalised");
  }
  at::Tensor images = at::empty(file.shape());
  std::memcpy(images.data_ptr(), file.bytes().data(), file.bytes().size());
  return images;
}

}  // namespace

FeatureReport writeFeatures(const FeatureRequest& request) {
  requireParts(request);
  const RunConfig config = configOf(request.source);
  train::prepareEngine("cpu", config.threads, config.ops);
  FeatureReport report;
  const auto model = openBackbone(request.source, report.warnings);
  const at::Tensor images = readImages(request.input);
  const c10::InferenceMode inference;
  const Stopwatch watch;
  const auto maps = model->forward(images);
  report.seconds = watch.seconds();
  const std::string stem = request.output.substr(0, request.output.size() - std::strlen(kSuffix));
  for (std::size_t level = 0; level < maps.size(); ++level) {
    const at::Tensor map = maps[level].contiguous();
    FeatureFile file{stem + "." + std::to_string(level) + kSuffix, map.sizes().vec()};
    writeNpy(file.path, file.shape, std::span(map.const_data_ptr<float>(), static_cast<std::size_t>(map.numel())));
    report.maps.push_back(std::move(file));
  }
  return report;
}

}  // namespace slab::jobs
