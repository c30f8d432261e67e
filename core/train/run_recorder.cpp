#include "core/train/run_recorder.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/base/error.h"
#include "core/base/format.h"
#include "core/base/log.h"
#include "core/config/enums.h"
#include "core/train/norm_records.h"

namespace slab::train {
namespace {

constexpr double kStatusSeconds = 0.1;

// JSON has no NaN: a value that is not finite becomes null.
Json number(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}

std::string datasetName(const DataConfig& data) {
  const bool isCoco = data.type == DataType::Coco;
  const std::string& named = isCoco ? data.annotations : data.images;
  const std::string& where = data.type == DataType::Tensors || (isCoco && data.root.empty()) ? named : data.root;
  return std::string(wordOf(data.type)) + (where.empty() ? "" : ", " + where);
}

Json toJson(const StepRecord& record) {
  Json event{{"event", "step"},
             {"step", record.step},
             {"epoch", record.epoch},
             {"loss", number(record.loss)},
             {"lr", record.learningRate},
             {"lambda", record.lambda},
             {"grad_norm", number(record.gradNorm)}};
  if (record.paramNorm) event["param_norm"] = number(*record.paramNorm);
  if (record.runningVarSum) event["running_var_sum"] = number(*record.runningVarSum);
  event["images_per_s"] = record.imagesPerSecond;
  for (const auto& [name, value] : record.terms) event[name] = number(value);
  return event;
}

// -1 where there is nothing to find, as COCO has it.
Json toJson(std::int64_t step, const DetectionScores& scores, std::int64_t images) {
  const auto& box = scores.boxes.stats;
  const auto& mask = scores.masks.stats;
  return Json{{"event", "eval"},    {"step", step},       {"box_ap", box[0]},     {"box_ap50", box[1]},
              {"box_ap75", box[2]}, {"mask_ap", mask[0]}, {"mask_ap50", mask[1]}, {"mask_ap75", mask[2]},
              {"box_stats", box},   {"mask_stats", mask}, {"images", images}};
}

// top1, top5 and loss are of RepBN alone, the deployed form; the averaged weights (of RepBN as well) and the other
// branches follow where there are any.
Json toJson(std::int64_t step, const Evaluation& evaluation) {
  if (evaluation.detection) return toJson(step, *evaluation.detection, evaluation.images);
  Json event{{"event", "eval"},
             {"step", step},
             {"top1", evaluation.top1},
             {"top5", evaluation.top5},
             {"loss", number(evaluation.loss)}};
  if (evaluation.average) {
    event["top1_ema"] = evaluation.average->top1;
    event["loss_ema"] = number(evaluation.average->loss);
  }
  if (!evaluation.transition) return event;
  const auto& [mixture, layerNorm] = *evaluation.transition;
  event["top1_repbn"] = evaluation.top1;
  event["top1_mixture"] = mixture.top1;
  event["top1_layernorm"] = layerNorm.top1;
  event["loss_mixture"] = number(mixture.loss);
  event["loss_layernorm"] = number(layerNorm.loss);
  return event;
}

Json toJson(const NonFiniteReport& report) {
  constexpr std::size_t kMostChannels = 32;
  auto channels = report.place.channels;
  if (channels.size() > kMostChannels) channels.resize(kMostChannels);
  Json batch = Json::array();
  for (const auto& sample : report.samples) batch.push_back(Json{{"index", sample.index}, {"name", sample.name}});
  Json event{{"event", "non_finite"},
             {"step", report.step},
             {"layer", report.place.layer},
             {"tensor", report.place.tensor},
             {"channel", channels.empty() ? Json(nullptr) : Json(channels.front())},
             {"channels", channels},
             {"channel_count", report.place.channels.size()},
             {"cause", toString(report.place.cause)},
             {"finite_until", report.finiteUntil ? Json(*report.finiteUntil) : Json(nullptr)},
             {"epoch", report.epoch},
             {"loss", number(report.loss)},
             {"grad_norm", number(report.gradNorm)},
             {"lr", report.learningRate},
             {"lambda", report.lambda},
             {"batch_number", report.batch},
             {"batch", std::move(batch)}};
  if (report.process) event["process"] = *report.process;
  return event;
}

}  // namespace

RunRecorder::RunRecorder(RunWriter& writer, const RunFacts& facts, std::function<void(const Json&)> onEvent,
                         std::function<void(const RunStatus&)> onStatus)
    : writer_(writer),
      plan_(facts.plan),
      earlierSeconds_(facts.activeSeconds),
      onEvent_(std::move(onEvent)),
      onStatus_(std::move(onStatus)) {
  status_.state = toString(RunState::Created);
  status_.step = facts.firstStep;
  status_.steps = plan_.totalSteps;
  status_.epoch = plan_.epochOf(facts.firstStep);
  status_.epochs = plan_.epochOf(plan_.totalSteps);
  status_.top1 = facts.top1;
  status_.bestTop1 = facts.bestTop1;
  if (facts.config.isDetector()) status_.score = kMaskApScore;
  status_.activeSeconds = facts.activeSeconds;
  status_.checkpoint = facts.checkpoint;
  writeFacts(facts);
}

void RunRecorder::writeFacts(const RunFacts& facts) {
  writer_.setState(state_key::kModel, facts.config.isDetector() ? facts.config.detector.name : facts.config.model.name);
  if (facts.config.isDetector()) writer_.setState(state_key::kScore, kMaskApScore);
  writer_.setState(state_key::kDataset, datasetName(facts.config.data));
  writer_.setState(state_key::kDevice, facts.device);
  writer_.setState(state_key::kProcesses, std::to_string(facts.processes));
  writer_.setState(state_key::kSteps, std::to_string(plan_.totalSteps));
  writer_.setState(state_key::kParameters, std::to_string(facts.parameters));
  if (facts.isNew) setNumber(state_key::kStarted, wallSeconds());
}

void RunRecorder::setNumber(std::string_view key, double value) {
  // 17 digits read back as the same double.
  writer_.setState(key, formatNumber(value, 17));
}

void RunRecorder::onState(RunState state, const std::string& message) {
  bool wasPaused = false;
  {
    const std::lock_guard lock(mutex_);
    wasPaused = status_.state == toString(RunState::Paused);
    status_.state = toString(state);
    status_.message = message;
    if (!isActive(state)) status_.etaSeconds = -1;
  }
  writer_.setState(state_key::kState, toString(state));
  writer_.setState(state_key::kMessage, message);
  if (!isActive(state)) setNumber(state_key::kEnded, wallSeconds());
  const std::int64_t step = status().step;
  if (state == RunState::Paused || state == RunState::Running) {
    const bool isStart = !wasPaused && step == 0;
    writer_.event(state == RunState::Paused ? "pause"
                  : isStart                 ? "start"
                                            : "resume",
                  step, Json{{"message", message}}.dump());
  }
  publish();
}

void RunRecorder::onStep(const StepRecord& record) {
  const double wall = wallSeconds();
  const auto append = [&](const char* name, const char* unit, double value) {
    writer_.append(writer_.series(name, unit), record.step, value, wall);
  };
  append("loss", "", record.loss);
  for (const auto& [name, value] : record.terms) append(name.c_str(), "", value);
  append("lr", "", record.learningRate);
  append("lambda", "", record.lambda);
  append("grad_norm", "", record.gradNorm);
  if (record.paramNorm) append("param_norm", "", *record.paramNorm);
  if (record.runningVarSum) append("running_var_sum", "", *record.runningVarSum);
  append("images_per_s", "images/s", record.imagesPerSecond);
  append("data_wait", "s", record.dataWaitSeconds);
  if (onEvent_) onEvent_(toJson(record));
}

void RunRecorder::onProgress(const Progress& progress) {
  {
    const std::lock_guard lock(mutex_);
    status_.step = progress.step;
    status_.epoch = plan_.epochOf(progress.step);
    status_.loss = progress.loss;
    status_.lr = progress.learningRate;
    status_.lambda = progress.lambda;
    status_.imagesPerSecond = progress.imagesPerSecond;
    status_.activeSeconds = earlierSeconds_ + progress.activeSeconds;
    status_.etaSeconds = progress.etaSeconds;
  }
  if (sincePublished_.seconds() < kStatusSeconds) return;
  writeProgress();
  publish();
}

void RunRecorder::onNorms(std::int64_t step, const std::vector<NormReading>& readings) {
  appendNorms(writer_, step, readings);
}

void RunRecorder::onNormAlarm(std::int64_t step, const NormAlarm& alarm) {
  record("norm_alarm", step, toJson(step, alarm));
  writer_.setState(state_key::kAlarm, alarm.message);
  writer_.setState(state_key::kAlarmStep, std::to_string(step));
  logWarning("step " + formatInteger(step) + ": " + alarm.message);
}

void RunRecorder::writeProgress() {
  const RunStatus now = status();
  writer_.setState(state_key::kStep, std::to_string(now.step));
  setNumber(state_key::kEpoch, now.epoch);
  setNumber(state_key::kLoss, now.loss);
  setNumber(state_key::kLambda, now.lambda);
  setNumber(state_key::kActiveSeconds, now.activeSeconds);
}

void RunRecorder::onEvaluation(std::int64_t step, const Evaluation& evaluation) {
  RunStatus now;
  {
    const std::lock_guard lock(mutex_);
    status_.top1 = evaluation.percent();
    status_.bestTop1 = std::max(status_.bestTop1, status_.top1);
    now = status_;
  }
  writeScores(step, evaluation);
  setNumber(state_key::kTop1, now.top1);
  setNumber(state_key::kBestTop1, now.bestTop1);
  record("eval", step, toJson(step, evaluation));
  publish();
}

bool isOfEvaluation(std::string_view series) {
  constexpr std::array<std::string_view, 4> kBeginnings{"top1", "top5", "eval_loss", "val/"};
  return std::any_of(kBeginnings.begin(), kBeginnings.end(),
                     [&](std::string_view beginning) { return series.starts_with(beginning); });
}

void RunRecorder::writeDetectionScores(std::int64_t step, const DetectionScores& scores) {
  constexpr std::array<std::string_view, 3> kSuffixes{"", "50", "75"};  // the first three of the twelve
  const double wall = wallSeconds();
  for (const auto& [name, of] : {std::pair{"val/box_ap", &scores.boxes}, std::pair{"val/mask_ap", &scores.masks}}) {
    for (std::size_t i = 0; i < kSuffixes.size(); ++i) {
      writer_.append(writer_.series(name + std::string(kSuffixes[i])), step, of->stats[i], wall);
    }
  }
}

void RunRecorder::writeScores(std::int64_t step, const Evaluation& evaluation) {
  if (evaluation.detection) return writeDetectionScores(step, *evaluation.detection);
  const double wall = wallSeconds();
  const auto append = [&](const std::string& branch, const Score& score) {
    writer_.append(writer_.series("top1" + branch, "%"), step, score.top1, wall);
    writer_.append(writer_.series("top5" + branch, "%"), step, score.top5, wall);
    writer_.append(writer_.series("eval_loss" + branch), step, score.loss, wall);
  };
  append("", evaluation);
  if (evaluation.average) append("_ema", *evaluation.average);
  if (!evaluation.transition) return;
  append("_mixture", evaluation.transition->mixture);
  append("_layernorm", evaluation.transition->layerNorm);
}

void RunRecorder::onCheckpoint(std::int64_t step, const std::string& path) {
  {
    const std::lock_guard lock(mutex_);
    status_.checkpoint = path;
  }
  record("checkpoint", step, Json{{"event", "checkpoint"}, {"step", step}, {"path", path}});
  writeProgress();
  publish();
}

void RunRecorder::onMicroBatch(std::int64_t step, std::int64_t images) {
  record("micro_batch", step, Json{{"event", "micro_batch"}, {"step", step}, {"images", images}});
}

void RunRecorder::onPhase(const Phase& phase) {
  bool isOther = false;
  {
    const std::lock_guard lock(mutex_);
    isOther = status_.phase != phase.name;
    status_.phase = phase.name;
    status_.phaseDone = phase.done;
    status_.phaseTotal = phase.total;
    status_.etaSeconds = phase.etaSeconds;
  }
  if (isOther) writer_.setState(state_key::kPhase, phase.name);
  if (isOther || sincePublished_.seconds() >= kStatusSeconds) publish();
}

void RunRecorder::onRecalibration(std::int64_t step, const RecalibrationResult& result) {
  if (result.after) {
    const std::lock_guard lock(mutex_);
    status_.top1 = result.after->top1;
    status_.bestTop1 = std::max(status_.bestTop1, status_.top1);
  }
  const RunStatus now = status();
  setNumber(state_key::kTop1, now.top1);
  setNumber(state_key::kBestTop1, now.bestTop1);
  record("recalibration", step, toJson(step, result));
  publish();
}

void RunRecorder::onNonFinite(const NonFiniteReport& report) {
  const Json event = toJson(report);
  record("non_finite", report.step, event);
  try {
    replaceFile(writer_.run().path() / "non_finite.json",
                event.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  } catch (const Error& error) {
    logWarning(std::string("the report of the failure is in run.db alone: ") + error.what());
  }
}

void RunRecorder::end(RunState state, const std::string& reason) {
  writeProgress();
  const Json event{{"event", "end"}, {"status", toString(state)}, {"reason", reason}};
  writer_.event("end", status().step, event.dump(-1, ' ', false, Json::error_handler_t::replace));
}

void RunRecorder::record(const char* kind, std::int64_t step, const Json& event) {
  writer_.event(kind, step, event.dump(-1, ' ', false, Json::error_handler_t::replace));
  if (onEvent_) onEvent_(event);
}

void RunRecorder::setCommitted(std::int64_t seq) {
  const std::lock_guard lock(mutex_);
  status_.seq = std::max(status_.seq, seq);
}

RunStatus RunRecorder::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void RunRecorder::publish() {
  sincePublished_.restart();
  if (onStatus_) onStatus_(status());
}

}  // namespace slab::train
