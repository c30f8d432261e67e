// What a backbone is built from: the registry fills it by name, a person may change any of it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace slab {

enum class Family { DeiT, Swin, Pvt, PvtV2, CSwin };

/// layer_norm: LayerNorm. rep_bn: RepBN alone (no lambda). prep_bn: PRepBN, LayerNorm handing over to RepBN.
enum class NormKind { LayerNorm, RepBn, PrepBn };

/// Keys `model.*`. Lists hold one entry a stage (DeiT has one stage).
struct ModelConfig {
  std::string name = "slab_swin_t";
  std::int64_t imageSize = 224;
  std::int64_t patchSize = 4;
  std::int64_t inChannels = 3;
  std::int64_t classes = 1000;
  std::int64_t embedDim = 96;
  std::vector<std::int64_t> depths{2, 2, 6, 2};
  std::vector<std::int64_t> heads{3, 6, 12, 24};
  /// All-S models: the window of S. With L or F present: the window of those (S is then 7, or 12
  /// where this is above 56).
  std::int64_t window = 56;
  /// Hidden width of the MLP over the width; one entry serves all stages.
  std::vector<double> mlpRatio{4.0};
  bool qkvBias = true;
  double dropPath = 0.2;
  /// One letter a stage: L simplified linear, S softmax, F focused linear; "MMMMn": the first n
  /// blocks L, the rest S.
  std::string attention = "LLSS";
  NormKind norm = NormKind::PrepBn;

  /// Of `name`; Swin where the registry does not know the name.
  [[nodiscard]] Family family() const;
  [[nodiscard]] std::size_t stages() const { return depths.size(); }
  /// The letter of a stage; a single letter serves all stages.
  [[nodiscard]] char attentionOf(std::size_t stage) const;
  [[nodiscard]] double mlpRatioOf(std::size_t stage) const;
  /// Width of a stage: doubled after each Swin or CSWin stage; 1, 2, 5, 8 times embedDim for PVT.
  [[nodiscard]] std::int64_t widthOf(std::size_t stage) const;

  friend bool operator==(const ModelConfig&, const ModelConfig&) = default;
};

std::string_view toString(Family family);

/// Epsilon of a family's LayerNorms: 1e-5 for Swin and CSWin, 1e-6 for DeiT, PVT and PVTv2 (the
/// values of the reference implementation).
double layerNormEps(Family family);

}  // namespace slab
