#include "core/models/norm_counters.h"

#include <algorithm>
#include <vector>

#include "core/nn/norms/prep_bn.h"

namespace slab {
namespace {

std::vector<nn::PrepBn*> prepBnNorms(const torch::nn::Module& model) {
  std::vector<nn::PrepBn*> norms;
  for (const auto& module : model.modules(/*include_self=*/false)) {
    if (auto* norm = dynamic_cast<nn::PrepBn*>(module.get())) norms.push_back(norm);
  }
  return norms;
}

}  // namespace

void writeCounters(torch::nn::Module& model, const NormCounters& counters) {
  for (auto* norm : prepBnNorms(model)) {
    norm->warm.fill_(counters.warm);
    norm->iter.fill_(counters.iter);
    norm->totalStep.fill_(counters.totalStep);
  }
}

std::optional<NormCounters> largestCounters(const torch::nn::Module& model) {
  std::optional<NormCounters> largest;
  for (const auto* norm : prepBnNorms(model)) {
    if (!largest) largest.emplace();
    largest->warm = std::max(largest->warm, norm->warm.item<std::int64_t>());
    largest->iter = std::max(largest->iter, norm->iter.item<std::int64_t>());
    largest->totalStep = std::max(largest->totalStep, norm->totalStep.item<std::int64_t>());
  }
  return largest;
}

NormCounters countersAfter(const NormCounters& counters, std::int64_t steps) {
  const std::int64_t warmed = std::min(steps, counters.warm);
  return {counters.warm - warmed, std::max<std::int64_t>(counters.iter - (steps - warmed), 0), counters.totalStep};
}

nn::LambdaState lambdaAt(const NormCounters& counters) {
  nn::LambdaState state;
  state.layerNormOnly = counters.warm > 0;
  if (state.layerNormOnly) return state;
  state.lambda =
      counters.totalStep > 0 ? static_cast<double>(counters.iter) / static_cast<double>(counters.totalStep) : 0.0;
  return state;
}

}  // namespace slab
