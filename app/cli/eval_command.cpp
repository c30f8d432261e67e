// slab eval: top-1, top-5 and loss on the validation set; of a detector COCO's numbers for boxes and masks.
#include <cstdio>
#include <memory>

#include "app/cli/command.h"
#include "app/cli/detector_eval.h"
#include "app/cli/model_options.h"
#include "app/cli/output.h"
#include "core/base/format.h"
#include "core/jobs/detector_job.h"
#include "core/jobs/infer_job.h"
#include "core/store/checkpoint_choice.h"
#include "core/store/run_directory.h"
#include "core/store/run_reader.h"

namespace slab::cli {
namespace {

struct Options {
  ModelOptions model;
  std::int64_t checkpoint = -1;
  std::string results;
  bool folded = false;
  bool json = false;
};

ModelSource sourceOf(const Options& options) {
  ModelSource source = options.model.source();
  source.folded = options.folded;
  if (options.checkpoint < 0) return source;
  const RunDirectory run = RunDirectory::open(options.model.run);
  const auto record = chooseCheckpoint(RunReader(run).checkpoints(), options.checkpoint, run.path());
  source.checkpoint = (run.path() / record.path).string();
  return source;
}

int run(const Options& options) {
  const ModelSource source = sourceOf(options);
  if (!source.checkpoint.empty() && jobs::isDetector(source)) {
    return evaluateDetector(source, options.results, options.json);
  }
  if (!options.results.empty()) throw CLI::ValidationError("--results", "is for detectors: these are a classifier's");
  const bool terminal = isTerminal(2);
  const auto report = jobs::evaluateModel(source, [&](std::int64_t done, std::int64_t total) {
    if (terminal)
      std::fprintf(stderr, "\r\033[Kbatch %lld of %lld", static_cast<long long>(done), static_cast<long long>(total));
  });
  if (terminal) std::fputs("\r\033[K", stderr);
  for (const auto& warning : report.warnings) printWarning(warning);
  if (options.json) {
    printJson({{"top1", report.top1},
               {"top5", report.top5},
               {"loss", report.loss},
               {"images", report.images},
               {"seconds", report.seconds},
               {"folded", options.folded}});
    return kDone;
  }
  printLine("top-1 " + formatNumber(report.top1, 4) + " %, top-5 " + formatNumber(report.top5, 4) + " %, loss " +
            formatNumber(report.loss, 4) + " on " + formatInteger(report.images) + " images in " +
            formatDuration(report.seconds));
  return kDone;
}

}  // namespace

Action setUpEval(CLI::App& app) {
  auto options = std::make_shared<Options>();
  options->model.add(app);
  app.add_option("--checkpoint", options->checkpoint, "With --run: the checkpoint of this step, not the newest")
      ->type_name("STEP")
      ->check(CLI::NonNegativeNumber)
      ->needs("--run");
  app.add_option("--results", options->results,
                 "Of a detector: write its detections to this file, as COCO's results with boxes and masks")
      ->type_name("FILE.json");
  app.add_flag("--folded", options->folded, "Fold the norms in memory first");
  app.add_flag("--json", options->json, "One JSON object");
  return [options] {
    if (!options->model.isGiven()) throw CLI::RequiredError("--run, --weights or --model");
    return run(*options);
  };
}

}  // namespace slab::cli
