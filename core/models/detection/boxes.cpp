#include "core/models/detection/boxes.h"

#include <ATen/ATen.h>

#include <cmath>

namespace slab::boxes {
namespace {

const double kLargestLogarithm = std::log(1000.0 / 16.0);

struct Centred {
  explicit Centred(const at::Tensor& boxes)
      : width(boxes.select(-1, 2) - boxes.select(-1, 0)),
        height(boxes.select(-1, 3) - boxes.select(-1, 1)),
        x((boxes.select(-1, 0) + boxes.select(-1, 2)) * 0.5),
        y((boxes.select(-1, 1) + boxes.select(-1, 3)) * 0.5) {}
  at::Tensor width, height, x, y;
};

at::Tensor area(const at::Tensor& boxes) {
  return (boxes.select(-1, 2) - boxes.select(-1, 0)) * (boxes.select(-1, 3) - boxes.select(-1, 1));
}

}  // namespace

at::Tensor overlaps(const at::Tensor& a, const at::Tensor& b) {
  const auto first = a.unsqueeze(1), second = b.unsqueeze(0);
  const auto low = at::maximum(first.slice(2, 0, 2), second.slice(2, 0, 2));
  const auto high = at::minimum(first.slice(2, 2), second.slice(2, 2));
  const auto sides = (high - low).clamp_min_(0.0);
  const auto shared = sides.select(2, 0) * sides.select(2, 1);
  const auto both = area(a).unsqueeze(1) + area(b).unsqueeze(0) - shared;
  return shared / both.clamp_min(1e-6);
}

at::Tensor clipped(const at::Tensor& boxes, ImageSize size) {
  const auto width = static_cast<double>(size.width), height = static_cast<double>(size.height);
  return at::stack({boxes.select(-1, 0).clamp(0.0, width), boxes.select(-1, 1).clamp(0.0, height),
                    boxes.select(-1, 2).clamp(0.0, width), boxes.select(-1, 3).clamp(0.0, height)},
                   -1);
}

at::Tensor Coder::encode(const at::Tensor& references, const at::Tensor& targets) const {
  const Centred from(references), to(targets);
  return at::stack({(to.x - from.x) / from.width / deviations[0], (to.y - from.y) / from.height / deviations[1],
                    (to.width / from.width).log() / deviations[2], (to.height / from.height).log() / deviations[3]},
                   -1);
}

at::Tensor Coder::decode(const at::Tensor& references, const at::Tensor& deltas) const {
  const Centred from(references);
  const auto logarithm = [&](int index) {
    return (deltas.select(-1, index) * deviations[static_cast<std::size_t>(index)])
        .clamp(-kLargestLogarithm, kLargestLogarithm);
  };
  const auto x = from.x + from.width * (deltas.select(-1, 0) * deviations[0]);
  const auto y = from.y + from.height * (deltas.select(-1, 1) * deviations[1]);
  const auto halfWidth = from.width * logarithm(2).exp() * 0.5, halfHeight = from.height * logarithm(3).exp() * 0.5;
  return at::stack({x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight}, -1);
}

at::Tensor anchors(std::int64_t rows, std::int64_t columns, std::int64_t stride, double scale,
                   const std::vector<double>& ratios, const at::TensorOptions& options) {
  std::vector<double> shapes;
  const double side = static_cast<double>(stride) * scale;
  for (const double ratio : ratios) {
    const double width = side / std::sqrt(ratio), height = side * std::sqrt(ratio);
    shapes.insert(shapes.end(), {-0.5 * width, -0.5 * height, 0.5 * width, 0.5 * height});
  }
  const auto count = static_cast<std::int64_t>(ratios.size());
  const auto base = at::tensor(shapes, at::kDouble).view({1, 1, count, 4}).to(options);
  const auto x = at::arange(columns, options).mul(stride).view({1, columns, 1}).expand({rows, columns, 1});
  const auto y = at::arange(rows, options).mul(stride).view({rows, 1, 1}).expand({rows, columns, 1});
  return (base + at::stack({x, y, x, y}, -1)).reshape({-1, 4});
}

at::Tensor withImage(const std::vector<at::Tensor>& boxes) {
  std::vector<at::Tensor> parts;
  for (std::size_t image = 0; image < boxes.size(); ++image) {
    const auto number = at::full({boxes[image].size(0), 1}, static_cast<double>(image), boxes[image].options());
    parts.push_back(at::cat({number, boxes[image]}, 1));
  }
  return at::cat(parts);
}

}  // namespace slab::boxes
