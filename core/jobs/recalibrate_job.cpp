// A recalibration on request: the statistics pass over a checkpoint of a run that nobody trains, and its undo.
#include <torch/torch.h>

#include <algorithm>
#include <cstdlib>
#include <span>

#include "core/base/error.h"
#include "core/base/format.h"
#include "core/config/load.h"
#include "core/data/loader.h"
#include "core/formats/sha256.h"
#include "core/jobs/inspection.h"
#include "core/models/build_model.h"
#include "core/store/checkpoint_choice.h"
#include "core/store/run_reader.h"
#include "core/train/engine.h"
#include "core/train/recalibrate.h"
#include "core/train/run_checkpoints.h"
#include "core/train/trainer.h"

namespace slab::jobs {
namespace {

std::optional<std::int64_t> stepOf(const RecalibrateRequest& request) {
  return request.step >= 0 ? std::optional(request.step) : std::nullopt;
}

/// A run whose lock is held, the checkpoint in question, and everything to compute with it.
class Recalibrator {
 public:
  explicit Recalibrator(const RecalibrateRequest& request)
      : request_(request),
        run_(RunDirectory::open(request.run)),
        lock_(RunLock(run_, "")),
        records_(RunReader(run_).checkpoints()),
        source_(chooseCheckpoint(records_, stepOf(request), run_.path())) {}

  RecalibrationReport recalibrate(std::stop_token stop, const OnProgress& onProgress);
  RecalibrationReport undo();

 private:
  void openModel();
  std::unique_ptr<data::Loader> open(data::Split split);
  std::optional<train::Score> score(data::Loader* validation);
  void pass(train::RecalibrationResult& result, std::stop_token stop, const OnProgress& onProgress);
  std::string save(const train::RecalibrationResult& result);
  void setScore(RunWriter& writer, double top1) const;
  [[nodiscard]] bool isNewest() const {
    return source_.seq == chooseCheckpoint(records_, std::nullopt, run_.path()).seq;
  }
  [[nodiscard]] std::string pathOf(const CheckpointRecord& record) const {
    return (run_.path() / record.path).string();
  }

  const RecalibrateRequest& request_;
  RunDirectory run_;
  std::optional<RunLock> lock_;  // given to the writer
  std::vector<CheckpointRecord> records_;
  CheckpointRecord source_;

