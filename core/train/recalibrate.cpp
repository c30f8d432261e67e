#include "core/train/recalibrate.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/base/error.h"
#include "core/nn/norms/prep_bn.h"

namespace slab::train {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kStill = 1e-3;
constexpr int kStillBatches = 5;

double l2(const at::Tensor& values) {
  return values.norm().item<double>();
}

// How far statistics moved from (mean, var) to (newMean, newVar).
LayerDrift drift(const at::Tensor& mean, const at::Tensor& var, const at::Tensor& newMean, const at::Tensor& newVar) {
  constexpr double kTiny = 1e-30;
  LayerDrift drift;
  drift.mean = l2(newMean - mean) / (l2(var.clamp_min(0).sqrt()) + kTiny);
  drift.variance = l2(newVar - var) / (l2(var) + kTiny);
  return drift;
}

Json percent(const std::optional<Score>& score) {
  return score ? Json(score->top1) : Json(nullptr);
}

}  // namespace

RecalibrationRule recalibrationRule(std::string_view name) {
  if (name == "cumulative") return RecalibrationRule::Cumulative;
  if (name == "momentum") return RecalibrationRule::Momentum;
  throw Error(ErrorKind::Config, "'" + std::string(name) + "' is none of cumulative, momentum");
}

std::string_view toString(RecalibrationRule rule) {
  return rule == RecalibrationRule::Cumulative ? "cumulative" : "momentum";
}

Json toJson(std::int64_t step, const RecalibrationResult& result) {
  Json layers = Json::array();
  for (const auto& layer : result.layers) {
    layers.push_back(Json{{"layer", layer.layer}, {"mean", layer.mean}, {"variance", layer.variance}});
  }
  Json event{{"event", "recalibration"},
             {"step", step},
             {"with", toString(result.rule)},
             {"batches", result.batches},
             {"asked", result.asked},
             {"settled", result.isSettled},
             {"top1_before", percent(result.before)},
             {"top1_after", percent(result.after)}};
  if (result.before) event["loss_before"] = result.before->loss;
  if (result.after) event["loss_after"] = result.after->loss;
  event["seconds"] = result.seconds;
  event["layers"] = std::move(layers);
  return event;
}

Recalibration::Recalibration(Backbone& model, RecalibrationRule rule)
    : model_(model), rule_(rule), wasTraining_(model.is_training()) {
  std::set<const nn::BatchStatistics*> taken;  // RepBN inside PRepBN goes by the outer name
  const auto take = [&](const std::string& name, const nn::RepBn& norm) {
    if (!taken.insert(norm.bn.get()).second) return;
    const auto& bn = *norm.bn;
    const at::Tensor zeros = at::zeros_like(bn.runningMean, at::kDouble);
    layers_.push_back({name, norm.bn, bn.runningMean.clone(), bn.runningVar.clone(), zeros, zeros.clone(), 0});
  };
  for (const auto& item : model.named_modules("", /*include_self=*/false)) {
    if (const auto* norm = dynamic_cast<const nn::PrepBn*>(item.value().get())) take(item.key(), *norm->norm2);
    if (const auto* norm = dynamic_cast<const nn::RepBn*>(item.value().get())) take(item.key(), *norm);
  }
  if (layers_.empty()) {
    throw Error(ErrorKind::Config,
                "the model has no RepBN whose statistics could be recalibrated; set prepbn.recalibrate to 0");
  }
  model.eval();
  model.setEvalBranch(nn::EvalBranch::RepBn);
  for (auto& layer : layers_) layer.bn->train();
}

Recalibration::~Recalibration() {
  if (!isFinished_) {
    const at::NoGradGuard noGrad;
    for (auto& layer : layers_) {
      layer.bn->runningMean.copy_(layer.oldMean);
      layer.bn->runningVar.copy_(layer.oldVar);
    }
  }
  restoreModes();
}

void Recalibration::restoreModes() {
  for (auto& layer : layers_) layer.bn->momentum = nn::BatchStatistics::kMomentum;
  model_.train(wasTraining_);
}

void Recalibration::add(const at::Tensor& images) {
  const at::NoGradGuard noGrad;
  if (rule_ == RecalibrationRule::Cumulative) {
    // With a momentum of 1 the running statistics become the batch's own.
    for (auto& layer : layers_) {
      layer.bn->runningMean.zero_();
      layer.bn->runningVar.zero_();
      layer.bn->momentum = 1.0;
    }
  }
  model_.forward(images);
  ++batches_;
  if (rule_ == RecalibrationRule::Momentum) return;
  movement_ = 0;
  for (auto& layer : layers_) pool(layer);
  still_ = movement_ < kStill && batches_ > 1 ? still_ + 1 : 0;
}

void Recalibration::pool(Layer& layer) {
  const auto count = static_cast<double>(layer.bn->tokens);
  const double total = layer.tokens + count;
  const at::Tensor offset = layer.bn->runningMean.to(at::kDouble) - layer.mean;
  const at::Tensor mean = layer.mean + offset * (count / total);
  const at::Tensor deviations = layer.deviations + layer.bn->runningVar.to(at::kDouble) * (count - 1) +
                                offset.square() * (layer.tokens * count / total);
  if (layer.tokens > 0) {
    const LayerDrift moved = drift(layer.mean, layer.deviations / (layer.tokens - 1), mean, deviations / (total - 1));
    movement_ = std::max({movement_, moved.mean, moved.variance});
  }
  layer.mean = mean;
  layer.deviations = deviations;
  layer.tokens = total;
}

bool Recalibration::isSettled() const {
  return still_ >= kStillBatches;
}

void Recalibration::store(const Layer& layer) const {
  if (rule_ == RecalibrationRule::Momentum) return;
  layer.bn->runningMean.copy_(layer.mean);
  layer.bn->runningVar.copy_(layer.deviations / (layer.tokens - 1));
}

std::vector<LayerDrift> Recalibration::finish() {
  if (batches_ == 0) throw Error(ErrorKind::Data, "a recalibration needs at least one batch");
  const at::NoGradGuard noGrad;
  std::vector<LayerDrift> drifts;
  for (const auto& layer : layers_) {
    store(layer);
    drifts.push_back(drift(layer.oldMean, layer.oldVar, layer.bn->runningMean, layer.bn->runningVar));
    drifts.back().layer = layer.name;
  }
  isFinished_ = true;
  return drifts;
}

}  // namespace slab::train
