#include "core/coco/overlaps.h"

#include <algorithm>

namespace slab::coco {

double overlapOf(const CocoBox& detection, const CocoBox& truth, bool isCrowd) {
  const double width = std::min(detection.x + detection.width, truth.x + truth.width) - std::max(detection.x, truth.x);
  if (width <= 0) return 0;
  const double height =
      std::min(detection.y + detection.height, truth.y + truth.height) - std::max(detection.y, truth.y);
  if (height <= 0) return 0;
  const double own = detection.width * detection.height;
  const double common = width * height;
  return common / (isCrowd ? own : own + truth.width * truth.height - common);
}

MaskOutline::MaskOutline(const RunLengths& mask) : area_(areaOf(mask)), box_(boxOf(mask)) {
  runs_.reserve(mask.counts.size() / 2);
  std::uint32_t at = 0;
  for (std::size_t i = 0; i < mask.counts.size(); at += mask.counts[i++]) {
    if (i % 2 == 1 && mask.counts[i] > 0) runs_.push_back({at, at + mask.counts[i]});
  }
}

std::uint64_t MaskOutline::intersection(const MaskOutline& other) const {
  const auto endsBefore = [](const Run& run, std::uint32_t place) { return run.end <= place; };
  auto a = runs_.begin(), b = other.runs_.begin();
  if (a == runs_.end() || b == other.runs_.end()) return 0;
  a = std::lower_bound(a, runs_.end(), b->begin, endsBefore);
  if (a == runs_.end()) return 0;
  b = std::lower_bound(b, other.runs_.end(), a->begin, endsBefore);
  std::uint64_t common = 0;
  while (a != runs_.end() && b != other.runs_.end()) {
    const std::uint32_t begin = std::max(a->begin, b->begin), end = std::min(a->end, b->end);
    if (begin < end) common += end - begin;
    if (a->end < b->end) {
      ++a;
    } else {
      ++b;
    }
  }
  return common;
}

double overlapOf(const MaskOutline& detection, const MaskOutline& truth, bool isCrowd) {
  if (overlapOf(detection.box(), truth.box(), isCrowd) <= 0) return 0;
  const std::uint64_t common = detection.intersection(truth);
  if (common == 0) return 0;
  const std::uint64_t whole = isCrowd ? detection.area() : detection.area() + truth.area() - common;
  return static_cast<double>(common) / static_cast<double>(whole);
}

}  // namespace slab::coco
