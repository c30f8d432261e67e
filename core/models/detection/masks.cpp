#include "core/models/detection/masks.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>

#include "core/ops/roi_align.h"

namespace slab::masks {
namespace {

// Where the centres of pixels [first, first + count) lie on a mask that spans [low, high]: -1 to 1 from edge to edge.
at::Tensor placed(std::int64_t first, std::int64_t count, double low, double high) {
  const auto centres = at::arange(count, at::kDouble) + (static_cast<double>(first) + 0.5);
  return ((centres - low) / (high - low) * 2.0 - 1.0).to(at::kFloat);
}

struct Span {
  std::int64_t first = 0, count = 0;
};

// Pixels that a mask over [low, high] can reach, and one more on either side.
Span spanOf(double low, double high, std::int64_t size) {
  const auto limit = static_cast<double>(size);
  const auto first = static_cast<std::int64_t>(std::clamp(std::floor(low) - 1.0, 0.0, limit));
  const auto last = static_cast<std::int64_t>(std::clamp(std::ceil(high) + 1.0, 0.0, limit));
  return {first, std::max<std::int64_t>(last - first, 0)};
}

void paste(const at::Tensor& probability, const float* box, double threshold, at::Tensor to) {
  const double x1 = box[0], y1 = box[1], x2 = box[2], y2 = box[3];
  if (!(x2 > x1 && y2 > y1)) return;
  const Span rows = spanOf(y1, y2, to.size(0)), columns = spanOf(x1, x2, to.size(1));
  if (rows.count == 0 || columns.count == 0) return;
  const auto y = placed(rows.first, rows.count, y1, y2).unsqueeze(1).expand({rows.count, columns.count});
  const auto x = placed(columns.first, columns.count, x1, x2).unsqueeze(0).expand({rows.count, columns.count});
  const auto sampled = at::grid_sampler_2d(probability.unsqueeze(0).unsqueeze(0), at::stack({x, y}, -1).unsqueeze(0),
                                           /*interpolation_mode=*/0, /*padding_mode=*/0, /*align_corners=*/false);
  to.narrow(0, rows.first, rows.count)
      .narrow(1, columns.first, columns.count)
      .copy_(sampled.squeeze(0).squeeze(0) >= threshold);
}

}  // namespace

at::Tensor cropped(const at::Tensor& masks, const at::Tensor& boxes, const at::Tensor& truth, std::int64_t side) {
  const at::NoGradGuard noGrad;
  auto targets = at::zeros({boxes.size(0), side, side}, boxes.options());
  // One object at a time: a batch of full-size float masks would take gigabytes.
  const auto owners = truth.to(at::kCPU);
  for (std::int64_t object = 0; object < masks.size(0); ++object) {
    const auto mine = (owners == object).nonzero().squeeze(1).to(boxes.device());
    if (mine.size(0) == 0) continue;
    const auto map = masks.select(0, object).to(boxes.device()).ne(0).to(boxes.scalar_type()).unsqueeze(0).unsqueeze(0);
    const auto regions = boxes::withImage({boxes.index_select(0, mine)});
    const auto shares = ops::roiAlign(map, regions, {side, side, 1.0, 0}).squeeze(1);
    targets.index_copy_(0, mine, (shares >= 0.5).to(boxes.scalar_type()));
  }
  return targets;
}

at::Tensor pasted(const at::Tensor& probabilities, const at::Tensor& boxes, ImageSize size, double threshold) {
  const at::NoGradGuard noGrad;
  const auto small = probabilities.to(at::kCPU, at::kFloat), where = boxes.to(at::kCPU, at::kFloat).contiguous();
  auto full = at::zeros({small.size(0), size.height, size.width}, at::kByte);
  for (std::int64_t i = 0; i < small.size(0); ++i) {
    paste(small.select(0, i), where.const_data_ptr<float>() + 4 * i, threshold, full.select(0, i));
  }
  return full;
}

}  // namespace slab::masks
