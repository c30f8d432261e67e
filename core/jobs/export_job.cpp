#include "core/jobs/export_job.h"

#include <torch/torch.h>

#include <filesystem>

#include "core/base/error.h"
#include "core/export/onnx_export.h"
#include "core/export/weights_file.h"
#include "core/formats/sha256.h"
#include "core/inspect/model_source.h"
#include "core/jobs/version.h"
#include "core/train/engine.h"

namespace slab::jobs {
namespace {

namespace fs = std::filesystem;

void requireFree(const ExportRequest& request) {
  if (fs::is_directory(request.output)) {
    throw Error(ErrorKind::Data, request.output + " is a directory; name a file in it");
  }
  if (!request.force && fs::exists(request.output)) {
    throw Error(ErrorKind::Data, request.output + " exists already; --force replaces it");
  }
}

std::string numbers(const std::vector<double>& values) {
  std::string text;
  for (const auto value : values) text += (text.empty() ? "" : " ") + Json(value).dump();
  return text;
}

// What a caller needs to prepare images; no paths, no names of people or machines.
std::vector<std::pair<std::string, std::string>> metadataOf(const RunConfig& config, bool folded) {
  return {{"model", config.model.name},
          {"folded", folded ? "true" : "false"},
          {"mean", numbers(config.data.mean)},
          {"std", numbers(config.data.std)}};
}

std::int64_t writeOnnxFile(Backbone& model, const RunConfig& config, bool folded, const ExportRequest& request) {
  onnx::ExportOptions options;
  if (request.batch > 0) options.batch = request.batch;
  options.producerVersion = programVersion();
  options.metadata = metadataOf(config, folded);
  const auto exported = onnx::toOnnx(model, options);
  saveOnnx(exported.model, request.output);
  return static_cast<std::int64_t>(exported.model.graph.nodes.size());
}

}  // namespace

ExportFormat exportFormatOf(const std::string& output) {
  if (output.ends_with(".onnx")) return ExportFormat::Onnx;
  if (output.ends_with(".safetensors")) return ExportFormat::Safetensors;
  throw Error(ErrorKind::Config,
              output + " names no format; end it in .onnx or .safetensors, or say which with --format");
}

ExportReport exportModel(const ExportRequest& request, const std::function<void(const std::string&)>& onProgress) {
  const auto tell = [&](const char* what) {
    if (onProgress) onProgress(what);
  };
  requireFree(request);
  tell("loading the model");
  const auto opened = inspect::openModel(request.source);
  train::prepareEngine("cpu", opened.config.threads, opened.config.ops);
  ExportReport report;
  if (opened.weights.empty()) report.warnings.emplace_back("the weights are random: none were named");
  const std::string unfinished = inspect::transitionWarning(opened.report, opened.weights);
  if (!unfinished.empty()) {
    if (request.source.folded && !request.force) {
      throw Error(ErrorKind::Checkpoint, unfinished + "; --force folds it all the same");
    }
    report.warnings.push_back(unfinished);
  }
  report.folded = opened.isFolded || request.source.folded;
  if (report.folded && !opened.isFolded) {
    tell("folding norms");
    inspect::foldNorms(*opened.model);
  }
  report.norms = static_cast<std::int64_t>(opened.model->foldSites().size());
  report.parameters = opened.model->parameterCount();
  tell("writing");
  if (request.format == ExportFormat::Onnx) {
    report.nodes = writeOnnxFile(*opened.model, opened.config, report.folded, request);
  } else {
    saveWeights(*opened.model, report.folded, request.output);
  }
  report.output = request.output;
  report.bytes = static_cast<std::int64_t>(fs::file_size(request.output));
  report.sha256 = sha256OfFile(request.output);
  return report;
}

}  // namespace slab::jobs
