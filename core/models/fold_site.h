// The places of a model where a norm can be folded into a neighbouring layer.
#pragma once

#include <string>
#include <vector>

#include "core/nn/affine_layers.h"
#include "core/nn/norms/norm.h"

namespace slab {

/// With the norm's evaluation form y = a x + b per channel, W and c the layer's weight and bias (c = 0
/// where it has none):
///
/// IntoNext: the norm feeds the layers. W'[o, i, ...] = a_i W[o, i, ...], c'_o = c_o + sum_i,... W[o, i, ...] b_i,
/// which creates the bias where there was none. Exact for linear layers, also through a permutation of
/// tokens, token selection or an average over tokens, and for convolutions whose kernels tile the map
/// without padding.
///
/// IntoPrevious: one layer feeds the norm. W'[o, ...] = a_o W[o, ...], c' = a c + b. Exact for every linear
/// layer and convolution.
enum class FoldDirection { IntoNext, IntoPrevious };

struct FoldTarget {
  std::string name;  // state-dict prefix of the layer: "layers.0.blocks.0.attn.qkv"
  nn::AffineLayer* layer = nullptr;
};

/// Pointers are the model's own and live as long as it does. A norm whose evalAffine() is nothing
/// (LayerNorm) cannot be folded; after folding, `slot->clear()` makes the place free of cost.
struct FoldSite {
  std::string norm;  // state-dict prefix of the norm: "layers.0.blocks.0.norm1"
  nn::NormSlot* slot = nullptr;
  FoldDirection direction = FoldDirection::IntoNext;
  std::vector<FoldTarget> targets;  // every consumer for IntoNext, the one producer for IntoPrevious
};

}  // namespace slab