  RunConfig config_;
  train::Engine engine_;
  std::shared_ptr<Backbone> model_;
  std::optional<train::AdamW> optimizer_;
  std::optional<train::Ema> average_;  // goes into the new checkpoint as it was in the old one
  std::int64_t step_ = 0, position_ = 0, images_ = 0;
  train::Metadata metadata_;
};

void Recalibrator::openModel() {
  config_ = loadConfigFile(run_.config().string()).config;
  if (config_.isDetector()) {
    throw Error(ErrorKind::Config,
                run_.path().string() + " trains a detector, and the statistics pass is for classifiers");
  }
  engine_ = train::prepareEngine(config_.device, config_.threads, config_.ops);
  model_ = buildModel(config_.model);
  model_->torch::nn::Module::to(engine_.device);
  optimizer_.emplace(train::makeOptimizer(*model_, config_.optim));
  if (config_.ema.decay > 0) average_.emplace(*model_, config_.ema.decay);
  train::TrainingState state{*model_, *optimizer_};
  state.average = average_ ? &*average_ : nullptr;
  metadata_ = train::readCheckpoint(pathOf(source_), state);
  step_ = state.step;
  position_ = state.position;
}

std::unique_ptr<data::Loader> Recalibrator::open(data::Split split) {
  const std::shared_ptr<const data::Dataset> set = data::openDataset(config_.data, config_.model, split);
  if (!set) return nullptr;
  if (split == data::Split::Train) images_ = set->size();
  auto options = data::loaderOptions(config_.data, config_.model, *set, split, config_.train.batch,
                                     static_cast<std::uint64_t>(config_.train.seed));
  options.mixes = false;
  return std::make_unique<data::Loader>(set, options);
}

std::optional<train::Score> Recalibrator::score(data::Loader* validation) {
  if (validation == nullptr) return std::nullopt;
  return train::evaluate(*model_, *validation, engine_.device);
}

void Recalibrator::pass(train::RecalibrationResult& result, std::stop_token stop, const OnProgress& onProgress) {
  const Stopwatch watch;
  train::Recalibration pass(*model_, result.rule);
  const auto images = open(data::Split::Train);
  images->seek(position_);
  while (pass.batches() < result.asked && !pass.isSettled()) {
    if (stop.stop_requested()) throw Error(ErrorKind::Internal, "cancelled");
    if (onProgress) onProgress({pass.batches(), result.asked, "estimating the statistics"});
    pass.add(images->next().images.to(engine_.device));
  }
  result.batches = pass.batches();
  result.isSettled = pass.isSettled();
  result.layers = pass.finish();
  result.seconds = watch.seconds();
}

std::string Recalibrator::save(const train::RecalibrationResult& result) {
  const std::string text = readTextFile(run_.config());
  const LambdaSchedule lambda = makePlan(config_, images_, metadata_.value("ranks", 1)).lambda;
  RunWriter writer(std::move(*lock_));
  train::RunCheckpoints checkpoints(writer, sha256Hex(std::as_bytes(std::span(text))), {}, config_.train.keepLast);
  checkpoints.setSegment(source_.segment);
  metadata_[train::kRecalibrated] = true;
  metadata_["recalibrated_from"] = source_.path;
  train::TrainingState state{*model_, *optimizer_, step_, position_};
  state.average = average_ ? &*average_ : nullptr;
  const std::string path = checkpoints.save(state, lambda, metadata_, result.after ? result.after->top1 : source_.top1);
  writer.event("recalibration", step_, train::toJson(step_, result).dump());
  if (isNewest() && result.after) setScore(writer, result.after->top1);
  return path;
}

// Of the run, whose best is never below its newest.
void Recalibrator::setScore(RunWriter& writer, double top1) const {
  const auto state = RunReader(run_).state();
  const auto best = state.find(std::string(state_key::kBestTop1));
  const double before = best == state.end() ? -1 : std::strtod(best->second.c_str(), nullptr);
  writer.setState(state_key::kTop1, formatNumber(top1, 17));
  writer.setState(state_key::kBestTop1, formatNumber(std::max(before, top1), 17));
}

RecalibrationReport Recalibrator::recalibrate(std::stop_token stop, const OnProgress& onProgress) {
  openModel();
  train::RecalibrationResult result;
  result.rule = train::recalibrationRule(request_.with);
  result.asked = request_.batches;
  const auto validation = open(data::Split::Validation);
  if (onProgress) onProgress({0, result.asked, "evaluating before"});
  result.before = score(validation.get());
  pass(result, stop, onProgress);
  if (onProgress) onProgress({result.asked, result.asked, "evaluating after"});
  result.after = score(validation.get());

  RecalibrationReport report;
  report.checkpoint = save(result);
  report.previous = source_.path;
  report.step = step_;
  report.batches = result.batches;
  report.asked = result.asked;
  report.with = train::toString(result.rule);
  report.settled = result.isSettled;
  report.seconds = result.seconds;
  if (result.before) report.top1Before = result.before->top1, report.lossBefore = result.before->loss;
  if (result.after) report.top1After = result.after->top1, report.lossAfter = result.after->loss;
  for (const auto& layer : result.layers) report.rows.push_back({layer.layer, layer.mean, layer.variance});
  return report;
}

RecalibrationReport Recalibrator::undo() {
  if (!train::readCheckpointMetadata(pathOf(source_)).value(train::kRecalibrated, false)) {
    throw Error(ErrorKind::Config,
                "the checkpoint " + source_.path + " was not recalibrated: there is nothing to undo");
  }
  std::vector<CheckpointRecord> others;
  for (const auto& record : records_) {
    if (record.seq != source_.seq) others.push_back(record);
  }
  const CheckpointRecord before = chooseCheckpoint(others, source_.step, run_.path());
  RunWriter writer(std::move(*lock_));
  writer.dropCheckpoint(source_.path);
  if (before.top1 >= 0 && isNewest()) writer.setState(state_key::kTop1, formatNumber(before.top1, 17));
  const Json event{{"event", "recalibration_undone"}, {"step", source_.step}, {"checkpoint", source_.path}};
  writer.event("recalibration_undone", source_.step, event.dump());
  if (!writer.flush()) throw Error(ErrorKind::Checkpoint, "the undo could not be stored: " + writer.status().message);
  removeCheckpoint(pathOf(source_));
  RecalibrationReport report;
  report.checkpoint = before.path;
  report.previous = source_.path;
  report.step = source_.step;
  report.top1After = before.top1;
  report.top1Before = source_.top1;
  return report;
}

}  // namespace

RecalibrationReport recalibrate(const RecalibrateRequest& request, std::stop_token stop, const OnProgress& onProgress) {
  Recalibrator recalibrator(request);
  return request.undo ? recalibrator.undo() : recalibrator.recalibrate(std::move(stop), onProgress);
}

}  // namespace slab::jobs
