#include "app/cli/coco_eval_command.h"

#include <map>
#include <memory>
#include <stop_token>

#include "app/cli/coco_scores.h"
#include "app/cli/output.h"
#include "app/cli/progress.h"
#include "app/cli/signals.h"
#include "core/base/clock.h"
#include "core/base/format.h"
#include "core/coco/annotation_file.h"
#include "core/coco/evaluation.h"
#include "core/coco/result_file.h"
#include "core/config/fields.h"

namespace slab::cli {
namespace {

struct Options {
  std::string annotations, results;
  coco::OverlapOf of = coco::OverlapOf::Boxes;
  int threads = 0;
  bool json = false, progress = false;
};

Json toJson(const coco::CocoScores& scores, double seconds) {
  Json json = cli::toJson(scores);
  json["seconds"] = seconds;
  return json;
}

void print(const coco::CocoScores& scores, double seconds) {
  printStats(scores);
  printLine("");
  printClasses(scores);
  printLine(formatInteger(scores.images) + " images evaluated in " + formatDuration(seconds));
}

coco::ReadingWatch watchOf(const std::string& file, const std::stop_token& stop, ProgressLine& progress) {
  return {stop, [&file, &progress](std::int64_t read, std::int64_t bytes) {
            progress.show("reading " + file + ": " + formatBytes(static_cast<double>(read)) + " of " +
                          formatBytes(static_cast<double>(bytes)));
          }};
}

struct Read {
  coco::CocoSet set;
  coco::ResultReading results;
};

/// Throws where it is stopped: there are no numbers yet.
Read readFiles(const Options& options, const std::stop_token& stop, ProgressLine& progress) {
  Read read;
  coco::ReadingWatch watch = watchOf(options.annotations, stop, progress);
  read.set =
      coco::loadAnnotations(options.annotations, {.withShapes = options.of == coco::OverlapOf::Masks, .watch = watch});
  watch = watchOf(options.results, stop, progress);
  read.results = coco::readResults(options.results, read.set, options.of, watch);
  watch.throwIfStopped(options.results);
  progress.clear();
  return read;
}

int run(const Options& options) {
  std::stop_source stop;
  const StopSignals signals([&] { stop.request_stop(); });
  const Stopwatch watch;
  ProgressLine progress(options.progress ? PlainLines::All : PlainLines::None);
  const Read read = readFiles(options, stop.get_token(), progress);
  const std::string passedOver = coco::passedOverText(read.results, read.set);
  if (!passedOver.empty()) printWarning(passedOver);
  coco::EvaluationOptions evaluation;
  evaluation.of = options.of;
  evaluation.threads = options.threads;
  evaluation.stop = stop.get_token();
  evaluation.onProgress = [&](std::int64_t done, std::int64_t total) {
    progress.show(formatInteger(done) + " of " + formatInteger(total) + " images");
  };
  const coco::CocoScores scores = coco::evaluate(read.set, read.results.detections, evaluation);
  progress.clear();
  if (options.json) {
    printJson(toJson(scores, watch.seconds()));
  } else {
    print(scores, watch.seconds());
  }
  if (scores.isComplete()) return kDone;
  printWarning(stoppedText(scores));
  return kFailed;
}

}  // namespace

Action setUpCocoEval(CLI::App& data) {
  auto options = std::make_shared<Options>();
  auto* app = data.add_subcommand("coco-eval", "COCO's twelve numbers of a file of results");
  app->add_option("--annotations", options->annotations, "Annotation file (instances_val2017.json)")->required();
  app->add_option("--results", options->results, "Results: [{image_id, category_id, bbox or segmentation, score}, ...]")
      ->required();
  app->add_option("--type", options->of, "Compare boxes or masks")
      ->required()
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, coco::OverlapOf>{{"bbox", coco::OverlapOf::Boxes}, {"segm", coco::OverlapOf::Masks}}));
  app->add_option("--threads", options->threads, "Threads; 0: one a core. The numbers do not depend on it")
      ->check(CLI::NonNegativeNumber);
  app->add_flag("--json", options->json, "One JSON object: stats (the twelve in COCO's order), per_class");
  app->add_flag("--progress", options->progress, "Say on standard error how far it is where that is no terminal");
  app->footer(
      "The numbers are those of COCO's own evaluation (pycocotools); -1 (- in the table) stands where there is "
      "nothing\n"
      "to find. Faulty annotations or results are named and nothing is evaluated. Ctrl+C gives the numbers of the "
      "images\n"
      "that were done, with exit code 1. Exit code 0: evaluated, 1: failed or stopped, 2: usage.");
  return [options] { return run(*options); };
}

}  // namespace slab::cli
