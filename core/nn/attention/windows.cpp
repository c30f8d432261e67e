#include "core/nn/attention/windows.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/roll.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

namespace slab::nn {
namespace {

constexpr double kMasked = -100.0;

// (B, H, W, ...) -> (B windows, rows columns, ...), windows of rows x columns tokens.
at::Tensor cut(const at::Tensor& map, std::int64_t rows, std::int64_t columns) {
  const auto down = map.size(1) / rows, across = map.size(2) / columns;
  const at::Tensor windows = map.unflatten(1, {down, rows}).unflatten(3, {across, columns}).transpose(2, 3);
  // Windows of one row or column may merge into a strided view.
  return windows.flatten(0, 2).flatten(1, 2).contiguous();
}

// Which of the three bands along one axis a coordinate of the shifted map belongs to.
at::Tensor bands(std::int64_t length, std::int64_t window, std::int64_t shift) {
  const at::Tensor position = at::arange(length, at::kLong);
  return (position >= length - window).to(at::kLong) + (position >= length - shift).to(at::kLong);
}

}  // namespace

WindowLayout::WindowLayout(const AttentionPlace& place)
    : height_(place.height),
      width_(place.width),
      rows_(place.windowHeight()),
      columns_(place.windowWidth()),
      shift_(place.shift) {}

at::Tensor WindowLayout::toWindows(const at::Tensor& tokens) const {
  if (isWhole()) return tokens;
  at::Tensor map = tokens.unflatten(1, {height_, width_});
  if (shift_ > 0) map = at::roll(map, {-shift_, -shift_}, {1, 2});
  return cut(map, rows_, columns_);
}

at::Tensor WindowLayout::toTokens(const at::Tensor& windows) const {
  if (isWhole()) return windows;
  const auto down = height_ / rows_, across = width_ / columns_, channels = windows.size(2);
  const auto batch = windows.size(0) / (down * across);
  at::Tensor map = windows.reshape({batch, down, across, rows_, columns_, channels})
                       .permute({0, 1, 3, 2, 4, 5})
                       .reshape({batch, height_, width_, channels});
  if (shift_ > 0) map = at::roll(map, {shift_, shift_}, {1, 2});
  return map.reshape({batch, height_ * width_, channels}).contiguous();
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
  const at::Tensor windows = cut(regions.view({1, height, width, 1}), window, window).squeeze(-1);
  const at::Tensor apart = windows.unsqueeze(2) != windows.unsqueeze(1);
  return at::zeros(apart.sizes()).masked_fill_(apart, kMasked);
}

}  // namespace slab::nn
