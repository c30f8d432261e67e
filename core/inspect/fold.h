// Folding norms into their neighbours, with a certificate: a folded latency is worth nothing unless the
// folded model is the same function.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/models/backbone.h"

namespace slab::inspect {

/// Largest absolute difference, and that over the largest absolute value of the unfolded result.
struct Discrepancy {
  double maximum = 0.0;
  double relative = 0.0;
};

Discrepancy discrepancy(const at::Tensor& expected, const at::Tensor& actual);

/// What became of one norm.
struct FoldOutcome {
  std::string norm;               // state-dict prefix
  std::string kind;               // "prep_bn", "rep_bn", "layer_norm"
  std::vector<std::string> into;  // state-dict prefixes of the layers that took it up
  bool folded = false;
  std::string reason;  // why not, in words
  Discrepancy single, twofold;
};

/// Folds every norm that has an affine evaluation form, in place; W' and c' are computed in float64 and
/// rounded once to the model's type. Norms that have none (LayerNorm) stay and say why. The rows' errors
/// compare each layer's output before and after, in the model's own type, on tokens drawn from the norm's
/// running statistics (`single` for float32, `twofold` for float64).
/// Source: y = a x + b with a = gamma / sqrt(var + eps) + alpha, b = beta - gamma mean / sqrt(var + eps)
/// (SLAB, arXiv 2405.11582, section 3.2; the patch embedding's bias becomes a c + b).
std::vector<FoldOutcome> foldNorms(Backbone& model);

/// The whole proof: a folded copy, its rows in both precisions, and the logits on `images`.
struct FoldCertificate {
  std::vector<FoldOutcome> rows;
  Discrepancy logitsSingle, logitsDouble;
  std::int64_t images = 0;
  std::int64_t sameTop1 = 0;
  std::int64_t parametersBefore = 0, parametersAfter = 0;
  std::shared_ptr<Backbone> folded;  // float32, evaluation mode

  [[nodiscard]] std::int64_t foldedNorms() const;
  /// The largest relative error of any folded layer and of the logits, in float32.
  [[nodiscard]] double worstRelative() const;
};

/// `model` in evaluation form and float32, `images` (B, C, H, W) normalised. The model is not changed.
/// Images are run in small batches, in float64 for the second opinion.
FoldCertificate certifyFold(const Backbone& model, const at::Tensor& images);

}  // namespace slab::inspect
