// Arithmetic of boxes: (..., 4) tensors of x1, y1, x2, y2 in pixels of the image, whose pixel i spans [i, i + 1).
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <vector>

namespace slab {

/// In pixels, without what fills a batch up.
struct ImageSize {
  std::int64_t height = 0;
  std::int64_t width = 0;
};

namespace boxes {

/// a (N, 4), b (M, 4) -> intersection over union (N, M); 0 where the union is below 1e-6.
at::Tensor overlaps(const at::Tensor& a, const at::Tensor& b);

/// Within [0, width] x [0, height].
at::Tensor clipped(const at::Tensor& boxes, ImageSize size);

/// Offsets of boxes, (dx, dy) of the centre in sides of the reference and (dw, dh) logarithms of the ratios of sides,
/// each divided by its deviation (Girshick et al., R-CNN, arXiv 1311.2524, appendix C; mmdet's DeltaXYWHBBoxCoder).
struct Coder {
  std::array<double, 4> deviations{1.0, 1.0, 1.0, 1.0};

  /// references (..., 4), targets (..., 4) -> deltas (..., 4). Both need sides above 0.
  [[nodiscard]] at::Tensor encode(const at::Tensor& references, const at::Tensor& targets) const;
  /// references (..., 4), deltas (..., 4) -> boxes (..., 4). dw and dh are clamped to +-ln(1000 / 16).
  [[nodiscard]] at::Tensor decode(const at::Tensor& references, const at::Tensor& deltas) const;
};

/// Anchors of one level: (rows x columns x ratios, 4), rows first, ratios fastest. The anchor of ratio r at (x, y) is
/// centred at (x stride, y stride), with width stride scale / sqrt(r) and height stride scale sqrt(r).
at::Tensor anchors(std::int64_t rows, std::int64_t columns, std::int64_t stride, double scale,
                   const std::vector<double>& ratios, const at::TensorOptions& options);

/// images of boxes (n_i, 4) -> (sum n_i, 5): number of the image, x1, y1, x2, y2.
at::Tensor withImage(const std::vector<at::Tensor>& boxes);

}  // namespace boxes
}  // namespace slab
