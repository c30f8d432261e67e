#include "core/inspect/fold.h"

#include <torch/torch.h>

#include <algorithm>
#include <cctype>

#include "core/base/error.h"
#include "core/nn/norms/prep_bn.h"
#include "core/nn/norms/rep_bn.h"

namespace slab::inspect {
namespace {

// Shapes a per-channel vector for a weight (out, in, ...) along dimension `dim`.
at::Tensor along(const at::Tensor& vector, const at::Tensor& weight, std::int64_t dim) {
  std::vector<std::int64_t> shape(static_cast<std::size_t>(weight.dim()), 1);
  shape[static_cast<std::size_t>(dim)] = vector.size(0);
  return vector.reshape(shape);
}

at::Tensor biasOf(const nn::AffineLayer& layer) {
  return layer.hasBias() ? layer.bias.detach().to(at::kDouble)
                         : at::zeros({layer.weight.size(0)}, layer.weight.options().dtype(at::kDouble));
}

nn::Conv2d* paddingConvolution(nn::AffineLayer* layer) {
  auto* convolution = dynamic_cast<nn::Conv2d*>(layer);
  return convolution != nullptr && convolution->shape().padding > 0 ? convolution : nullptr;
}

nn::Linear& paddedLinear(const FoldTarget& target) {
  auto* linear = dynamic_cast<nn::Linear*>(target.layer);
  if (linear == nullptr) throw Error(ErrorKind::Internal, target.name + " is padded and no linear layer");
  return *linear;
}

// What the norm's shift adds to each output position when the padding brings zeros, not shifts.
at::Tensor mapOfShift(const nn::Conv2d& convolution, const FoldTarget& target, const at::Tensor& shift,
                      const at::Tensor& weight) {
  if (target.height < 1 || target.width < 1) {
    throw Error(ErrorKind::Internal, "the fold site of " + target.name + " does not say how large its input is");
  }
  const auto& shape = convolution.shape();
  const at::Tensor input = shift.view({1, -1, 1, 1}).expand({1, shift.size(0), target.height, target.width});
  return at::conv2d(input, weight, {}, {shape.stride, shape.stride}, {shape.padding, shape.padding}).squeeze(0);
}

void foldForwards(const FoldTarget& target, const nn::ChannelAffine& affine) {
  nn::AffineLayer& layer = *target.layer;
  const at::Tensor weight = layer.weight.detach().to(at::kDouble);
  const at::Tensor scale = affine.scale.to(weight.device()), shift = affine.shift.to(weight.device());
  if (weight.size(1) != scale.size(0)) {
    throw Error(ErrorKind::Internal, target.name + " does not take the channels of the norm in front of it");
  }
  if (auto* convolution = paddingConvolution(&layer)) {
    convolution->setBiasMap(mapOfShift(*convolution, target, shift, weight));
  } else {
    if (target.isPadded) paddedLinear(target).keepPaddingBias();
    layer.setBias(biasOf(layer) + (weight * along(shift, weight, 1)).flatten(1).sum(1));
  }
  layer.setWeight(weight * along(scale, weight, 1));
}

void foldBackwards(const FoldTarget& target, const nn::ChannelAffine& affine) {
  nn::AffineLayer& layer = *target.layer;
  const at::Tensor weight = layer.weight.detach().to(at::kDouble);
  const at::Tensor scale = affine.scale.to(weight.device()), shift = affine.shift.to(weight.device());
  layer.setBias(scale * biasOf(layer) + shift);
  layer.setWeight(weight * along(scale, weight, 0));
  auto* convolution = dynamic_cast<nn::Conv2d*>(&layer);
  if (convolution == nullptr || !convolution->biasMap.defined()) return;
  convolution->setBiasMap(convolution->biasMap.to(at::kDouble) * scale.view({-1, 1, 1}));
}

std::string kindOf(const nn::Norm& norm) {
  if (dynamic_cast<const nn::PrepBn*>(&norm) != nullptr) return "prep_bn";
  if (dynamic_cast<const nn::RepBn*>(&norm) != nullptr) return "rep_bn";
  return "layer_norm";
}

// "layers.0.blocks.1.attn.qkv" -> "qkv"; a module known by its number only keeps its full name.
std::string shortName(const std::string& layer) {
  const std::string last = layer.substr(layer.rfind('.') + 1);
  const bool isNumber = std::all_of(last.begin(), last.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  if (layer == "head") return "the head";
  return isNumber ? layer : last;
}

std::string ruleOf(const FoldSite& site) {
  std::string names;
  bool needsMap = false, isPadded = false;
  for (const auto& target : site.targets) {
    names += (names.empty() ? "" : " and ") + shortName(target.name);
    isPadded |= target.isPadded;
    needsMap |= site.direction == FoldDirection::IntoNext && paddingConvolution(target.layer) != nullptr;
  }
  return (site.direction == FoldDirection::IntoPrevious ? "backwards into " : "into ") + names +
         (needsMap ? " with a bias map" : "") + (isPadded ? ", its bias kept for padding" : "");
}

}  // namespace

void foldInto(const FoldTarget& target, FoldDirection direction, const nn::ChannelAffine& affine) {
  const torch::NoGradGuard noGradient;
  direction == FoldDirection::IntoNext ? foldForwards(target, affine) : foldBackwards(target, affine);
}

FoldOutcome foldSite(FoldSite& site) {
  FoldOutcome outcome;
  outcome.norm = site.norm;
  outcome.kind = kindOf(*site.slot->norm());
  for (const auto& target : site.targets) outcome.into.push_back(target.name);
  const auto affine = site.slot->norm()->evalAffine();
  if (!affine) {
    outcome.rule = "stays";
    outcome.reason = "a LayerNorm divides by each token's own deviation; it has no fixed affine form";
    return outcome;
  }
  outcome.rule = ruleOf(site);
  for (const auto& target : site.targets) foldInto(target, site.direction, *affine);
  site.slot->clear();
  outcome.folded = true;
  return outcome;
}

std::vector<FoldOutcome> foldSites(std::vector<FoldSite> sites) {
  std::vector<FoldOutcome> outcomes;
  for (auto& site : sites) outcomes.push_back(foldSite(site));
  return outcomes;
}

std::vector<FoldOutcome> foldNorms(Backbone& model) {
  model.eval();
  return foldSites(model.foldSites());
}

}  // namespace slab::inspect
