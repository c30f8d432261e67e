// slab export: writes a model for other programs.
#include <cstdio>
#include <memory>

#include "app/cli/command.h"
#include "app/cli/model_options.h"
#include "app/cli/output.h"
#include "core/base/format.h"
#include "core/jobs/export_job.h"

namespace slab::cli {
namespace {

struct Options {
  ModelOptions model;
  jobs::ExportRequest request;
  std::string format;
  bool folded = false;
  bool json = false;
};

jobs::ExportFormat formatOf(const Options& options) {
  if (options.format == "onnx") return jobs::ExportFormat::Onnx;
  if (options.format == "safetensors") return jobs::ExportFormat::Safetensors;
  return jobs::exportFormatOf(options.request.output);
}

Json toJson(const jobs::ExportReport& report, bool isOnnx) {
  Json json{{"output", report.output}, {"sha256", report.sha256},         {"bytes", report.bytes},
            {"folded", report.folded}, {"parameters", report.parameters}, {"norms", report.norms}};
  if (isOnnx) json["nodes"] = report.nodes;
  json["warnings"] = report.warnings;
  return json;
}

void print(const jobs::ExportReport& report, bool isOnnx) {
  std::string line = report.output + ": " + formatBytes(static_cast<double>(report.bytes)) + ", " +
                     formatInteger(report.parameters) + " parameters";
  if (isOnnx) line += ", " + formatInteger(report.nodes) + " nodes";
  if (report.folded) line += ", folded" + (report.norms > 0 ? ", " + formatInteger(report.norms) + " norms stay" : "");
  printLine(line);
  printLine("SHA-256 " + report.sha256);
}

int run(const Options& options) {
  jobs::ExportRequest request = options.request;
  request.source = options.model.source();
  request.source.folded = options.folded;
  request.format = formatOf(options);
  const bool isOnnx = request.format == jobs::ExportFormat::Onnx;
  if (!isOnnx && request.batch > 0) throw CLI::ValidationError("--batch", "safetensors files know no batch");
  const bool terminal = isTerminal(2);
  const auto report = jobs::exportModel(request, [&](const std::string& doing) {
    if (terminal) std::fprintf(stderr, "\r\033[K%s", doing.c_str());
  });
  if (terminal) std::fputs("\r\033[K", stderr);
  for (const auto& warning : report.warnings) printWarning(warning);
  if (options.json) {
    printPrettyJson(toJson(report, isOnnx));
  } else {
    print(report, isOnnx);
  }
  return kDone;
}

}  // namespace

Action setUpExport(CLI::App& app) {
  auto options = std::make_shared<Options>();
  auto& request = options->request;
  options->model.add(app);
  app.add_option("--output,-o", request.output, "File to write: NAME.onnx (opset 17) or NAME.safetensors")->required();
  app.add_option("--format", options->format, "onnx or safetensors, where the file's name does not say")
      ->check(CLI::IsMember({"onnx", "safetensors"}));
  app.add_flag("--folded", options->folded, "Fold the norms first; those that can't be folded stay");
  app.add_option("--batch", request.batch,
                 "Fix the ONNX model to this many images a run (default: it takes any number, as \"batch\")")
      ->check(CLI::PositiveNumber);
  app.add_flag("--force", request.force, "Replace the file if it exists; fold although lambda has not reached 0");
  app.add_flag("--json", options->json, "What was written as JSON");
  return [options] {
    if (!options->model.isGiven()) throw CLI::RequiredError("--run, --weights or --model");
    return run(*options);
  };
}

}  // namespace slab::cli
