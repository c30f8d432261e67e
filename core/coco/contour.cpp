#include "core/coco/contour.h"

#include <array>
#include <cstdint>

namespace slab::coco {
namespace {

/// In the order of turning right, y pointing down.
enum Direction : std::uint8_t { kEast, kSouth, kWest, kNorth };
constexpr std::array<int, 4> kStepX{1, 0, -1, 0}, kStepY{0, 1, 0, -1};

/// The corners between pixels, and which edges leave each of them with the mask on their right.
class CornerGrid {
 public:
  explicit CornerGrid(const ImageView& mask)
      : columns_(mask.width + 1),
        edges_(static_cast<std::size_t>(columns_) * static_cast<std::size_t>(mask.height + 1)) {
    const auto isIn = [&](int x, int y) {
      return x >= 0 && y >= 0 && x < mask.width && y < mask.height && mask.row(y)[x] != 0;
    };
    for (int y = 0; y < mask.height; ++y) {
      for (int x = 0; x < mask.width; ++x) {
        if (!isIn(x, y)) continue;
        if (!isIn(x, y - 1)) add(x, y, kEast);
        if (!isIn(x + 1, y)) add(x + 1, y, kSouth);
        if (!isIn(x, y + 1)) add(x + 1, y + 1, kWest);
        if (!isIn(x - 1, y)) add(x, y + 1, kNorth);
      }
    }
  }

  [[nodiscard]] std::size_t size() const { return edges_.size(); }
  /// Whether a way begins at this corner that no outline has taken; edges to the east are enough to find each.
  [[nodiscard]] bool begins(std::size_t corner) const { return (edges_[corner] & (1U << kEast)) != 0; }

  /// The outline that begins there, which is taken out of the grid. Its area is negative around a hole.
  Polygon take(std::size_t corner, double& area) {
    int x = static_cast<int>(corner) % columns_, y = static_cast<int>(corner) / columns_;
    Polygon outline;
    area = 0;
    Direction direction = kEast, before = kNorth;
    do {
      if (direction != before) outline.insert(outline.end(), {static_cast<double>(x), static_cast<double>(y)});
      at(x, y) &= static_cast<std::uint8_t>(~(1U << direction));
      area -= static_cast<double>(y) * kStepX[direction];
      x += kStepX[direction];
      y += kStepY[direction];
      before = direction;
    } while (turn(x, y, direction));
    return outline;
  }

 private:
  std::uint8_t& at(int x, int y) {
    return edges_[static_cast<std::size_t>(y) * static_cast<std::size_t>(columns_) + static_cast<std::size_t>(x)];
  }
  void add(int x, int y, Direction direction) { at(x, y) |= static_cast<std::uint8_t>(1U << direction); }

  /// On to the edge that leaves this corner, the one to the right first, so that pieces that touch stay apart. False
  /// where there is none: the outline is closed.
  bool turn(int x, int y, Direction& direction) {
    for (const int change : {1, 0, 3}) {
      const auto next = static_cast<Direction>((direction + change) % 4);
      if ((at(x, y) & (1U << next)) == 0) continue;
      direction = next;
      return true;
    }
    return false;
  }

  int columns_;
  std::vector<std::uint8_t> edges_;
};

}  // namespace

std::optional<std::vector<Polygon>> outlinesOf(const ImageView& mask) {
  CornerGrid grid(mask);
  std::vector<Polygon> outlines;
  for (std::size_t corner = 0; corner < grid.size(); ++corner) {
    while (grid.begins(corner)) {
      double area = 0;
      outlines.push_back(grid.take(corner, area));
      if (area < 0) return std::nullopt;
    }
  }
  if (outlines.empty()) return std::nullopt;
  return outlines;
}

}  // namespace slab::coco
