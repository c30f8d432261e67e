#include "app/cli/detector_eval.h"

#include <cstdio>

#include "app/cli/coco_scores.h"
#include "app/cli/command.h"
#include "app/cli/output.h"
#include "app/cli/signals.h"
#include "core/base/clock.h"
#include "core/base/format.h"
#include "core/jobs/detector_job.h"

namespace slab::cli {
namespace {

/// "120 of 5 000 images, 3:20 left" on a terminal, redrawn; elsewhere a line every ten seconds.
class EvaluationProgress {
 public:
  void show(std::int64_t done, std::int64_t total) {
    const double left = watch_.seconds() / static_cast<double>(done) * static_cast<double>(total - done);
    const std::string text =
        formatInteger(done) + " of " + formatInteger(total) + " images, " + formatDuration(left) + " left";
    if (terminal_) {
      std::fprintf(stderr, "\r\033[K%s", text.c_str());
    } else if (sincePlain_.seconds() >= kPlainSeconds) {
      std::fprintf(stderr, "%s\n", text.c_str());
      sincePlain_.restart();
    }
  }
  void clear() const {
    if (terminal_) std::fputs("\r\033[K", stderr);
  }

 private:
  static constexpr double kPlainSeconds = 10.0;
  const bool terminal_ = isTerminal(2);
  Stopwatch watch_, sincePlain_;
};

void print(const jobs::DetectorReport& report) {
  printLine("boxes");
  printStats(report.boxes);
  printLine("");
  printLine("masks");
  printStats(report.masks);
  printLine("");
  printClasses(report.masks);
  printLine(formatInteger(report.detections) + " detections in " + formatInteger(report.boxes.images) + " images, " +
            formatDuration(report.seconds));
}

}  // namespace

int evaluateDetector(const ModelSource& source, const std::string& results, bool json) {
  std::stop_source stop;
  const StopSignals signals([&] { stop.request_stop(); });
  EvaluationProgress progress;
  jobs::DetectorRequest request{source, results, stop.get_token(), {}};
  request.onProgress = [&](std::int64_t done, std::int64_t total) { progress.show(done, total); };
  const jobs::DetectorReport report = jobs::evaluateDetector(request);
  progress.clear();
  for (const auto& warning : report.warnings) printWarning(warning);
  if (!report.unwritten.empty()) printWarning(results + " was not written: " + report.unwritten);
  if (json) {
    printJson({{"boxes", toJson(report.boxes)},
               {"masks", toJson(report.masks)},
               {"images", report.boxes.images},
               {"detections", report.detections},
               {"seconds", report.seconds},
               {"folded", source.folded},
               {"complete", !report.isStopped}});
  } else {
    print(report);
  }
  if (report.isStopped) printWarning(stoppedText(report.boxes));
  return report.isStopped || !report.unwritten.empty() ? kFailed : kDone;
}

}  // namespace slab::cli
