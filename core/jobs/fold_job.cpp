#include <torch/torch.h>

#include <algorithm>
#include <filesystem>
#include <span>

#include "core/base/error.h"
#include "core/base/log.h"
#include "core/config/load.h"
#include "core/data/loader.h"
#include "core/export/weights_file.h"
#include "core/formats/durable_file.h"
#include "core/formats/sha256.h"
#include "core/inspect/fold_certificate.h"
#include "core/inspect/model_description.h"
#include "core/inspect/model_source.h"
#include "core/jobs/inspection.h"
#include "core/models/build_model.h"
#include "core/wire/certificate_json.h"

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

FoldRow rowOf(const inspect::CertificateRow& outcome, const inspect::ModelDescription& before) {
  FoldRow row;
  row.layer = outcome.norm;
  row.norm = outcome.kind;
  row.rule = outcome.rule;
  for (const auto& layer : outcome.into) row.into += (row.into.empty() ? "" : ", ") + layer;
  row.folded = outcome.folded;
  row.reason = outcome.reason;
  row.maxError = outcome.single.maximum;
  row.relativeError = outcome.single.relative;
  row.maxErrorDouble = outcome.twofold.maximum;
  row.relativeErrorDouble = outcome.twofold.relative;
  row.parametersBefore = outcome.parametersBefore;
  row.parametersAfter = outcome.parametersAfter;
  row.biasMapValues = outcome.biasMapValues;
  if (const auto* norm = before.find(outcome.norm)) row.normalised = norm->normalised;
  return row;
}

void addCertificate(const inspect::FoldCertificate& certificate, const inspect::ModelDescription& before,
                    const inspect::ModelDescription& after, FoldReport& report) {
  for (const auto& outcome : certificate.rows) report.rows.push_back(rowOf(outcome, before));
  report.logitsMaxError = certificate.outputsSingle.maximum;
  report.logitsRelativeError = certificate.outputsSingle.relative;
  report.logitsMaxErrorDouble = certificate.outputsDouble.maximum;
  report.logitsRelativeErrorDouble = certificate.outputsDouble.relative;
  report.images = certificate.images;
  report.sameTop1 = certificate.images - static_cast<std::int64_t>(certificate.changedTop1.size());
  report.changedTop1 = certificate.changedTop1;
  report.parametersBefore = certificate.parametersBefore;
  report.parametersAfter = certificate.parametersAfter;
  report.macsBefore = before.macs;
  report.macsAfter = after.macs;
  report.normalisedBefore = before.normalised;
  report.normalisedAfter = after.normalised;
}

// Beside the folded weights, "<stem>.certificate.json"; returns its path.
std::string writeCertificate(const FoldReport& report) {
  std::filesystem::path path = report.output;
  path.replace_extension(".certificate.json");
  const std::string text = certificateJson(report) + "\n";
  writeFileAtomically(path.string(), std::as_bytes(std::span(text.data(), text.size())));
  return path.string();
}

}  // namespace

FoldReport foldModel(const FoldRequest& request, std::stop_token stop, const OnProgress& onProgress) {
  const auto tell = [&](std::int64_t done, const char* text) {
    if (onProgress) onProgress({done, 3, text});
  };
  tell(0, "loading");
  const auto opened = inspect::openModel(request.source);
  if (opened.isFolded) {
    throw Error(ErrorKind::Checkpoint, opened.weights + " is folded already; fold the weights it was made from");
  }
  FoldReport report;
  report.model = opened.config.model.name;
  const std::string unfinished = inspect::transitionWarning(opened.report, opened.weights);
  if (!unfinished.empty()) {
    if (!request.force) throw Error(ErrorKind::Checkpoint, unfinished + "; --force folds it all the same");
    report.warnings.push_back(unfinished);
  }
  tell(1, "folding and certifying");
  const at::Tensor images = certificateImages(opened, request.images, report.warnings);
  if (stop.stop_requested()) throw Error(ErrorKind::Internal, "cancelled");
  const auto certificate = inspect::certifyFold(*opened.model, images);
  addCertificate(certificate, inspect::describeModel(*opened.model), inspect::describeModel(*certificate.folded),
                 report);
  if (!request.output.empty()) {
    tell(2, "writing");
    saveWeights(*certificate.folded, /*folded=*/true, request.output);
    report.sha256 = sha256OfFile(request.output);
    report.output = request.output;
    report.certificate = writeCertificate(report);
  }
  tell(3, "done");
  return report;
}

namespace {

const BenchLayer* timeOf(const ModelTreeRequest& request, const std::string& path) {
  const auto found = std::find_if(request.times.begin(), request.times.end(),
                                  [&](const BenchLayer& layer) { return layer.name == path; });
  return found == request.times.end() ? nullptr : &*found;
}

std::shared_ptr<Backbone> modelOf(const ModelTreeRequest& request) {
  if (request.config.empty()) return inspect::openModel(request.source).model;
  return buildModel(loadConfig({.preset = "", .text = request.config, .fileName = "", .overrides = {}}).config.model);
}

}  // namespace

ModelTree modelTree(const ModelTreeRequest& request) {
  const auto model = modelOf(request);
  if (request.source.folded) inspect::foldNorms(*model);
  const inspect::ModelDescription description = inspect::describeModel(*model);
  ModelTree tree;
  tree.model = model->config().name;
  tree.isFolded = request.source.folded;
  for (const auto& module : description.modules) {
    ModelNode node;
    node.name = module.path;
    node.kind = module.kind;
    node.depth = module.depth;
    node.inputShape = module.input;
    node.outputShape = module.output;
    node.parameters = module.parameters;
    node.macs = module.macs;
    node.normalised = module.normalised;
    if (const BenchLayer* layer = timeOf(request, module.path)) node.milliseconds = layer->milliseconds;
    tree.nodes.push_back(std::move(node));
  }
  tree.parameters = description.parameters;
  tree.trainable = description.trainable;
  tree.macs = description.macs;
  tree.normalised = description.normalised;
  return tree;
}

}  // namespace slab::jobs
