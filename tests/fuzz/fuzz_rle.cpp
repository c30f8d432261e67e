// Any bytes as compressed counts, as counts and as polygons: a cause, or masks whose algebra holds.
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "core/coco/overlaps.h"
#include "core/coco/polygon.h"
#include "core/coco/run_lengths.h"

namespace {

using namespace slab::coco;

void require(bool holds) {
  if (!holds) std::abort();
}

/// A sound mask in all its forms.
void check(const RunLengths& mask) {
  require(faultOf(mask).empty());
  RunLengths again{mask.height, mask.width, {}};
  require(readCompressed(toCompressed(mask), again).empty() && again == mask);
  const RunLengths plain = encodeMask(decodeMask(mask));  // without runs of no pixels
  require(areaOf(plain) == areaOf(mask));
  require(boxOf(plain) == boxOf(mask));
  const MaskOutline outline(mask), same(plain);
  require(outline.intersection(same) == areaOf(mask));
}

void checkPair(const RunLengths& a, const RunLengths& b) {
  const std::vector<RunLengths> masks{a, b};
  const std::uint64_t either = areaOf(mergeMasks(masks, MaskMerge::Union));
  const std::uint64_t both = areaOf(mergeMasks(masks, MaskMerge::Intersection));
  require(either + both == areaOf(a) + areaOf(b));
  const MaskOutline first(a), second(b);
  require(first.intersection(second) == both && second.intersection(first) == both);
  for (const bool isCrowd : {false, true}) {
    const double overlap = overlapOf(first, second, isCrowd);
    require(overlap >= 0 && overlap <= 1);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const std::uint32_t height = 1U + data[0] % 64, width = 1U + data[1] % 64;
  const std::size_t split = 3 + data[2] % (size - 2);
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  RunLengths first{height, width, {}}, second{height, width, {}};
  const bool isFirst = readCompressed(text.substr(3, split - 3), first).empty();
  const bool isSecond = readCompressed(text.substr(std::min(split, size)), second).empty();
  if (isFirst) check(first);
  if (isSecond) check(second);
  if (isFirst && isSecond) checkPair(first, second);

  Polygon polygon;
  for (std::size_t at = 3; at + sizeof(double) <= size && polygon.size() < 64; at += sizeof(double)) {
    double value = 0;
    std::memcpy(&value, data + at, sizeof value);
    polygon.push_back(value);
  }
  if (faultOf(polygon, height, width).empty()) check(drawPolygon(polygon, height, width));
  polygon.clear();
  for (std::size_t at = 3; at < size && polygon.size() < 64; ++at) polygon.push_back((data[at] - 64) / 2.0);
  if (faultOf(polygon, height, width).empty()) {
    const RunLengths drawn = drawPolygon(polygon, height, width);
    check(drawn);
    if (isFirst) checkPair(first, drawn);
  }
  return 0;
}
