#include <torch/torch.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <span>

#include "core/base/error.h"
#include "core/base/log.h"
#include "core/data/detection_batches.h"
#include "core/data/loader.h"
#include "core/export/weights_file.h"
#include "core/formats/durable_file.h"
#include "core/formats/sha256.h"
#include "core/inspect/detector_source.h"
#include "core/inspect/fold_certificate.h"
#include "core/inspect/model_description.h"
#include "core/inspect/model_source.h"
#include "core/jobs/detector_job.h"
#include "core/jobs/inspection.h"
#include "core/models/parameter_count.h"
#include "core/wire/certificate_json.h"

namespace slab::jobs {
namespace {

constexpr const char* kBackbone = "backbone.";

// Validation images of the run the weights lie in, else random ones; `warnings` says which.
at::Tensor certificateImages(const inspect::SourcedModel& opened, std::int64_t count,
                             std::vector<std::string>& warnings) {
  const auto& shape = opened.config.model;
  if (opened.inRun) {
    try {
      const RunConfig& config = opened.config;
      const std::shared_ptr<const data::Dataset> images =
          data::openDataset(config.data, config.model, data::Split::Validation);
      if (images) {
        auto options = data::loaderOptions(config.data, config.model, *images, data::Split::Validation,
                                           std::max<std::int64_t>(count, 1), 0);
        options.prefetch = 1;
        return data::Loader(images, options).next().images;
      }
    } catch (const Error& error) {
      warnings.push_back(std::string("the certificate used random images: ") + error.what());
    }
  } else {
    warnings.push_back("the certificate used random images: the weights lie in no run");
  }
  return at::randn({count, shape.inChannels, shape.imageSize, shape.imageSize}, at::detail::createCPUGenerator(1),
                   at::TensorOptions());
}

// Images of the validation part, each of its own size and filled up as an evaluation fills it, and one that no window
// of any stage divides.
std::vector<at::Tensor> certificateImages(const inspect::SourcedDetector& opened, std::int64_t count,
                                          std::vector<data::Batch>& batches, std::vector<std::string>& warnings) {
  constexpr std::int64_t kOddHeight = 232, kOddWidth = 328;
  try {
    if (const auto set =
            data::DetectionSet::open(opened.config.data, opened.config.detector, data::Split::Validation)) {
      auto options = data::detectionOptions(opened.config, data::Split::Validation);
      options.shape.batch = 1;
      data::Loader loader(std::make_unique<data::DetectionBatches>(set, options), {1, 1});
      for (std::int64_t i = 0; i < std::min(count, set->size()); ++i) batches.push_back(loader.next());
    } else {
      warnings.emplace_back("the certificate used random images: there is no validation part");
    }
  } catch (const Error& error) {
    warnings.push_back(std::string("the certificate used random images: ") + error.what());
  }
  std::vector<at::Tensor> images;
  for (const auto& batch : batches) images.push_back(batch.images);
  images.push_back(at::randn({1, opened.config.model.inChannels, kOddHeight, kOddWidth},
                             at::detail::createCPUGenerator(1), at::TensorOptions()));
  return images;
}

bool areSame(const Detections& before, const Detections& after) {
  constexpr double kPixels = 0.1, kScore = 1e-3;
  if (!before.labels.equal(after.labels)) return false;
  if (before.labels.numel() == 0) return true;
  return (before.boxes - after.boxes).abs().max().item<double>() < kPixels &&
         (before.scores - after.scores).abs().max().item<double>() < kScore;
}

FoldRow rowOf(const inspect::CertificateRow& outcome, const inspect::ModelDescription* before) {
  FoldRow row;
  row.layer = outcome.norm;
  row.norm = outcome.kind;
  row.rule = outcome.rule;
  for (const auto& layer : outcome.into) row.into += (row.into.empty() ? "" : ", ") + layer;
  row.folded = outcome.folded;
  row.reason = outcome.reason;
  row.maxError = outcome.single.maximum;
  row.relativeError = outcome.single.relative;
  row.maxErrorDouble = outcome.twofold.maximum;
  row.relativeErrorDouble = outcome.twofold.relative;
  row.parametersBefore = outcome.parametersBefore;
  row.parametersAfter = outcome.parametersAfter;
  row.biasMapValues = outcome.biasMapValues;
  const auto* norm = before != nullptr ? before->find(outcome.norm) : nullptr;
  if (norm != nullptr) row.normalised = norm->normalised;
  return row;
}

void addProof(const inspect::FoldProof& proof, const inspect::ModelDescription* before, FoldReport& report) {
  for (const auto& outcome : proof.rows) report.rows.push_back(rowOf(outcome, before));
  report.logitsMaxError = proof.outputsSingle.maximum;
  report.logitsRelativeError = proof.outputsSingle.relative;
  report.logitsMaxErrorDouble = proof.outputsDouble.maximum;
  report.logitsRelativeErrorDouble = proof.outputsDouble.relative;
  report.images = proof.images;
  report.parametersBefore = proof.parametersBefore;
  report.parametersAfter = proof.parametersAfter;
}

void addCertificate(const inspect::FoldCertificate& certificate, const inspect::ModelDescription& before,
                    const inspect::ModelDescription& after, FoldReport& report) {
  addProof(certificate, &before, report);
  report.sameTop1 = certificate.images - static_cast<std::int64_t>(certificate.changedTop1.size());
  report.changedTop1 = certificate.changedTop1;
  report.macsBefore = before.macs;
  report.macsAfter = after.macs;
  report.normalisedBefore = before.normalised;
  report.normalisedAfter = after.normalised;
}

// The backbone's layers by their names in the detector, which are those in its file.
inspect::FoldProof underDetectorsNames(inspect::FoldProof proof) {
  for (auto& row : proof.rows) {
    row.norm.insert(0, kBackbone);
    for (auto& layer : row.into) layer.insert(0, kBackbone);
  }
  return proof;
}

void refuseFolded(bool isFolded, const std::string& weights) {
  if (!isFolded) return;
  throw Error(ErrorKind::Checkpoint, weights + " is folded already; fold the weights it was made from");
}

void requireFinished(const LoadReport& loaded, const std::string& weights, bool force,
                     std::vector<std::string>& warnings) {
  const std::string unfinished = inspect::transitionWarning(loaded, weights);
  if (unfinished.empty()) return;
  if (!force) throw Error(ErrorKind::Checkpoint, unfinished + "; --force folds it all the same");
  warnings.push_back(unfinished);
}

// Digest and "<stem>.certificate.json" of the folded weights.
void addFiles(const std::string& output, FoldReport& report) {
  report.sha256 = sha256OfFile(output);
  report.output = output;
  std::filesystem::path path = output;
  path.replace_extension(".certificate.json");
  const std::string text = certificateJson(report) + "\n";
  writeFileAtomically(path.string(), std::as_bytes(std::span(text.data(), text.size())));
  report.certificate = path.string();
}

void throwIfStopped(const std::stop_token& stop) {
  if (stop.stop_requested()) throw Error(ErrorKind::Internal, "cancelled");
}

using Tell = std::function<void(std::int64_t done, const char* text)>;

FoldReport foldDetector(const FoldRequest& request, const std::stop_token& stop, const Tell& tell) {
  const auto opened = inspect::openDetector(request.source);
  refuseFolded(opened.isFolded, opened.weights);
  FoldReport report;
  report.model = opened.config.detector.name;
  report.isDetector = true;
  requireFinished(opened.report, opened.weights, request.force, report.warnings);
  tell(1, "folding and certifying");
  std::vector<data::Batch> batches;
  const auto images = certificateImages(opened, request.images, batches, report.warnings);
  throwIfStopped(stop);
  addProof(underDetectorsNames(inspect::certifyFold(opened.model->backbone(), images)), nullptr, report);
  report.images = static_cast<std::int64_t>(batches.size());  // whose detections are compared

  const auto detectAll = [&] {
    std::vector<Detections> found;
    for (const auto& batch : batches) found.push_back(opened.model->detect(batch.images, batch.sizes).front());
    return found;
  };
  const auto before = detectAll();
  report.parametersBefore = parameterCount(*opened.model);
  inspect::foldSites(opened.model->foldSites());
  report.parametersAfter = parameterCount(*opened.model);
  throwIfStopped(stop);
  const auto after = detectAll();
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (!areSame(before[i], after[i])) report.changedTop1.push_back(static_cast<std::int64_t>(i));
  }
  report.sameTop1 = report.images - static_cast<std::int64_t>(report.changedTop1.size());
  if (!request.output.empty()) {
    tell(2, "writing");
    saveWeights(*opened.model, report.model, /*folded=*/true, request.output);
    addFiles(request.output, report);
  }
  tell(3, "done");
  return report;
}

}  // namespace

FoldReport foldModel(const FoldRequest& request, std::stop_token stop, const OnProgress& onProgress) {
  const Tell tell = [&](std::int64_t done, const char* text) {
    if (onProgress) onProgress({done, 3, text});
  };
  tell(0, "loading");
  if (!request.source.checkpoint.empty() && isDetector(request.source)) return foldDetector(request, stop, tell);
  const auto opened = inspect::openModel(request.source);
  refuseFolded(opened.isFolded, opened.weights);
  FoldReport report;
  report.model = opened.config.model.name;
  requireFinished(opened.report, opened.weights, request.force, report.warnings);
  tell(1, "folding and certifying");
  const at::Tensor images = certificateImages(opened, request.images, report.warnings);
  throwIfStopped(stop);
  const auto certificate = inspect::certifyFold(*opened.model, images);
  addCertificate(certificate, inspect::describeModel(*opened.model), inspect::describeModel(*certificate.folded),
                 report);
  if (!request.output.empty()) {
    tell(2, "writing");
    saveWeights(*certificate.folded, /*folded=*/true, request.output);
    addFiles(request.output, report);
  }
  tell(3, "done");
  return report;
}

}  // namespace slab::jobs
