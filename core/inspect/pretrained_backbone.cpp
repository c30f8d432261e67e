#include "core/inspect/pretrained_backbone.h"

#include <torch/utils.h>

#include "core/base/error.h"

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

}  // namespace slab::inspect
