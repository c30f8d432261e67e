// The proof of a fold: a folded latency is worth nothing unless the folded model is the same function.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "core/inspect/fold.h"
#include "core/models/detection/pyramid_backbone.h"

namespace slab::inspect {

/// Largest absolute difference, and that over the largest absolute value of the unfolded result.
struct Discrepancy {
  double maximum = 0.0;
  double relative = 0.0;
};

Discrepancy discrepancy(const at::Tensor& expected, const at::Tensor& actual);

/// One norm's line: what became of it and by how much the outputs of the layers around it moved, worst
/// layer, in float32 (`single`) and float64 (`twofold`). Inputs are drawn from the norm's running statistics;
/// convolutions get maps that are not square.
struct CertificateRow : FoldOutcome {
  Discrepancy single, twofold;
  /// Of the norm and the layers it went into.
  std::int64_t parametersBefore = 0, parametersAfter = 0;
  std::int64_t biasMapValues = 0;  // stored by bias maps, which are no parameters
};

/// What a proof holds of any model: its rows in both precisions, and by how much its outputs moved.
struct FoldProof {
  std::vector<CertificateRow> rows;
  Discrepancy outputsSingle, outputsDouble;
  std::int64_t images = 0;
  std::int64_t parametersBefore = 0, parametersAfter = 0;

  [[nodiscard]] std::int64_t foldedNorms() const;
  /// The largest relative error of any folded layer and of the outputs, in float32.
  [[nodiscard]] double worstRelative() const;
};

/// A classifier's: its outputs are logits.
struct FoldCertificate : FoldProof {
  std::vector<std::int64_t> changedTop1;  // images whose first class is another one
  std::shared_ptr<Backbone> folded;       // float32, evaluation mode
};

/// A detector's backbone's: its outputs are the maps of all levels.
struct PyramidCertificate : FoldProof {
  std::shared_ptr<PyramidBackbone> folded;  // float32, evaluation mode
};

/// `model` in evaluation form and float32, `images` (B, C, H, W) normalised. The model is not changed.
/// Images are run in small batches, in float64 for the second opinion.
FoldCertificate certifyFold(const Backbone& model, const at::Tensor& images);

/// The same for images (B, C, H, W) each of a size of its own, best not a multiple of the windows.
PyramidCertificate certifyFold(const PyramidBackbone& model, const std::vector<at::Tensor>& images);

}  // namespace slab::inspect
