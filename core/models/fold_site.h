// The places of a model where a norm can be folded into a neighbouring layer.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/nn/affine_layers.h"
#include "core/nn/norms/norm.h"

namespace slab {

/// With the norm's evaluation form y = a x + b per channel, W and c the layer's weight and bias (c = 0
/// where it has none):
///
/// IntoNext: the norm feeds the layers (all of them: a norm may feed a query layer and a reducing
/// convolution at once). W'[o, i, ...] = a_i W[o, i, ...], c'_o = c_o + sum_i,... W[o, i, ...] b_i, which
/// creates the bias where there was none. Exact for linear layers, also through a permutation of tokens,
/// token selection or an average over tokens (the head), and for convolutions whose kernels tile the map
/// without padding. A convolution that pads with zeros keeps c and gets a bias map instead: at the border
/// part of the kernel sees 0 and not b, so what b adds depends on the position.
///
/// IntoPrevious: one layer feeds the norm. W'[o, ...] = a_o W[o, ...], c' = a c + b (and a times the bias
/// map, if it has one by now). Exact for every linear layer and convolution.
///
/// Where zeros fill up the map between the norm and a linear layer, a filled place gave c and must go on giving c,
/// not c + W b: the layer keeps c for those (nn::Linear::outputOfPadding) and the model puts it there.
enum class FoldDirection { IntoNext, IntoPrevious };

struct FoldTarget {
  std::string name;  // state-dict prefix of the layer: "layers.0.blocks.0.attn.qkv"
  nn::AffineLayer* layer = nullptr;
  /// Rows and columns of the layer's input. Needed for IntoNext into a convolution that pads, whose bias
  /// map has the size of its output; else ignored.
  std::int64_t height = 0;
  std::int64_t width = 0;
  /// Zeros come between the norm and this (linear) layer.
  bool isPadded = false;
};

/// Pointers are the model's own and live as long as it does. A norm whose evalAffine() is nothing
/// (LayerNorm) cannot be folded, but its site is listed, so that the certificate names it; after folding,
/// `slot->clear()` makes the place free of cost.
struct FoldSite {
  std::string norm;  // state-dict prefix of the norm: "layers.0.blocks.0.norm1"
  nn::NormSlot* slot = nullptr;
  FoldDirection direction = FoldDirection::IntoNext;
  std::vector<FoldTarget> targets;  // every consumer for IntoNext, the one producer for IntoPrevious
};

}  // namespace slab
