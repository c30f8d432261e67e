// slab fold: folds norms into the linear layers beside them and shows the certificate.
#include <memory>

#include "app/cli/command.h"
#include "app/cli/model_options.h"
#include "app/cli/output.h"
#include "core/base/format.h"
#include "core/jobs/inspection.h"

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

Json toJson(const FoldReport& report) {
  Json rows = Json::array();
  for (const auto& row : report.rows) {
    Json entry{{"norm", row.layer}, {"kind", row.norm}, {"into", row.into}, {"folded", row.folded}};
    if (row.folded) {
      entry["max_error"] = row.maxError;
      entry["relative_error"] = row.relativeError;
      entry["max_error_double"] = row.maxErrorDouble;
      entry["relative_error_double"] = row.relativeErrorDouble;
    } else {
      entry["reason"] = row.reason;
    }
    rows.push_back(std::move(entry));
  }
  return {{"layers", std::move(rows)},
          {"logits",
           {{"max_error", report.logitsMaxError},
            {"relative_error", report.logitsRelativeError},
            {"max_error_double", report.logitsMaxErrorDouble},
            {"relative_error_double", report.logitsRelativeErrorDouble}}},
          {"images", report.images},
          {"same_top1", report.sameTop1},
          {"parameters_before", report.parametersBefore},
          {"parameters_after", report.parametersAfter},
          {"output", report.output},
          {"sha256", report.sha256},
          {"warnings", report.warnings}};
}

void print(const FoldReport& report) {
  TextTable table({"norm", "kind", "into", "max error", "relative", "double"}, {false, false, false, true, true, true});
  std::int64_t kept = 0;
  for (const auto& row : report.rows) {
    kept += row.folded ? 0 : 1;
    if (row.folded) {
      table.add({row.layer, row.norm, row.into, error(row.maxError), error(row.relativeError),
                 error(row.relativeErrorDouble)});
    } else {
      table.add({row.layer, row.norm, "stays", "", "", ""});
    }
  }
  table.print();
  printLine("");
  printLine("logits    max error " + error(report.logitsMaxError) + ", relative " + error(report.logitsRelativeError) +
            " (double " + error(report.logitsRelativeErrorDouble) + "), same top-1 on " +
            std::to_string(report.sameTop1) + " of " + std::to_string(report.images) + " images");
  printLine("folded    " + std::to_string(report.rows.size() - static_cast<std::size_t>(kept)) + " of " +
            std::to_string(report.rows.size()) + " norms; parameters " + formatInteger(report.parametersBefore) +
            " -> " + formatInteger(report.parametersAfter));
  if (!report.output.empty())
    printLine("written   " + report.output + " (SHA-256 " + report.sha256.substr(0, 16) + "...)");
}

int run(const Options& options) {
  FoldRequest request = options.request;
  request.source = options.model.source();
  const FoldReport report = jobs::foldModel(request, {});
  for (const auto& warning : report.warnings) printWarning(warning);
  if (options.json) {
    printPrettyJson(toJson(report));
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
