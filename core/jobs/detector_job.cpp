#include "core/jobs/detector_job.h"

#include <torch/torch.h>

#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/coco/result_file.h"
#include "core/data/detection_batches.h"
#include "core/inspect/detector_source.h"
#include "core/inspect/fold.h"
#include "core/inspect/model_source.h"
#include "core/jobs/unread_images.h"
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

// Before the work, which may take an hour.
void requireWritable(const std::string& file) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::path(file).has_parent_path() ? fs::path(file).parent_path() : fs::path(".");
  const auto refuse = [&](const std::string& why) {
    throw Error(ErrorKind::Data, "the results can't be written to " + file + ": " + why);
  };
  std::error_code ignored;
  if (fs::is_directory(file, ignored)) refuse("it is a folder; name a file in it");
  if (!fs::is_directory(folder, ignored)) refuse("there is no folder " + folder.string() + "; make it first");
  if (::access(folder.c_str(), W_OK | X_OK) != 0) refuse("the folder " + folder.string() + " may not be written to");
}

// Why there is no file; "" where there is one. The numbers are worth more than it.
std::string write(const std::string& results, const train::Findings& findings) {
  try {
    coco::writeResults(results, findings.detections);
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

}  // namespace

bool isDetector(const ModelSource& source) {
  return inspect::detectorConfigOf(source).isDetector();
}

DetectorReport evaluateDetector(const DetectorRequest& request) {
  const Stopwatch watch;
  if (!request.results.empty()) requireWritable(request.results);
  DetectorReport report;
  inspect::SourcedDetector opened = inspect::openDetector(request.source);
  const RunConfig& config = opened.config;
  const auto engine = train::prepareEngine(config.device, config.threads, opsOf(request.source, config.ops));
  const std::string unfinished = inspect::transitionWarning(opened.report, opened.weights);
  if (!unfinished.empty()) report.warnings.push_back(unfinished);
  if (request.source.folded && !opened.isFolded) inspect::foldSites(opened.model->foldSites());
  opened.model->torch::nn::Module::to(engine.device);

  const auto set = validationSet(config);
  for (const auto& notice : set->notices()) report.warnings.push_back(notice.path + ": " + notice.message);
  UnreadImages unread;
  const int workers = std::max(static_cast<int>(config.data.workers), 1);
  data::Loader loader(
      std::make_unique<data::DetectionBatches>(set, data::detectionOptions(config, data::Split::Validation)),
      {workers, 2 * workers}, [&](const data::SkippedSample& sample) { unread.add(sample.cause); });
  const train::Findings findings =
      train::detectAll(*opened.model, loader, *set, engine.device, [&](std::int64_t done, std::int64_t total) {
        if (request.onProgress) request.onProgress(done, total);
        return !request.stop.stop_requested();
      });
  unread.tell(report.warnings, "each counted as one without a detection");
  train::DetectionScores scores = train::scoresOf(findings, set->annotations(), engine.threads);
  report.boxes = std::move(scores.boxes);
  report.masks = std::move(scores.masks);
  report.detections = static_cast<std::int64_t>(findings.detections.size());
  report.isStopped = !findings.isComplete;
  if (!request.results.empty()) report.unwritten = write(request.results, findings);
  report.seconds = watch.seconds();
  return report;
}

}  // namespace slab::jobs
