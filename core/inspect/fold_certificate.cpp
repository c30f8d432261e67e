#include "core/inspect/fold_certificate.h"

#include <torch/torch.h>

#include <algorithm>

#include "core/models/build_model.h"
#include "core/models/detection/mask_rcnn.h"
#include "core/models/parameter_count.h"
#include "core/models/state_dict.h"

namespace slab::inspect {
namespace {

constexpr std::int64_t kProbeTokens = 64;
constexpr std::int64_t kProbePatches = 3;  // rows of patches a probe map has; one more column
constexpr std::int64_t kCertificateBatch = 8;

at::Tensor draw(at::IntArrayRef shape, const at::Tensor& like) {
  auto generator = at::detail::createCPUGenerator(20240601);
  return at::randn(shape, generator, at::TensorOptions().dtype(at::kDouble)).to(like.options().requires_grad(false));
}

// (B, H, W, C) or tokens (N, C) with the mean and deviation that the norm has seen.
at::Tensor drawAsNormHasSeen(const nn::Norm& norm, std::vector<std::int64_t> shape, const at::Tensor& like) {
  shape.push_back(norm.channels());
  at::Tensor values = draw(shape, like);
  at::Tensor mean, deviation;
  for (const auto& buffer : norm.named_buffers()) {
    if (buffer.key().ends_with("running_mean")) mean = buffer.value();
    if (buffer.key().ends_with("running_var")) deviation = buffer.value().sqrt();
  }
  return mean.defined() && deviation.defined() ? values * deviation + mean : values;
}

at::Tensor toMap(const at::Tensor& channelsLast) {
  return channelsLast.permute({0, 3, 1, 2}).contiguous();
}

// Batch, rows and columns that the layer is tried with: not square, unless a bias map fixes the size.
std::vector<std::int64_t> probeShape(const FoldSite& site, const FoldTarget& target) {
  const auto* convolution = dynamic_cast<const nn::Conv2d*>(target.layer);
  if (convolution == nullptr) return {kProbeTokens};
  const auto& shape = convolution->shape();
  if (const auto& map = convolution->biasMap; map.defined()) {
    const auto inputSide = [&](std::int64_t output) {
      return (output - 1) * shape.stride + shape.kernel - 2 * shape.padding;
    };
    return {1, inputSide(map.size(1)), inputSide(map.size(2))};
  }
  if (shape.padding > 0 && site.direction == FoldDirection::IntoNext) return {1, target.height, target.width};
  return {1, kProbePatches * shape.kernel, (kProbePatches + 1) * shape.kernel};
}

// A layer and the norm beside it, tried before and after the fold.
class LayerProbe {
 public:
  LayerProbe(const FoldSite& site, const FoldTarget& target) : site_(site), layer_(*target.layer) {
    std::vector<std::int64_t> shape = probeShape(site, target);
    const auto& norm = *site.slot->norm();
    if (site.direction == FoldDirection::IntoNext) {
      input_ = drawAsNormHasSeen(norm, shape, layer_.weight);
    } else {
      shape.push_back(layer_.weight.size(1));
      input_ = draw(shape, layer_.weight);
    }
    before_ = unfolded();
  }

  /// After the fold: how far the layer's output has moved.
  [[nodiscard]] Discrepancy moved() const { return discrepancy(before_, run(input_)); }

 private:
  [[nodiscard]] at::Tensor unfolded() const {
    auto& norm = *site_.slot->norm();
    if (site_.direction == FoldDirection::IntoNext) return run(norm.forward(input_));
    const at::Tensor output = run(input_);
    if (output.dim() != 4) return norm.forward(output);
    return toMap(norm.forward(output.permute({0, 2, 3, 1}).contiguous()));
  }

  [[nodiscard]] at::Tensor run(const at::Tensor& input) const {
    return layer_.forward(input.dim() == 4 ? toMap(input) : input);
  }

