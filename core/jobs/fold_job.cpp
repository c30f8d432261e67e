#include <torch/torch.h>

#include "core/base/error.h"
#include "core/base/log.h"
#include "core/config/cost.h"
#include "core/config/load.h"
#include "core/data/loader.h"
#include "core/formats/sha256.h"
#include "core/inspect/fold_certificate.h"
#include "core/inspect/model_source.h"
#include "core/jobs/inspection.h"
#include "core/train/tensor_files.h"
#include "core/train/training_state.h"

namespace slab::jobs {
namespace {

// Validation images of the run the weights lie in, else random ones; `warnings` says which.
at::Tensor certificateImages(const inspect::SourcedModel& opened, std::int64_t count,
                             std::vector<std::string>& warnings) {
  const auto& shape = opened.config.model;
  if (opened.inRun) {
    try {
      const RunConfig& config = opened.config;
      const std::shared_ptr<const data::Dataset> images =
          data::openDataset(config.data, config.model, data::Split::Validation);
      if (images) {
        auto options = data::loaderOptions(config.data, config.model, *images, data::Split::Validation,
                                           std::max<std::int64_t>(count, 1), 0);
        options.prefetch = 1;
        return data::Loader(images, options).next().images;
      }
    } catch (const Error& error) {
      warnings.push_back(std::string("the certificate used random images: ") + error.what());
    }
  } else {
    warnings.push_back("the certificate used random images: the weights lie in no run");
  }
  return at::randn({count, shape.inChannels, shape.imageSize, shape.imageSize}, at::detail::createCPUGenerator(1),
                   at::TensorOptions());
}

FoldRow rowOf(const inspect::CertificateRow& outcome) {
  FoldRow row;
  row.layer = outcome.norm;
  row.norm = outcome.kind;
  for (const auto& layer : outcome.into) row.into += (row.into.empty() ? "" : ", ") + layer;
  row.folded = outcome.folded;
  row.reason = outcome.reason;
  row.maxError = outcome.single.maximum;
  row.relativeError = outcome.single.relative;
  row.maxErrorDouble = outcome.twofold.maximum;
  row.relativeErrorDouble = outcome.twofold.relative;
  return row;
}

std::string saveFolded(const Backbone& folded, const ModelConfig& config, const std::string& path) {
  SafetensorsWriter writer;
  train::NamedTensors keep;
  writer.setMetadata("format", "pt");
  writer.setMetadata("model", config.name);
  writer.setMetadata("folded", "true");
  train::addTensors(writer, train::modelTensors(folded), keep);
  writer.save(path);
  return sha256OfFile(path);
}

}  // namespace

FoldReport foldModel(const FoldRequest& request, std::stop_token stop, const OnProgress& onProgress) {
  const auto tell = [&](std::int64_t done, const char* text) {
    if (onProgress) onProgress({done, 3, text});
  };
  tell(0, "loading");
  const auto opened = inspect::openModel(request.source);
  FoldReport report;
  const std::string unfinished = inspect::transitionWarning(opened.report, opened.weights);
  if (!unfinished.empty()) {
    if (!request.force) throw Error(ErrorKind::Checkpoint, unfinished + "; --force folds it all the same");
    report.warnings.push_back(unfinished);
  }
  tell(1, "folding and certifying");
  const at::Tensor images = certificateImages(opened, request.images, report.warnings);
  if (stop.stop_requested()) throw Error(ErrorKind::Internal, "cancelled");
  const auto certificate = inspect::certifyFold(*opened.model, images);
  for (const auto& outcome : certificate.rows) report.rows.push_back(rowOf(outcome));
  report.logitsMaxError = certificate.logitsSingle.maximum;
  report.logitsRelativeError = certificate.logitsSingle.relative;
  report.logitsMaxErrorDouble = certificate.logitsDouble.maximum;
  report.logitsRelativeErrorDouble = certificate.logitsDouble.relative;
  report.images = certificate.images;
  report.sameTop1 = certificate.sameTop1;
  report.parametersBefore = certificate.parametersBefore;
  report.parametersAfter = certificate.parametersAfter;
  if (!request.output.empty()) {
    tell(2, "writing");
    report.sha256 = saveFolded(*certificate.folded, opened.config.model, request.output);
    report.output = request.output;
  }
  tell(3, "done");
  return report;
}

ModelTree modelTree(const ModelTreeRequest& request) {
  ModelConfig model;
  if (!request.config.empty()) {
    model = loadConfig({.preset = "", .text = request.config, .fileName = "", .overrides = {}}).config.model;
  } else {
    model = inspect::openModel(request.source).config.model;
  }
  ModelTree tree;
  for (const auto& row : slab::modelTree(model)) {
    ModelNode node;
    node.name = row.path;
    node.kind = row.what;
    node.depth = row.depth;
    node.parameters = row.parameters;
    node.macs = row.macs;
    tree.nodes.push_back(std::move(node));
  }
  const auto cost = modelCost(model);
  tree.parameters = tree.trainable = cost.parameters;
  tree.macs = cost.macs;
  return tree;
}

}  // namespace slab::jobs
