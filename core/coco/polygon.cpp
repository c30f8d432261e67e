#include "core/coco/polygon.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "core/base/error.h"
#include "core/base/format.h"

namespace slab::coco {
namespace {

constexpr double kScale = 5;  // steps a pixel
constexpr std::size_t kLeastValues = 6;

struct Step {
  int x = 0, y = 0;
};

/// To the nearest step; below 0 towards 0, as a C cast has it.
int rounded(double value) {
  return static_cast<int>(value + 0.5);
}

/// Collects where the outline toggles a column.
class Outline {
 public:
  Outline(std::uint32_t height, std::uint32_t width) : height_(height), width_(width) {}

  /// Every step from `from` to `to`, both included.
  void walk(Step from, Step to) {
    const int dx = std::abs(to.x - from.x), dy = std::abs(to.y - from.y);
    const bool isFlat = dx >= dy;
    // Walked from the smaller coordinate on, so that an edge is the same in both directions.
    const bool flip = isFlat ? from.x > to.x : from.y > to.y;
    if (flip) std::swap(from, to);
    const int length = std::max(dx, dy);
    const double rise = isFlat ? to.y - from.y : to.x - from.x;
    const double slope = length == 0 ? 0.0 : rise / length;
    for (int d = 0; d <= length; ++d) {
      const int t = flip ? length - d : d;
      const int across = rounded((isFlat ? from.y : from.x) + slope * t);
      step(isFlat ? Step{from.x + t, across} : Step{across, from.y + t});
    }
  }

  [[nodiscard]] RunLengths mask() {
    RunLengths mask{height_, width_, {}};
    toggles_.push_back(height_ * width_);
    std::sort(toggles_.begin(), toggles_.end());
    std::vector<std::uint32_t>& counts = mask.counts;
    std::uint32_t before = 0;
    bool joins = false;  // two toggles at one place undo each other: the next run belongs to the last but one
    for (const std::uint32_t toggle : toggles_) {
      const std::uint32_t run = toggle - before;
      before = toggle;
      if (joins) {
        counts.back() += run;
        joins = false;
      } else if (run == 0 && !counts.empty()) {
        joins = true;
      } else {
        counts.push_back(run);
      }
    }
    counts.shrink_to_fit();
    return mask;
  }

 private:
  void step(Step next) {
    if (hasLast_ && next.x != last_.x) toggle(next);
    last_ = next;
    hasLast_ = true;
  }

  void toggle(Step next) {
    const double x = ((next.x < last_.x ? next.x : next.x - 1) + 0.5) / kScale - 0.5;
    if (std::floor(x) != x || x < 0 || x > width_ - 1.0) return;
    const double y = (std::min(next.y, last_.y) + 0.5) / kScale - 0.5;
    const auto row = static_cast<std::uint32_t>(std::ceil(std::clamp(y, 0.0, static_cast<double>(height_))));
    toggles_.push_back(static_cast<std::uint32_t>(x) * height_ + row);
  }

  std::uint32_t height_, width_;
  Step last_;
  bool hasLast_ = false;
  std::vector<std::uint32_t> toggles_;
};

}  // namespace

std::string faultOf(std::span<const double> polygon, std::uint32_t height, std::uint32_t width) {
  if (polygon.size() % 2 != 0) return "it has " + std::to_string(polygon.size()) + " values, not x and y of each point";
  if (polygon.size() < kLeastValues) return "it has " + std::to_string(polygon.size() / 2) + " points, and needs 3";
  const double most = (kMostOutside + 1) * std::max(height, width);
  for (const double value : polygon) {
    if (!(std::fabs(value) <= most)) return "its coordinate " + formatNumber(value) + " is far outside of the image";
  }
  double outline = 0;
  for (std::size_t i = 2; i < polygon.size(); i += 2) {
    outline += std::max(std::fabs(polygon[i] - polygon[i - 2]), std::fabs(polygon[i + 1] - polygon[i - 1]));
  }
  if (outline > kMostOutline) return "its outline is " + formatNumber(outline) + " pixels long";
  return {};
}

RunLengths drawPolygon(std::span<const double> polygon, std::uint32_t height, std::uint32_t width) {
  const std::string fault = faultOf(polygon, height, width);
  if (!fault.empty()) throw Error(ErrorKind::Internal, "a polygon can't be drawn: " + fault);
  std::vector<Step> corners(polygon.size() / 2);
  for (std::size_t i = 0; i < corners.size(); ++i) {
    corners[i] = {rounded(kScale * polygon[2 * i]), rounded(kScale * polygon[2 * i + 1])};
  }
  Outline outline(height, width);
  for (std::size_t i = 0; i < corners.size(); ++i) outline.walk(corners[i], corners[(i + 1) % corners.size()]);
  return outline.mask();
}

RunLengths drawPolygons(std::span<const Polygon> polygons, std::uint32_t height, std::uint32_t width) {
  if (polygons.size() == 1) return drawPolygon(polygons.front(), height, width);
  std::vector<RunLengths> masks;
  for (const Polygon& polygon : polygons) masks.push_back(drawPolygon(polygon, height, width));
  return mergeMasks(masks, MaskMerge::Union);
}

RunLengths drawBox(const CocoBox& box, std::uint32_t height, std::uint32_t width) {
  const double right = box.x + box.width, bottom = box.y + box.height;
  const double corners[] = {box.x, box.y, box.x, bottom, right, bottom, right, box.y};
  return drawPolygon(corners, height, width);
}

}  // namespace slab::coco
