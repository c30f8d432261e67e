#include "core/models/build_model.h"

#include <array>

#include "core/base/error.h"
#include "core/models/cswin.h"
#include "core/models/deit.h"
#include "core/models/pvt.h"
#include "core/models/pvt_v2.h"
#include "core/models/state_dict.h"
#include "core/models/swin.h"

namespace slab {
namespace {

using Build = std::shared_ptr<Backbone> (*)(const ModelConfig&);

template <typename Model>
std::shared_ptr<Backbone> build(const ModelConfig& config) {
  return std::make_shared<Model>(config);
}

struct Builder {
  Family family;
  Build build;
};

constexpr std::array kBuilders{Builder{Family::CSwin, build<Cswin>}, Builder{Family::DeiT, build<Deit>},
                               Builder{Family::Swin, build<Swin>}, Builder{Family::Pvt, build<Pvt>},
                               Builder{Family::PvtV2, build<PvtV2>}};

}  // namespace

std::shared_ptr<Backbone> buildModel(const ModelConfig& config) {
  if (config.classes < 1 || config.inChannels < 1 || config.embedDim < 1) {
    throw Error(ErrorKind::Config, "model.classes, model.in_channels and model.embed_dim must be at least 1.");
  }
  for (const auto& builder : kBuilders) {
    if (builder.family == config.family()) return builder.build(config);
  }
  throw Error(ErrorKind::Internal,
              "No builder is registered for the family " + std::string(toString(config.family())) + ".");
}

std::shared_ptr<Backbone> copyModel(const Backbone& model) {
  auto copy = buildModel(model.config());
  const StateDict values = stateDict(model);
  const at::Tensor& sample = values["head.weight"];
  copy->to(sample.scalar_type());
  copy->to(sample.device());
  requireMatch(loadStateDict(*copy, values), "The model to copy", model.config().name);
  copy->train(model.is_training());
  copy->setLambda(model.lambda().lambda, model.lambda().layerNormOnly);
  copy->setEvalBranch(model.lambda().evalBranch);
  return copy;
}

}  // namespace slab
