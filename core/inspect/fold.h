// Folding norms into their neighbours: the algebra. The proof is core/inspect/fold_certificate.h.
#pragma once

#include <string>
#include <vector>

#include "core/models/backbone.h"

namespace slab::inspect {

/// What became of one norm.
struct FoldOutcome {
  std::string norm;               // state-dict prefix
  std::string kind;               // "prep_bn", "rep_bn", "layer_norm"
  std::vector<std::string> into;  // state-dict prefixes of the layers that took it up, or would have
  /// The rule in words: "into qkv", "into q and sr", "backwards into proj", "into the head", "into proj with
  /// a bias map", "into qkv, its bias kept for padding"; "stays" where the norm can't be folded.
  std::string rule;
  bool folded = false;
  std::string reason;  // why not, in words
};

/// Folds y = scale x + shift into one layer, in place, as FoldDirection says. The values are computed in
/// float64 and rounded to the layer's type. Into a convolution that pads with zeros, the shift becomes the
/// bias map conv_W(shift broadcast to height x width); its bias stays.
/// Throws Error(Internal) for a grouped convolution, whose channels are not the norm's.
void foldInto(const FoldTarget& target, FoldDirection direction, const nn::ChannelAffine& affine);

/// Folds the site's norm into all its targets and empties its slot. A norm without an affine evaluation form
/// (LayerNorm) stays, and the outcome says why.
/// Source: y = a x + b with a = gamma / sqrt(var + eps) + alpha, b = beta - gamma mean / sqrt(var + eps)
/// (SLAB, arXiv 2405.11582, section 3.2; backwards the bias becomes a c + b, with the a c that the published
/// code leaves out).
FoldOutcome foldSite(FoldSite& site);

/// Folds the norm of every site that can be, in their order.
std::vector<FoldOutcome> foldSites(std::vector<FoldSite> sites);

/// Folds every norm that can be, in the order of the forward, and puts the model in evaluation mode. A model
/// that is folded already is left as it is.
std::vector<FoldOutcome> foldNorms(Backbone& model);

}  // namespace slab::inspect
