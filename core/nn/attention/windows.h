// Cutting a map of tokens into windows or stripes and back (Swin Transformer, Liu et al., 2021).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "core/nn/attention/attention.h"

namespace slab::nn {

/// The windows of a stage, rows x columns of tokens each as the place says (M x M, or CSWin's stripes), cut after a
/// cyclic shift of the map up and left.
class WindowLayout {
 public:
  explicit WindowLayout(const AttentionPlace& place);

  /// (B, H W, ...) -> (B windows, N, ...) with any dimensions behind the tokens; windows of a sample are row-major.
  /// The input itself where one window covers the map; else contiguous.
  [[nodiscard]] at::Tensor toWindows(const at::Tensor& tokens) const;
  /// The inverse of toWindows, for (B windows, N, C).
  [[nodiscard]] at::Tensor toTokens(const at::Tensor& windows) const;

  [[nodiscard]] bool isWhole() const { return height_ == rows_ && width_ == columns_ && shift_ == 0; }

 private:
  std::int64_t height_;
  std::int64_t width_;
  std::int64_t rows_;  // of a window
  std::int64_t columns_;
  std::int64_t shift_;
};

/// (M^2, M^2) int64: row of the bias table for query i and key j,
/// (row_i - row_j + M - 1)(2M - 1) + (col_i - col_j + M - 1).
[[nodiscard]] at::Tensor relativePositionIndex(std::int64_t window);

/// (windows, M^2, M^2): 0 between tokens of one region of the unshifted map, -100 between tokens that only
/// the cyclic shift brought together.
[[nodiscard]] at::Tensor shiftMask(std::int64_t height, std::int64_t width, std::int64_t window, std::int64_t shift);

}  // namespace slab::nn
