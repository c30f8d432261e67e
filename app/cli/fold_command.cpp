// slab fold: folds norms into the linear layers beside them and shows the certificate.
#include <memory>

#include "app/cli/command.h"
#include "app/cli/model_options.h"
#include "app/cli/output.h"
#include "core/base/format.h"
#include "core/jobs/inspection.h"
#include "core/wire/certificate_json.h"

namespace slab::cli {
namespace {

struct Options {
  ModelOptions model;
  FoldRequest request;
  bool json = false;
};

std::string error(double value) {
  return value == 0.0 ? "0" : formatNumber(value, 2);
}

// Nothing of a detector, whose work depends on its images.
std::string workWords(const FoldReport& report) {
  if (report.macsBefore == 0) return "";
  return "; multiply-accumulates " + formatCount(static_cast<double>(report.macsBefore)) + " -> " +
         formatCount(static_cast<double>(report.macsAfter)) + "; normalised values an image " +
         formatInteger(report.normalisedBefore) + " -> " + formatInteger(report.normalisedAfter);
}

void print(const FoldReport& report) {
  TextTable table({"norm", "kind", "rule", "max error", "relative", "double", "parameters"},
                  {false, false, false, true, true, true, true});
  std::int64_t kept = 0;
  for (const auto& row : report.rows) {
    kept += row.folded ? 0 : 1;
    if (row.folded) {
      table.add({row.layer, row.norm, row.rule, error(row.maxError), error(row.relativeError),
                 error(row.relativeErrorDouble),
                 formatInteger(row.parametersBefore) + " -> " + formatInteger(row.parametersAfter)});
    } else {
      table.add({row.layer, row.norm, row.rule, "", "", "", ""});
    }
  }
  table.print();
  printLine("");
  printLine((report.isDetector ? "maps      max error " : "logits    max error ") + error(report.logitsMaxError) +
            ", relative " + error(report.logitsRelativeError) + " (double " + error(report.logitsRelativeErrorDouble) +
            (report.isDetector ? "), same detections on " : "), same top-1 on ") + std::to_string(report.sameTop1) +
            " of " + std::to_string(report.images) + " images");
  printLine("folded    " + std::to_string(report.rows.size() - static_cast<std::size_t>(kept)) + " of " +
            std::to_string(report.rows.size()) + " norms; parameters " + formatInteger(report.parametersBefore) +
            " -> " + formatInteger(report.parametersAfter) + workWords(report));
  for (const auto& row : report.rows) {
    if (!row.folded) {
      printLine("stays     " + row.layer + ": " + row.reason);
      break;
    }
  }
  if (!report.output.empty()) {
    printLine("written   " + report.output + " (SHA-256 " + report.sha256.substr(0, 16) + "...), certificate " +
              report.certificate);
  }
}

int run(const Options& options) {
  FoldRequest request = options.request;
  request.source = options.model.source();
  const FoldReport report = jobs::foldModel(request, {});
  for (const auto& warning : report.warnings) printWarning(warning);
  if (options.json) {
    printLine(certificateJson(report));
  } else {
    print(report);
  }
  return kDone;
}

}  // namespace

Action setUpFold(CLI::App& app) {
  auto options = std::make_shared<Options>();
  options->model.add(app);
  app.add_option("--output,-o", options->request.output, "Write the folded weights here (safetensors)");
  app.add_option("--images", options->request.images, "Images of the certificate")->check(CLI::Range(1, 4096));
  app.add_flag("--force", options->request.force, "Fold although lambda has not reached 0");
  app.add_flag("--json", options->json, "The certificate as JSON");
  return [options] {
    if (!options->model.isGiven()) throw CLI::RequiredError("--run, --weights or --model");
    return run(*options);
  };
}

}  // namespace slab::cli
