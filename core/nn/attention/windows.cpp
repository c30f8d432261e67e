#include "core/nn/attention/windows.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/roll.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

namespace slab::nn {
namespace {

constexpr double kMasked = -100.0;

// (B, H, W, C) -> (B windows, M M, C)
at::Tensor cut(const at::Tensor& map, std::int64_t window) {
  const auto batch = map.size(0), rows = map.size(1) / window, columns = map.size(2) / window, channels = map.size(3);
  return map.view({batch, rows, window, columns, window, channels})
      .permute({0, 1, 3, 2, 4, 5})
      .reshape({batch * rows * columns, window * window, channels});
}

// Which of the three bands along one axis a coordinate of the shifted map belongs to.
at::Tensor bands(std::int64_t length, std::int64_t window, std::int64_t shift) {
  const at::Tensor position = at::arange(length, at::kLong);
  return (position >= length - window).to(at::kLong) + (position >= length - shift).to(at::kLong);
}

}  // namespace

WindowLayout::WindowLayout(const AttentionPlace& place)
    : height_(place.height), width_(place.width), window_(place.window), shift_(place.shift) {}

at::Tensor WindowLayout::toWindows(const at::Tensor& tokens) const {
  if (isWhole()) return tokens;
  at::Tensor map = tokens.view({tokens.size(0), height_, width_, tokens.size(2)});
  if (shift_ > 0) map = at::roll(map, {-shift_, -shift_}, {1, 2});
  return cut(map, window_);
}

at::Tensor WindowLayout::toTokens(const at::Tensor& windows) const {
  if (isWhole()) return windows;
  const auto rows = height_ / window_, columns = width_ / window_, channels = windows.size(2);
  const auto batch = windows.size(0) / (rows * columns);
  at::Tensor map = windows.view({batch, rows, columns, window_, window_, channels})
                       .permute({0, 1, 3, 2, 4, 5})
                       .reshape({batch, height_, width_, channels});
  if (shift_ > 0) map = at::roll(map, {shift_, shift_}, {1, 2});
  return map.view({batch, height_ * width_, channels});
}

at::Tensor relativePositionIndex(std::int64_t window) {
  const at::Tensor token = at::arange(window * window, at::kLong);
  const at::Tensor row = token.floor_divide(window);
  const at::Tensor column = token.remainder(window);
  const at::Tensor rowOffset = row.unsqueeze(1) - row.unsqueeze(0) + (window - 1);
  const at::Tensor columnOffset = column.unsqueeze(1) - column.unsqueeze(0) + (window - 1);
  return rowOffset * (2 * window - 1) + columnOffset;
}

at::Tensor shiftMask(std::int64_t height, std::int64_t width, std::int64_t window, std::int64_t shift) {
  const at::Tensor regions = bands(height, window, shift).unsqueeze(1) * 3 + bands(width, window, shift).unsqueeze(0);
  const at::Tensor windows = cut(regions.view({1, height, width, 1}), window).squeeze(-1);
  const at::Tensor apart = windows.unsqueeze(2) != windows.unsqueeze(1);
  return at::zeros(apart.sizes()).masked_fill_(apart, kMasked);
}

}  // namespace slab::nn
