#include "core/nn/norms/make_norm.h"

#include "core/base/error.h"
#include "core/nn/norms/layer_norm.h"
#include "core/nn/norms/prep_bn.h"
#include "core/nn/norms/rep_bn.h"

namespace slab::nn {

std::shared_ptr<Norm> NormFactory::make(std::int64_t channels) const {
  switch (kind) {
    case NormKind::LayerNorm: return std::make_shared<LayerNorm>(channels, layerNormEps);
    case NormKind::RepBn: return std::make_shared<RepBn>(channels, context);
    case NormKind::PrepBn: return std::make_shared<PrepBn>(channels, layerNormEps, context);
  }
  throw Error(ErrorKind::Internal,
              "model.norm has a value that no norm is made for; report this with the configuration.");
}

}  // namespace slab::nn
