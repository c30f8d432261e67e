#include "core/inspect/pretrained_backbone.h"

#include <torch/utils.h>

#include "core/base/error.h"
#include "core/base/log.h"
#include "core/inspect/model_source.h"
#include "core/models/norm_counters.h"

namespace slab::inspect {
namespace {

bool isRepBnAlone(const FittedWeights& fitted) {
  for (const auto& key : fitted.withFate(KeyFate::Renamed)) {
    if (key.ends_with(".norm2.alpha")) return true;
  }
  return false;
}

void requireSameModel(const FittedWeights& fitted, const ForeignWeights& weights, const std::string& model) {
  const auto misshapen = fitted.withFate(KeyFate::Misshapen);
  if (!misshapen.empty()) {
    throw Error(ErrorKind::Checkpoint, weights.path() + " is of another model than the backbone " + model + ": " +
                                           misshapen.front() + " and " + std::to_string(misshapen.size() - 1) +
                                           " more keys differ in shape");
  }
  if (fitted.values.is_empty()) {
    throw Error(ErrorKind::Checkpoint, weights.path() + " has no key of the backbone " + model +
                                           "; give the weights of the classifier that it is made of");
  }
}

}  // namespace

FittedWeights loadPretrained(PyramidBackbone& backbone, const ForeignWeights& weights) {
  FittedWeights fitted = fitWeights(backbone, weights);
  requireSameModel(fitted, weights, backbone.config().name);
  const torch::NoGradGuard noGrad;
  for (const auto& item : stateDict(backbone)) {
    const at::Tensor* value = fitted.values.find(item.key());
    if (value != nullptr) at::Tensor(item.value()).copy_(value->reshape(item.value().sizes()));
  }
  if (const auto counters = largestCounters(backbone); counters && isRepBnAlone(fitted)) {
    writeCounters(backbone, {0, 0, counters->totalStep});
  }
  return fitted;
}

void beginBackbone(PyramidBackbone& backbone, const RunConfig& config) {
  const ForeignWeights weights = ForeignWeights::open(weightsFileOf(config.detector.pretrained));
  const FittedWeights fitted = loadPretrained(backbone, weights);
  logInfo("the backbone begins with " + weights.path() + "; " +
          std::to_string(fitted.withFate(KeyFate::Missing).size()) + " of its tensors are not there and begin anew");
  const auto counters = largestCounters(backbone);
  const bool isUnfinished = counters && (counters->warm > 0 || counters->iter > 0);
  if (!isUnfinished || config.prepbn.lambdaEnd.value > 0) return;
  logWarning(weights.path() +
             " was saved before lambda reached 0, and prepbn.lambda_end is 0: RepBN alone is not yet "
             "what was trained; set prepbn.lambda_end, or take a finished checkpoint");
}

}  // namespace slab::inspect