  const FoldSite& site_;
  nn::AffineLayer& layer_;
  at::Tensor input_, before_;
};

std::int64_t targetParameters(const FoldSite& site) {
  std::int64_t count = 0;
  for (const auto& target : site.targets) count += parameterCount(*target.layer);
  return count;
}

void keepWorst(Discrepancy& kept, const Discrepancy& found) {
  if (found.relative >= kept.relative) kept = found;
}

CertificateRow certifySite(FoldSite& site) {
  std::vector<LayerProbe> probes;
  if (site.slot->norm()->evalAffine()) {
    for (const auto& target : site.targets) probes.emplace_back(site, target);
  }
  CertificateRow row;
  row.parametersBefore = parameterCount(*site.slot->norm()) + targetParameters(site);
  static_cast<FoldOutcome&>(row) = foldSite(site);
  row.parametersAfter = row.folded ? targetParameters(site) : row.parametersBefore;
  if (!row.folded) return row;
  for (std::size_t i = 0; i < probes.size(); ++i) {
    auto& layer = *site.targets[i].layer;
    Discrepancy& kept = layer.weight.scalar_type() == at::kDouble ? row.twofold : row.single;
    keepWorst(kept, probes[i].moved());
    const auto* convolution = dynamic_cast<const nn::Conv2d*>(&layer);
    if (site.direction == FoldDirection::IntoNext && convolution != nullptr && convolution->biasMap.defined()) {
      row.biasMapValues += convolution->biasMap.numel();
    }
  }
  return row;
}

std::vector<CertificateRow> certifySites(std::vector<FoldSite> sites) {
  std::vector<CertificateRow> rows;
  for (auto& site : sites) rows.push_back(certifySite(site));
  return rows;
}

// Folds both copies of a model, evaluation mode both, and keeps the errors of each in its precision.
void foldBoth(std::vector<FoldSite> single, std::vector<FoldSite> twofold, FoldProof& proof) {
  proof.rows = certifySites(std::move(single));
  const auto rows64 = certifySites(std::move(twofold));
  for (std::size_t i = 0; i < rows64.size(); ++i) proof.rows[i].twofold = rows64[i].twofold;
}

at::Tensor logitsOf(Backbone& model, const at::Tensor& images) {
  std::vector<at::Tensor> parts;
  for (std::int64_t i = 0; i < images.size(0); i += kCertificateBatch) {
    parts.push_back(model.forward(images.slice(0, i, std::min(i + kCertificateBatch, images.size(0)))));
  }
  return at::cat(parts);
}

std::shared_ptr<PyramidBackbone> copyPyramid(const PyramidBackbone& model) {
  auto copy = buildPyramid(model.config());
  requireMatch(loadStateDict(*copy, stateDict(model)), "The backbone to copy", model.config().name);
  copy->eval();
  copy->setLambda(model.lambda().lambda, model.lambda().layerNormOnly);
  copy->setEvalBranch(model.lambda().evalBranch);
  return copy;
}

// The values of all levels in a row.
at::Tensor mapsOf(PyramidBackbone& model, const at::Tensor& images) {
  std::vector<at::Tensor> levels;
  for (const at::Tensor& map : model.forward(images)) levels.push_back(map.flatten());
  return at::cat(levels);
}

}  // namespace

Discrepancy discrepancy(const at::Tensor& expected, const at::Tensor& actual) {
  if (expected.numel() == 0) return {};
  const at::Tensor reference = expected.to(at::kDouble);
  const double maximum = (actual.to(at::kDouble) - reference).abs().max().item<double>();
  const double scale = reference.abs().max().item<double>();
  return {maximum, scale > 0.0 ? maximum / scale : maximum};
}

std::int64_t FoldProof::foldedNorms() const {
  return std::count_if(rows.begin(), rows.end(), [](const auto& row) { return row.folded; });
}

double FoldProof::worstRelative() const {
  double worst = outputsSingle.relative;
  for (const auto& row : rows) worst = std::max(worst, row.single.relative);
  return worst;
}

FoldCertificate certifyFold(const Backbone& model, const at::Tensor& images) {
  at::NoGradGuard noGradient;
  const auto unfolded = copyModel(model), folded64 = copyModel(model);
  FoldCertificate certificate;
  certificate.folded = copyModel(model);
  unfolded->eval();
  certificate.folded->eval();
  folded64->eval();
  folded64->to(at::kDouble);
  certificate.images = images.size(0);
  certificate.parametersBefore = unfolded->parameterCount();
  foldBoth(certificate.folded->foldSites(), folded64->foldSites(), certificate);
  certificate.parametersAfter = certificate.folded->parameterCount();
  if (images.size(0) == 0) return certificate;

  const at::Tensor before = logitsOf(*unfolded, images);
  const at::Tensor after = logitsOf(*certificate.folded, images);
  certificate.outputsSingle = discrepancy(before, after);
  const at::Tensor changed = before.argmax(1).ne(after.argmax(1)).nonzero().flatten();
  certificate.changedTop1.assign(changed.data_ptr<std::int64_t>(), changed.data_ptr<std::int64_t>() + changed.numel());
  unfolded->to(at::kDouble);
  const at::Tensor images64 = images.to(at::kDouble);
  certificate.outputsDouble = discrepancy(logitsOf(*unfolded, images64), logitsOf(*folded64, images64));
  return certificate;
}

PyramidCertificate certifyFold(const PyramidBackbone& model, const std::vector<at::Tensor>& images) {
  at::NoGradGuard noGradient;
  const auto unfolded = copyPyramid(model), folded64 = copyPyramid(model);
  PyramidCertificate certificate;
  certificate.folded = copyPyramid(model);
  folded64->to(at::kDouble);
  certificate.parametersBefore = parameterCount(*unfolded);
  foldBoth(certificate.folded->foldSites(), folded64->foldSites(), certificate);
  certificate.parametersAfter = parameterCount(*certificate.folded);

  for (const at::Tensor& some : images) {
    certificate.images += some.size(0);
    keepWorst(certificate.outputsSingle, discrepancy(mapsOf(*unfolded, some), mapsOf(*certificate.folded, some)));
  }
  unfolded->to(at::kDouble);
  for (const at::Tensor& some : images) {
    const at::Tensor twofold = some.to(at::kDouble);
    keepWorst(certificate.outputsDouble, discrepancy(mapsOf(*unfolded, twofold), mapsOf(*folded64, twofold)));
  }
  return certificate;
}

}  // namespace slab::inspect
