#include "core/inspect/fold.h"

#include <torch/torch.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/config/enums.h"
#include "core/models/build_model.h"

namespace slab::inspect {
namespace {

constexpr std::int64_t kProbeTokens = 64;
constexpr std::int64_t kCertificateBatch = 8;

// Shapes a per-channel vector for a weight (out, in, ...) along dimension `dim`.
at::Tensor along(const at::Tensor& vector, const at::Tensor& weight, std::int64_t dim) {
  std::vector<std::int64_t> shape(static_cast<std::size_t>(weight.dim()), 1);
  shape[static_cast<std::size_t>(dim)] = vector.size(0);
  return vector.reshape(shape);
}

at::Tensor biasOf(const nn::AffineLayer& layer, const at::Tensor& weight) {
  return layer.hasBias() ? layer.bias.detach().to(at::kDouble) : at::zeros({weight.size(0)}, at::kDouble);
}

void foldIntoNext(nn::AffineLayer& layer, const nn::ChannelAffine& affine) {
  const at::Tensor weight = layer.weight.detach().to(at::kDouble);
  at::Tensor shifted = weight * along(affine.shift, weight, 1);
  const at::Tensor bias = biasOf(layer, weight) + shifted.flatten(1).sum(1);
  layer.setWeight((weight * along(affine.scale, weight, 1)).to(layer.weight.scalar_type()));
  layer.setBias(bias.to(layer.weight.scalar_type()));
}

void foldIntoPrevious(nn::AffineLayer& layer, const nn::ChannelAffine& affine) {
  const at::Tensor weight = layer.weight.detach().to(at::kDouble);
  const at::Tensor bias = affine.scale * biasOf(layer, weight) + affine.shift;
  layer.setWeight((weight * along(affine.scale, weight, 0)).to(layer.weight.scalar_type()));
  layer.setBias(bias.to(layer.weight.scalar_type()));
}

at::Tensor forwardOf(nn::AffineLayer& layer, const at::Tensor& input) {
  if (auto* linear = dynamic_cast<nn::Linear*>(&layer)) return linear->forward(input);
  if (auto* convolution = dynamic_cast<nn::Conv2d*>(&layer)) return convolution->forward(input);
  throw Error(ErrorKind::Internal, "a fold target is neither a linear layer nor a convolution");
}

at::Tensor channelsLast(const at::Tensor& map) {
  return map.dim() == 4 ? map.permute({0, 2, 3, 1}) : map;
}

// Inputs of the fold's first member: for IntoNext tokens spread as the norm has seen them (the map's
// inverse of a unit spread would hide nothing: unit normal tokens, scaled by the norm's own statistics),
// for IntoPrevious unit normal inputs of the producer.
at::Tensor probeInput(const FoldSite& site, const nn::AffineLayer& layer) {
  const auto options = layer.weight.options().requires_grad(false);
  auto generator = at::detail::createCPUGenerator(20240601);
  const auto draw = [&](at::IntArrayRef shape) {
    return at::randn(shape, generator, at::TensorOptions().dtype(at::kDouble)).to(options);
  };
  if (site.direction == FoldDirection::IntoPrevious) {
    if (layer.weight.dim() != 4) return draw({kProbeTokens, layer.weight.size(1)});
    const std::int64_t side = 4 * layer.weight.size(2);
    return draw({1, layer.weight.size(1), side, side});
  }
  const std::int64_t channels = site.slot->norm()->channels();
  at::Tensor mean = at::zeros({channels}, options), deviation = at::ones({channels}, options);
  for (const auto& buffer : site.slot->norm()->named_buffers()) {
    if (buffer.key().ends_with("running_mean")) mean = buffer.value();
    if (buffer.key().ends_with("running_var")) deviation = buffer.value().sqrt();
  }
  return draw({kProbeTokens, channels}) * deviation + mean;
}

// Linear consumers take tokens; convolution consumers take them as a map of their kernel's size.
at::Tensor consumerInput(const nn::AffineLayer& layer, const at::Tensor& tokens) {
  if (layer.weight.dim() != 4) return tokens;
  const std::int64_t kernel = layer.weight.size(2);
  const std::int64_t patches = std::max<std::int64_t>(1, tokens.size(0) / (kernel * kernel));
  return tokens.slice(0, 0, patches * kernel * kernel)
      .reshape({patches, kernel, kernel, tokens.size(1)})
      .permute({0, 3, 1, 2});
}

std::string kindOf(const ModelConfig& config, bool hasAffine) {
  return hasAffine ? std::string(wordOf(config.norm)) : "layer_norm";
}

FoldOutcome foldSite(FoldSite& site, const ModelConfig& config) {
  FoldOutcome outcome;
  outcome.norm = site.norm;
  for (const auto& target : site.targets) outcome.into.push_back(target.name);
  const auto affine = site.slot->norm()->evalAffine();
  outcome.kind = kindOf(config, affine.has_value());
  if (!affine) {
    outcome.reason = "a LayerNorm divides by each token's own deviation; it has no fixed affine form";
    return outcome;
  }
  for (auto& target : site.targets) {
    auto& layer = *target.layer;
    const at::Tensor input = probeInput(site, layer);
    at::Tensor before, after;
    if (site.direction == FoldDirection::IntoNext) {
      before = forwardOf(layer, consumerInput(layer, site.slot->norm()->forward(input)));
      foldIntoNext(layer, *affine);
      after = forwardOf(layer, consumerInput(layer, input));
    } else {
      before = site.slot->norm()->forward(channelsLast(forwardOf(layer, input)).contiguous());
      foldIntoPrevious(layer, *affine);
      after = channelsLast(forwardOf(layer, input));
    }
    const Discrepancy found = discrepancy(before, after);
    Discrepancy& kept = layer.weight.scalar_type() == at::kDouble ? outcome.twofold : outcome.single;
    if (found.relative >= kept.relative) kept = found;
  }
  site.slot->clear();
  outcome.folded = true;
  return outcome;
}

at::Tensor logitsOf(Backbone& model, const at::Tensor& images) {
  std::vector<at::Tensor> parts;
  for (std::int64_t i = 0; i < images.size(0); i += kCertificateBatch) {
    parts.push_back(model.forward(images.slice(0, i, std::min(i + kCertificateBatch, images.size(0)))));
  }
  return at::cat(parts);
}

}  // namespace

Discrepancy discrepancy(const at::Tensor& expected, const at::Tensor& actual) {
  if (expected.numel() == 0) return {};
  const at::Tensor reference = expected.to(at::kDouble);
  const double maximum = (actual.to(at::kDouble) - reference).abs().max().item<double>();
  const double scale = reference.abs().max().item<double>();
  return {maximum, scale > 0.0 ? maximum / scale : maximum};
}

std::vector<FoldOutcome> foldNorms(Backbone& model) {
  at::NoGradGuard noGradient;
  model.eval();
  std::vector<FoldOutcome> outcomes;
  for (auto& site : model.foldSites()) outcomes.push_back(foldSite(site, model.config()));
  return outcomes;
}

std::int64_t FoldCertificate::foldedNorms() const {
  return std::count_if(rows.begin(), rows.end(), [](const auto& row) { return row.folded; });
}

double FoldCertificate::worstRelative() const {
  double worst = logitsSingle.relative;
  for (const auto& row : rows) worst = std::max(worst, row.single.relative);
  return worst;
}

FoldCertificate certifyFold(const Backbone& model, const at::Tensor& images) {
  at::NoGradGuard noGradient;
  const auto unfolded = copyModel(model);
  unfolded->eval();
  FoldCertificate certificate;
  certificate.images = images.size(0);
  certificate.parametersBefore = unfolded->parameterCount();

  certificate.folded = copyModel(model);
  certificate.rows = foldNorms(*certificate.folded);
  certificate.parametersAfter = certificate.folded->parameterCount();
  const auto folded64 = copyModel(model);
  folded64->to(at::kDouble);
  const auto rows64 = foldNorms(*folded64);
  for (std::size_t i = 0; i < rows64.size(); ++i) certificate.rows[i].twofold = rows64[i].twofold;
  if (certificate.images == 0) return certificate;

  const at::Tensor before = logitsOf(*unfolded, images);
  const at::Tensor after = logitsOf(*certificate.folded, images);
  certificate.logitsSingle = discrepancy(before, after);
  certificate.sameTop1 = before.argmax(1).eq(after.argmax(1)).sum().item<std::int64_t>();
  unfolded->to(at::kDouble);
  const at::Tensor images64 = images.to(at::kDouble);
  certificate.logitsDouble = discrepancy(logitsOf(*unfolded, images64), logitsOf(*folded64, images64));
  return certificate;
}

}  // namespace slab::inspect
