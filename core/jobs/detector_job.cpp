#include "core/jobs/detector_job.h"

#include <torch/torch.h>

#include <algorithm>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/format.h"
#include "core/coco/result_file.h"
#include "core/data/detection_batches.h"
#include "core/inspect/detector_source.h"
#include "core/inspect/fold.h"
#include "core/inspect/model_source.h"
#include "core/train/detect.h"
#include "core/train/engine.h"

namespace slab::jobs {
namespace {

// Settings of the request itself come before those of the run.
OpsConfig opsOf(const ModelSource& source, OpsConfig ops) {
  if (!source.backend.empty()) ops.backend = source.backend;
  if (!source.linear.empty()) ops.linear = source.linear;
  return ops;
}

std::shared_ptr<const data::DetectionSet> validationSet(const RunConfig& config) {
  auto set = data::DetectionSet::open(config.data, config.detector, data::Split::Validation);
  if (set) return set;
  throw Error(ErrorKind::Data,
              "there is no validation part to evaluate on; name it with --set data.val_annotations=FILE and --set "
              "data.val_images=DIR");
}

}  // namespace

bool isDetector(const ModelSource& source) {
  return inspect::detectorConfigOf(source).isDetector();
}

DetectorReport evaluateDetector(const DetectorRequest& request) {
  const Stopwatch watch;
  DetectorReport report;
  inspect::SourcedDetector opened = inspect::openDetector(request.source);
  const RunConfig& config = opened.config;
  const auto engine = train::prepareEngine(config.device, config.threads, opsOf(request.source, config.ops));
  const std::string unfinished = inspect::transitionWarning(opened.report, opened.weights);
  if (!unfinished.empty()) report.warnings.push_back(unfinished);
  if (request.source.folded && !opened.isFolded) inspect::foldSites(opened.model->foldSites());
  opened.model->torch::nn::Module::to(engine.device);

  const auto set = validationSet(config);
  const int workers = std::max(static_cast<int>(config.data.workers), 1);
  data::Loader loader(
      std::make_unique<data::DetectionBatches>(set, data::detectionOptions(config, data::Split::Validation)),
      {workers, 2 * workers});
  const train::Findings findings =
      train::detectAll(*opened.model, loader, *set, engine.device, [&](std::int64_t done, std::int64_t total) {
        if (request.onProgress) request.onProgress(done, total);
        return !request.stop.stop_requested();
      });
  if (loader.skipped() > 0) {
    report.warnings.push_back(formatInteger(loader.skipped()) +
                              " images could not be read and count as images without a detection");
  }
  if (!request.results.empty()) coco::writeResults(request.results, findings.detections);
  train::DetectionScores scores = train::scoresOf(findings, set->annotations(), engine.threads);
  report.boxes = std::move(scores.boxes);
  report.masks = std::move(scores.masks);
  report.detections = static_cast<std::int64_t>(findings.detections.size());
  report.isStopped = !findings.isComplete;
  report.seconds = watch.seconds();
  return report;
}

}  // namespace slab::jobs
