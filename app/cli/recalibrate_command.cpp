// slab recalibrate: the statistics pass over a checkpoint of a run, and its undo.
#include <cstdio>
#include <memory>

#include "app/cli/command.h"
#include "app/cli/output.h"
#include "core/base/format.h"
#include "core/jobs/inspection.h"
#include "core/store/checkpoint_choice.h"

namespace slab::cli {
namespace {

struct Options {
  std::string run;
  RecalibrateRequest request;
  bool json = false;
};

Json scoreOrNull(double top1) {
  return top1 < 0 ? Json(nullptr) : Json(top1);
}

Json toJson(const RecalibrationReport& report, bool isUndo) {
  Json layers = Json::array();
  for (const auto& row : report.rows) {
    layers.push_back(Json{{"layer", row.layer}, {"mean", row.mean}, {"variance", row.variance}});
  }
  Json json{{"checkpoint", report.checkpoint},
            {isUndo ? "removed" : "previous", report.previous},
            {"step", report.step},
            {"top1_before", scoreOrNull(report.top1Before)},
            {"top1_after", scoreOrNull(report.top1After)}};
  if (isUndo) return json;
  json["with"] = report.with;
  json["batches"] = report.batches;
  json["asked"] = report.asked;
  json["settled"] = report.settled;
  json["loss_before"] = report.lossBefore;
  json["loss_after"] = report.lossAfter;
  json["seconds"] = report.seconds;
  json["layers"] = std::move(layers);
  return json;
}

void print(const RecalibrationReport& report) {
  TextTable table({"norm", "mean moved", "variance moved"}, {false, true, true});
  for (const auto& row : report.rows) {
    table.add({row.layer, formatNumber(100 * row.mean, 3) + " %", formatNumber(100 * row.variance, 3) + " %"});
  }
  table.print();
  printLine("");
  if (report.top1After >= 0) {
    printLine("top-1     " + formatNumber(report.top1Before, 4) + " % before, " + formatNumber(report.top1After, 4) +
              " % after; loss " + formatNumber(report.lossBefore, 4) + " before, " + formatNumber(report.lossAfter, 4) +
              " after");
  }
  printLine("batches   " + formatInteger(report.batches) + " of " + formatInteger(report.asked) + ", " + report.with +
            (report.settled ? ": the statistics stood still" : "") + ", in " + formatDuration(report.seconds));
  printLine("written   " + report.checkpoint + ", the run's checkpoint of step " + formatInteger(report.step) +
            " from now on; slab recalibrate --undo goes back to " + report.previous);
}

RecalibrationReport work(const RecalibrateRequest& request) {
  const bool terminal = isTerminal(2);
  const auto report = jobs::recalibrate(request, {}, [&](const ProgressBody& progress) {
    if (!terminal) return;
    std::fprintf(stderr, "\r\033[K%s, batch %lld of %lld", progress.text.c_str(), static_cast<long long>(progress.done),
                 static_cast<long long>(progress.total));
  });
  if (terminal) std::fputs("\r\033[K", stderr);
  return report;
}

int run(const Options& options) {
  RecalibrateRequest request = options.request;
  const CheckpointName name = parseCheckpointName(options.run);
  request.run = name.run.string();
  request.step = name.step.value_or(-1);
  const RecalibrationReport report = work(request);
  if (options.json) {
    printPrettyJson(toJson(report, request.undo));
  } else if (request.undo) {
    printLine("removed " + report.previous + "; " + report.checkpoint + " is the run's checkpoint of step " +
              formatInteger(report.step) + " again");
  } else {
    print(report);
  }
  return kDone;
}

}  // namespace

Action setUpRecalibrate(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("--run", options->run, "Run directory, and perhaps the step of a checkpoint (the newest unless given)")
      ->required()
      ->type_name("DIR[@STEP]");
  app.add_option("--batches", options->request.batches, "Batches of the training set, at most")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--with", options->request.with,
                 "cumulative: exact over the whole pass, ends early when nothing moves any more; momentum: the "
                 "reference's running average")
      ->check(CLI::IsMember({"cumulative", "momentum"}))
      ->capture_default_str();
  app.add_flag("--undo", options->request.undo, "Take the recalibrated checkpoint out again");
  app.add_flag("--json", options->json, "One JSON object");
  app.footer("Nobody may train the run meanwhile. An interrupted recalibration leaves the run as it was.");
  return [options]() -> int { return run(*options); };
}

}  // namespace slab::cli
