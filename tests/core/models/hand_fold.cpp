#include "hand_fold.h"

#include <ATen/Functions.h>

namespace slab::testing {
namespace {

// W unfolded over its positions: what every kernel position adds for an input of b where the map is and 0
// where the padding is, summed position by position.
at::Tensor shiftMap(const nn::Conv2d& layer, const FoldTarget& target, const at::Tensor& weight,
                    const at::Tensor& shift) {
  const auto& shape = layer.shape();
  const auto outputs = [&](std::int64_t side) { return (side + 2 * shape.padding - shape.kernel) / shape.stride + 1; };
  const at::Tensor perPosition = (weight * shift.view({1, -1, 1, 1})).sum(1);  // (out, kernel, kernel)
  at::Tensor map = at::zeros({weight.size(0), outputs(target.height), outputs(target.width)}, at::kDouble);
  for (std::int64_t row = 0; row < map.size(1); ++row) {
    for (std::int64_t column = 0; column < map.size(2); ++column) {
      for (std::int64_t i = 0; i < shape.kernel; ++i) {
        for (std::int64_t j = 0; j < shape.kernel; ++j) {
          const auto y = row * shape.stride + i - shape.padding, x = column * shape.stride + j - shape.padding;
          const bool isInside = y >= 0 && y < target.height && x >= 0 && x < target.width;
          if (isInside) map.select(1, row).select(1, column).add_(perPosition.select(1, i).select(1, j));
        }
      }
    }
  }
  return map;
}

// Weight as (out, in, positions).
void foldInto(const FoldTarget& target, const nn::ChannelAffine& affine, FoldDirection direction) {
  nn::AffineLayer& layer = *target.layer;
  const at::Tensor weight = layer.weight.detach().to(at::kDouble);
  const at::Tensor flat = weight.reshape({weight.size(0), weight.size(1), -1});
  at::Tensor bias = layer.hasBias() ? layer.bias.detach().to(at::kDouble) : at::zeros({weight.size(0)}, at::kDouble);
  auto* convolution = dynamic_cast<nn::Conv2d*>(&layer);
  const bool next = direction == FoldDirection::IntoNext;
  if (next && convolution != nullptr && convolution->shape().padding > 0) {
    convolution->setBiasMap(shiftMap(*convolution, target, weight, affine.shift));
  } else if (next) {
    bias = bias + (flat * affine.shift.view({1, -1, 1})).sum({1, 2});
  } else {
    bias = affine.scale * bias + affine.shift;
    if (convolution != nullptr && convolution->biasMap.defined()) {
      convolution->setBiasMap(convolution->biasMap * affine.scale.view({-1, 1, 1}));
    }
  }
  const at::Tensor scale = next ? affine.scale.view({1, -1, 1}) : affine.scale.view({-1, 1, 1});
  layer.setWeight((flat * scale).view(weight.sizes()));
  layer.setBias(bias);
}

}  // namespace

int foldByHand(Backbone& model) {
  int folded = 0;
  for (auto& site : model.foldSites()) {
    const auto affine = site.slot->norm()->evalAffine();
    if (!affine) continue;
    for (auto& target : site.targets) foldInto(target, *affine, site.direction);
    site.slot->clear();
    ++folded;
  }
  return folded;
}

}  // namespace slab::testing
