#include "core/train/norm_watch.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/tensor.h>

#include <cmath>
#include <set>

#include "core/nn/norms/prep_bn.h"

namespace slab::train {
namespace {

std::vector<double> hostValues(const at::Tensor& tensor) {
  const at::Tensor wide = tensor.detach().to(at::kCPU, at::kDouble).contiguous();
  const auto* values = wide.const_data_ptr<double>();
  return {values, values + wide.numel()};
}

const nn::RepBn& repBnOf(const nn::Norm& norm) {
  const auto* prepBn = dynamic_cast<const nn::PrepBn*>(&norm);
  return prepBn ? *prepBn->norm2 : dynamic_cast<const nn::RepBn&>(norm);
}

// A RepBN inside a PRepBN is part of it, not a norm of its own.
std::vector<std::pair<std::string, const nn::Norm*>> watchedNorms(const torch::nn::Module& model) {
  std::vector<std::pair<std::string, const nn::Norm*>> norms;
  std::set<const nn::Norm*> inner;
  for (const auto& item : model.named_modules("", /*include_self=*/false)) {
    if (const auto* prepBn = dynamic_cast<const nn::PrepBn*>(item.value().get())) {
      inner.insert(prepBn->norm2.get());
      norms.emplace_back(item.key(), prepBn);
    } else if (const auto* repBn = dynamic_cast<const nn::RepBn*>(item.value().get())) {
      norms.emplace_back(item.key(), repBn);
    }
  }
  std::erase_if(norms, [&](const auto& norm) { return inner.contains(norm.second); });
  return norms;
}

// One number of each of `kTokens` equal stretches, at a place that differs from stretch to stretch (multiples of the
// golden ratio): a constant stride would look at the same few positions of every image.
std::vector<std::int64_t> spreadRows(std::int64_t count, std::int64_t wanted) {
  constexpr double kGoldenRatio = 0.6180339887498949;
  std::vector<std::int64_t> rows;
  rows.reserve(static_cast<std::size_t>(wanted));
  for (std::int64_t i = 0; i < wanted; ++i) {
    const double place = static_cast<double>(i) * kGoldenRatio;
    const double at = static_cast<double>(i) + place - std::floor(place);
    rows.push_back(static_cast<std::int64_t>(at * static_cast<double>(count) / static_cast<double>(wanted)));
  }
  return rows;
}

}  // namespace

NormWatch::NormWatch(const torch::nn::Module& model, nn::Context& context, std::int64_t every,
                     const LambdaSchedule& lambda)
    : context_(context), every_(every), alarms_(lambda) {
  if (every_ > 0) norms_ = watchedNorms(model);
}

NormWatch::~NormWatch() {
  context_.normProbe = nullptr;
}

void NormWatch::arm(std::int64_t step) {
  step_ = step;
  isArmed_ = every_ > 0 && step % every_ == 0 && !norms_.empty();
  seen_.clear();
  context_.normProbe = isArmed_ ? this : nullptr;
}

void NormWatch::observe(const nn::Norm& norm, const at::Tensor& tokens) {
  if (seen_.contains(&norm)) return;
  const at::NoGradGuard noGrad;
  const nn::BatchStatistics& bn = *repBnOf(norm).bn;
  seen_[&norm] = {sampleOf(tokens), bn.runningMean.clone(), bn.runningVar.clone()};
}

at::Tensor NormWatch::sampleOf(const at::Tensor& tokens) {
  const at::Tensor flat = tokens.detach().reshape({-1, tokens.size(-1)});
  const std::int64_t count = flat.size(0);
  if (count <= kTokens) return flat.clone();
  at::Tensor& rows = rows_[count];
  if (!rows.defined()) rows = at::tensor(spreadRows(count, kTokens), at::kLong).to(flat.device());
  return flat.index_select(0, rows);
}

NormSample NormWatch::describe(const nn::Norm& norm, const Seen& seen) const {
  const nn::RepBn& repBn = repBnOf(norm);
  NormSample sample;
  sample.tokens = hostValues(seen.tokens);
  if (const auto* prepBn = dynamic_cast<const nn::PrepBn*>(&norm)) {
    sample.layerNormWeight = hostValues(prepBn->norm1->weight);
    sample.layerNormBias = hostValues(prepBn->norm1->bias);
    sample.layerNormEps = prepBn->norm1->eps();
    sample.lambda = context_.lambda.lambda;
    sample.isWarmup = context_.lambda.layerNormOnly;
  }
  sample.gamma = hostValues(repBn.bn->weight);
  sample.beta = hostValues(repBn.bn->bias);
  sample.runningMean = hostValues(seen.runningMean);
  sample.runningVar = hostValues(seen.runningVar);
  sample.batchNormEps = nn::RepBn::kEps;
  sample.alpha = hostValues(repBn.alpha).front();
  return sample;
}

void NormWatch::report(TrainObserver& observer) {
  if (!isArmed_) return;
  context_.normProbe = nullptr;
  isArmed_ = false;
  std::vector<NormReading> readings;
  for (const auto& [name, norm] : norms_) {
    const auto seen = seen_.find(norm);
    if (seen == seen_.end() || seen->second.tokens.size(0) < 2) continue;
    readings.push_back(readNorm(describe(*norm, seen->second)));
    readings.back().layer = name;
  }
  seen_.clear();
  observer.onNorms(step_, readings);
  for (const NormAlarm& alarm : alarms_.update(step_, readings)) observer.onNormAlarm(step_, alarm);
}

}  // namespace slab::train
