#include "hand_fold.h"

#include <ATen/Functions.h>

namespace slab::testing {
namespace {

// Weight as (out, in, positions).
void foldInto(nn::AffineLayer& layer, const nn::ChannelAffine& affine, FoldDirection direction) {
  const at::Tensor weight = layer.weight.detach().to(at::kDouble);
  const at::Tensor flat = weight.reshape({weight.size(0), weight.size(1), -1});
  const at::Tensor bias =
      layer.hasBias() ? layer.bias.detach().to(at::kDouble) : at::zeros({weight.size(0)}, at::kDouble);
  const bool next = direction == FoldDirection::IntoNext;
  const at::Tensor scale = next ? affine.scale.view({1, -1, 1}) : affine.scale.view({-1, 1, 1});
  const at::Tensor shifted =
      next ? bias + (flat * affine.shift.view({1, -1, 1})).sum({1, 2}) : affine.scale * bias + affine.shift;
  layer.setWeight((flat * scale).view(weight.sizes()));
  layer.setBias(shifted);
}

}  // namespace

int foldByHand(Backbone& model) {
  int folded = 0;
  for (auto& site : model.foldSites()) {
    const auto affine = site.slot->norm()->evalAffine();
    if (!affine) continue;
    for (auto& target : site.targets) foldInto(*target.layer, *affine, site.direction);
    site.slot->clear();
    ++folded;
  }
  return folded;
}

}  // namespace slab::testing
