#include "app/cli/coco_eval_command.h"

#include <cstdio>
#include <map>
#include <memory>
#include <stop_token>

#include "app/cli/coco_scores.h"
#include "app/cli/output.h"
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

int run(const Options& options) {
  std::stop_source stop;
  const StopSignals signals([&] { stop.request_stop(); });
  const Stopwatch watch;
  const bool isBoxes = options.of == coco::OverlapOf::Boxes;
  const coco::CocoSet set = coco::loadAnnotations(options.annotations, {.withShapes = !isBoxes});
  const auto detections = coco::readResults(options.results, set, options.of);
  const bool terminal = isTerminal(2);
  coco::EvaluationOptions evaluation;
  evaluation.of = options.of;
  evaluation.threads = options.threads;
  evaluation.stop = stop.get_token();
  evaluation.onProgress = [&](std::int64_t done, std::int64_t total) {
    const std::string text = formatInteger(done) + " of " + formatInteger(total) + " images";
    if (terminal) {
      std::fprintf(stderr, "\r\033[K%s", text.c_str());
    } else if (options.progress) {
      std::fprintf(stderr, "%s\n", text.c_str());
    }
  };
  const coco::CocoScores scores = coco::evaluate(set, detections, evaluation);
  if (terminal) std::fputs("\r\033[K", stderr);
  if (options.json) {
    printJson(toJson(scores, watch.seconds()));
  } else {
    print(scores, watch.seconds());
  }
  if (scores.isComplete()) return kDone;
  printWarning(stoppedText(scores));
  return kInterrupted;
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
      "that were done, with exit code 130. Exit code 0: evaluated, 1: failed, 2: usage.");
  return [options] { return run(*options); };
}

}  // namespace slab::cli
