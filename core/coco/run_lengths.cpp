#include "core/coco/run_lengths.h"

#include <algorithm>
#include <numeric>

#include "core/base/error.h"

namespace slab::coco {
namespace {

void requireSound(const RunLengths& mask) {
  const std::string fault = faultOf(mask);
  if (!fault.empty()) throw Error(ErrorKind::Internal, "a mask is not sound: " + fault);
}

/// Walks the runs of a mask, empty ones passed over.
class RunWalk {
 public:
  explicit RunWalk(const RunLengths& mask) : counts_(mask.counts) { settle(); }

  [[nodiscard]] bool isOver() const { return at_ == counts_.size(); }
  [[nodiscard]] bool isIn() const { return at_ % 2 == 1; }
  [[nodiscard]] std::uint32_t left() const { return counts_[at_] - taken_; }
  void take(std::uint32_t pixels) {
    taken_ += pixels;
    settle();
  }

 private:
  void settle() {
    while (at_ < counts_.size() && taken_ == counts_[at_]) {
      ++at_;
      taken_ = 0;
    }
  }

  const std::vector<std::uint32_t>& counts_;
  std::size_t at_ = 0;
  std::uint32_t taken_ = 0;
};

/// Adds pixels to a mask that is made from its first one on.
void append(std::vector<std::uint32_t>& counts, bool isIn, std::uint32_t pixels) {
  if (counts.empty() && isIn) counts.push_back(0);
  const bool lastIsIn = counts.size() % 2 == 0;
  if (!counts.empty() && lastIsIn == isIn) {
    counts.back() += pixels;
  } else {
    counts.push_back(pixels);
  }
}

RunLengths merged(const RunLengths& a, const RunLengths& b, MaskMerge how) {
  if (a.height != b.height || a.width != b.width) {
    throw Error(ErrorKind::Internal, "masks of different sizes can't be merged");
  }
  RunLengths result{a.height, a.width, {}};
  RunWalk first(a), second(b);
  while (!first.isOver()) {
    const std::uint32_t pixels = std::min(first.left(), second.left());
    const bool isIn = how == MaskMerge::Union ? first.isIn() || second.isIn() : first.isIn() && second.isIn();
    append(result.counts, isIn, pixels);
    first.take(pixels);
    second.take(pixels);
  }
  return result;
}

}  // namespace

RunLengths encodeMask(const ImageView& mask) {
  RunLengths result{static_cast<std::uint32_t>(mask.height), static_cast<std::uint32_t>(mask.width), {}};
  bool isIn = false;
  std::uint32_t run = 0;
  for (int x = 0; x < mask.width; ++x) {
    for (int y = 0; y < mask.height; ++y) {
      if ((mask.row(y)[x] != 0) != isIn) {
        result.counts.push_back(run);
        run = 0;
        isIn = !isIn;
      }
      ++run;
    }
  }
  result.counts.push_back(run);
  return result;
}

Image decodeMask(const RunLengths& mask) {
  requireSound(mask);
  Image image = blankImage(static_cast<int>(mask.width), static_cast<int>(mask.height), 1);
  std::uint64_t at = 0;
  for (std::size_t i = 0; i < mask.counts.size(); at += mask.counts[i++]) {
    if (i % 2 == 0) continue;
    for (std::uint64_t pixel = at; pixel < at + mask.counts[i]; ++pixel) {
      image.pixels[pixel % mask.height * mask.width + pixel / mask.height] = 1;
    }
  }
  return image;
}

RunLengths mergeMasks(std::span<const RunLengths> masks, MaskMerge how) {
  if (masks.empty()) return {};
  for (const RunLengths& mask : masks) requireSound(mask);
  RunLengths result = masks.front();
  for (const RunLengths& mask : masks.subspan(1)) result = merged(result, mask, how);
  return result;
}

std::uint64_t areaOf(const RunLengths& mask) {
  std::uint64_t area = 0;
  for (std::size_t i = 1; i < mask.counts.size(); i += 2) area += mask.counts[i];
  return area;
}

CocoBox boxOf(const RunLengths& mask) {
  std::uint64_t at = 0;
  std::uint64_t left = mask.width, top = mask.height, right = 0, bottom = 0;
  bool isEmpty = true;
  for (std::size_t i = 0; i < mask.counts.size(); at += mask.counts[i++]) {
    if (i % 2 == 0 || mask.counts[i] == 0) continue;
    const std::uint64_t last = at + mask.counts[i] - 1;
    const std::uint64_t firstColumn = at / mask.height, lastColumn = last / mask.height;
    const bool spans = firstColumn < lastColumn;
    left = std::min(left, firstColumn);
    right = std::max(right, lastColumn);
    top = spans ? 0 : std::min(top, at % mask.height);
    bottom = spans ? mask.height - 1 : std::max(bottom, last % mask.height);
    isEmpty = false;
  }
  if (isEmpty) return {};
  return {static_cast<double>(left), static_cast<double>(top), static_cast<double>(right - left + 1),
          static_cast<double>(bottom - top + 1)};
}

std::string faultOf(const RunLengths& mask) {
  const std::string size = std::to_string(mask.height) + " x " + std::to_string(mask.width);
  if (mask.height == 0 || mask.width == 0) return "its size is " + size;
  if (mask.height > kMostMaskSide || mask.width > kMostMaskSide ||
      mask.pixels() > static_cast<std::uint64_t>(kMostMaskPixels)) {
    return "its size " + size + " is above the limit";
  }
  const std::uint64_t sum = std::accumulate(mask.counts.begin(), mask.counts.end(), std::uint64_t{0});
  if (sum == mask.pixels()) return {};
  return "its counts add up to " + std::to_string(sum) + ", and " + size + " pixels are " +
         std::to_string(mask.pixels());
}

}  // namespace slab::coco
