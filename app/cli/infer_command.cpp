// slab infer: classifies images, or runs a .npy batch through a model.
#include <memory>

#include "app/cli/command.h"
#include "app/cli/model_options.h"
#include "app/cli/output.h"
#include "core/base/format.h"
#include "core/config/arch/detection.h"
#include "core/jobs/feature_job.h"
#include "core/jobs/infer_job.h"

namespace slab::cli {
namespace {

struct Options {
  ModelOptions model;
  jobs::InferRequest request;
  bool folded = false;
  bool json = false;
};

Json toJson(const jobs::InferReport& report) {
  Json rows = Json::array();
  for (const auto& row : report.rows) {
    Json top = Json::array();
    for (const auto& score : row.top) {
      Json entry{{"class", score.index}, {"probability", score.probability}};
      if (!score.name.empty()) entry["name"] = score.name;
      top.push_back(std::move(entry));
    }
    rows.push_back({{"input", row.name}, {"top", std::move(top)}});
  }
  return {{"rows", std::move(rows)},
          {"classes", report.classes},
          {"seconds", report.seconds},
          {"warnings", report.warnings}};
}

void print(const jobs::InferReport& report) {
  for (const auto& row : report.rows) {
    std::string line = row.name;
    for (const auto& score : row.top) {
      line += "  " + (score.name.empty() ? "class " + std::to_string(score.index) : score.name) + " " +
              formatNumber(score.probability * 100, 3) + " %";
    }
    printLine(line);
  }
}

Json toJson(const jobs::FeatureReport& report) {
  Json maps = Json::array();
  for (const auto& map : report.maps) maps.push_back({{"path", map.path}, {"shape", map.shape}});
  return {{"maps", std::move(maps)}, {"seconds", report.seconds}, {"warnings", report.warnings}};
}

int runDetectionBackbone(const Options& options) {
  jobs::FeatureRequest request{options.model.source(), options.request.input, options.request.output};
  request.source.folded = options.folded;
  const auto report = jobs::writeFeatures(request);
  for (const auto& warning : report.warnings) printWarning(warning);
  if (options.json) {
    printPrettyJson(toJson(report));
    return kDone;
  }
  for (const auto& map : report.maps) {
    std::string shape;
    for (const auto size : map.shape) shape += (shape.empty() ? "" : " x ") + std::to_string(size);
    printLine(map.path + ": " + shape);
  }
  return kDone;
}

int run(const Options& options) {
  if (findDetectionBackbone(options.model.model) != nullptr) return runDetectionBackbone(options);
  jobs::InferRequest request = options.request;
  request.source = options.model.source();
  request.source.folded = options.folded;
  const auto report = jobs::infer(request);
  for (const auto& warning : report.warnings) printWarning(warning);
  if (options.json) {
    printPrettyJson(toJson(report));
  } else if (request.output.empty()) {
    print(report);
  } else {
    printLine(request.output + ": " + std::to_string(report.rows.size()) + " x " + std::to_string(report.classes) +
              " logits");
  }
  return kDone;
}

}  // namespace

Action setUpInfer(CLI::App& app) {
  auto options = std::make_shared<Options>();
  auto& request = options->request;
  options->model.add(app);
  app.add_option("--input,-i", request.input, "Image, folder of images, or .npy (float32, N x C x H x W, normalised)")
      ->required();
  app.add_option("--output,-o", request.output,
                 "Write the logits here (.npy, float32, N x classes); of a detection backbone its four maps, as "
                 "Y.0.npy to Y.3.npy");
  app.add_option("--top", request.top, "Classes to show")->check(CLI::PositiveNumber);
  app.add_option("--batch", request.batch, "Images a forward")->check(CLI::PositiveNumber);
  app.add_flag("--folded", options->folded, "Fold the norms in memory first");
  app.add_flag("--json", options->json, "The top classes as JSON");
  return [options] {
    if (!options->model.isGiven()) throw CLI::RequiredError("--run, --weights or --model");
    return run(*options);
  };
}

}  // namespace slab::cli
