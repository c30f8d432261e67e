#include "core/data/detection_draw.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>
#include <vector>

#include "core/config/shown_size.h"

namespace slab::data {
namespace {

std::int64_t oneOf(const std::vector<std::int64_t>& values, Random& random) {
  return values[static_cast<std::size_t>(random.below(values.size()))];
}

/// A stretch along one side.
struct Stretch {
  int first = 0, length = 0;
};

int drawLength(int side, const std::vector<std::int64_t>& crop, Random& random) {
  const std::int64_t least = std::min<std::int64_t>(side, crop[0]), most = std::min<std::int64_t>(side, crop[1]);
  return static_cast<int>(least +
                          static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(most - least + 1))));
}

int drawFirst(int side, int length, Random& random) {
  return static_cast<int>(random.below(static_cast<std::uint64_t>(side - length + 1)));
}

// A stretch of a side that is `from` long where the image's is `to` long, in whole pixels of the image.
Stretch carried(const Stretch& stretch, int from, int to) {
  const double scale = static_cast<double>(to) / from;
  const int first = std::min(static_cast<int>(std::lround(stretch.first * scale)), to - 1);
  const int end = std::clamp(static_cast<int>(std::lround((stretch.first + stretch.length) * scale)), first + 1, to);
  return {first, end - first};
}

DetectionView drawPart(int width, int height, const DataConfig& data, Random& random) {
  const PixelSize shown = fitSides(width, height, oneOf(data.cropSides, random), data.longest);
  Stretch rows, columns;
  rows.length = drawLength(shown.height, data.crop, random);
  columns.length = drawLength(shown.width, data.crop, random);
  rows.first = drawFirst(shown.height, rows.length, random);
  columns.first = drawFirst(shown.width, columns.length, random);
  const PixelSize size = fitSides(columns.length, rows.length, oneOf(data.sides, random), data.longest);
  rows = carried(rows, shown.height, height);
  columns = carried(columns, shown.width, width);
  return {{columns.first, rows.first, columns.length, rows.length}, size.width, size.height, false};
}

DetectionView viewOfAll(int width, int height, const PixelSize& size) {
  return {{0, 0, width, height}, size.width, size.height, false};
}

}  // namespace

DetectionView wholeView(int width, int height, const DataConfig& data) {
  return viewOfAll(width, height, evaluationSize(width, height, data));
}

DetectionView drawView(int width, int height, const DataConfig& data, Random& random) {
  const bool mirrored = data.augment != Augment::None && random.uniform() < 0.5;
  const bool isPart = data.augment == Augment::MultiScale && random.uniform() < 0.5;
  DetectionView view = isPart
                           ? drawPart(width, height, data, random)
                           : viewOfAll(width, height, fitSides(width, height, oneOf(data.sides, random), data.longest));
  view.mirrored = mirrored;
  return view;
}

std::optional<std::array<float, 4>> viewedBox(const DetectionView& view, const coco::CocoBox& box) {
  const auto across = [&](double x) {
    return std::clamp((x - view.region.x) * view.width / view.region.width, 0.0, static_cast<double>(view.width));
  };
  const auto down = [&](double y) {
    return std::clamp((y - view.region.y) * view.height / view.region.height, 0.0, static_cast<double>(view.height));
  };
  double left = across(box.x), right = across(box.x + box.width);
  const double top = down(box.y), bottom = down(box.y + box.height);
  if (!(right - left >= 1.0 && bottom - top >= 1.0)) return std::nullopt;
  if (view.mirrored) {
    const double width = view.width;
    std::tie(left, right) = std::pair{width - right, width - left};
  }
  return std::array<float, 4>{static_cast<float>(left), static_cast<float>(top), static_cast<float>(right),
                              static_cast<float>(bottom)};
}

void viewMask(const DetectionView& view, const ImageView& mask, std::uint8_t* out) {
  std::vector<int> columns(static_cast<std::size_t>(view.width));
  for (int x = 0; x < view.width; ++x) {
    const int from = view.mirrored ? view.width - 1 - x : x;
    columns[static_cast<std::size_t>(x)] =
        view.region.x + static_cast<int>((2LL * from + 1) * view.region.width / (2LL * view.width));
  }
  for (int y = 0; y < view.height; ++y) {
    const auto* row =
        mask.row(view.region.y + static_cast<int>((2LL * y + 1) * view.region.height / (2LL * view.height)));
    for (const int column : columns) *out++ = row[column] != 0 ? 1 : 0;
  }
}

}  // namespace slab::data
