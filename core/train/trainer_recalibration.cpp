// The phase after the last step: the statistics pass, with a checkpoint before and one after it.
#include "core/base/error.h"
#include "core/train/recalibrate.h"
#include "core/train/trainer.h"

namespace slab::train {

bool Trainer::recalibrate() {
  Backbone* model = parts_.task.classifier();
  if (parts_.config.prepbn.recalibrate <= 0 || model == nullptr || isRecalibrated_) return true;
  save();  // the statistics that an undo goes back to
  RecalibrationResult result;
  shareStatistics();
  if (!scoreRepBn(result.before)) return false;
  // Of a distributed training rank 0 alone takes the pass: its statistics are the ones that are saved.
  if (!agree(!isFirst() || takePass(*model, result))) return false;
  shareStatistics();
  if (!scoreRepBn(result.after)) return false;
  isRecalibrated_ = true;
  parts_.observer.onRecalibration(completed_, result);
  if (result.after) {
    evaluatedAt_ = completed_;
    lastPercent_ = result.after->top1;
  }
  // The checkpoint of this step holds the old statistics.
  if (parts_.checkpoints != nullptr) parts_.checkpoints->setCurrent(-1, "");
  save();
  parts_.observer.onPhase({});
  return true;
}

bool Trainer::scoreRepBn(std::optional<Score>& score) {
  if (!parts_.task.hasValidation()) return true;
  score = parts_.task.scoreOfRepBn(whileEvaluating());
  if (!score) parts_.observer.onPhase({});
  return score.has_value();
}

bool Trainer::takePass(Backbone& model, RecalibrationResult& result) {
  result.rule = recalibrationRule(parts_.config.prepbn.recalibrateWith);
  result.asked = parts_.config.prepbn.recalibrate;
  const Stopwatch watch;
  Recalibration pass(model, result.rule);
  if (!feed(pass, result.asked, watch)) return false;
  result.batches = pass.batches();
  result.isSettled = pass.isSettled();
  result.layers = pass.finish();
  result.seconds = watch.seconds();
  return true;
}

bool Trainer::feed(Recalibration& pass, std::int64_t asked, const Stopwatch& watch) {
  const auto data = parts_.recalibrationData();
  data->seek(position_);
  while (pass.batches() < asked && !pass.isSettled()) {
    const auto done = static_cast<double>(pass.batches());
    const double eta = done > 0 ? watch.seconds() / done * (static_cast<double>(asked) - done) : -1;
    parts_.observer.onPhase({"recalibration", pass.batches(), asked, eta});
    watchStore();
    // Whatever is saved meanwhile is the checkpoint from before the pass.
    if (!obey()) {
      parts_.observer.onPhase({});
      return false;
    }
    pass.add(data->next().images.to(parts_.device));
  }
  return true;
}

}  // namespace slab::train
