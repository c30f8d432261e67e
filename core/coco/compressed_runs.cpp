// Run lengths as COCO's compressed text.
#include <algorithm>

#include "core/coco/run_lengths.h"

namespace slab::coco {
namespace {

constexpr int kBits = 5;
constexpr unsigned kGroup = 0x1F, kSign = 0x10, kMore = 0x20;
constexpr unsigned char kFirstLetter = 48;
/// Twelve groups hold every difference of two counts, and 60 bits fit the accumulator.
constexpr int kMostGroups = 12;

void appendNumber(std::string& text, std::int64_t value) {
  for (bool more = true; more;) {
    unsigned group = static_cast<unsigned>(value) & kGroup;
    value >>= kBits;
    more = (group & kSign) != 0 ? value != -1 : value != 0;
    if (more) group |= kMore;
    text += static_cast<char>(group + kFirstLetter);
  }
}

/// Takes one number from the front of `text`; false where there is none.
bool takeNumber(std::string_view& text, std::int64_t& value) {
  std::uint64_t bits = 0;
  for (int k = 0; k < kMostGroups && static_cast<std::size_t>(k) < text.size(); ++k) {
    const unsigned letter = static_cast<unsigned char>(text[static_cast<std::size_t>(k)]);
    if (letter < kFirstLetter || letter >= kFirstLetter + 2 * kMore) return false;
    const unsigned group = letter - kFirstLetter;
    bits |= std::uint64_t{group & kGroup} << (kBits * k);
    if ((group & kMore) != 0) continue;
    if ((group & kSign) != 0) bits |= ~std::uint64_t{0} << (kBits * (k + 1));
    value = static_cast<std::int64_t>(bits);
    text.remove_prefix(static_cast<std::size_t>(k) + 1);
    return true;
  }
  return false;
}

}  // namespace

std::string toCompressed(const RunLengths& mask) {
  std::string text;
  for (std::size_t i = 0; i < mask.counts.size(); ++i) {
    const std::int64_t before = i > 2 ? mask.counts[i - 2] : 0;
    appendNumber(text, std::int64_t{mask.counts[i]} - before);
  }
  return text;
}

std::string readCompressed(std::string_view text, RunLengths& mask) {
  mask.counts.clear();
  const std::string_view whole = text;
  const auto most = static_cast<std::int64_t>(std::min<std::uint64_t>(mask.pixels(), kMostMaskPixels));
  while (!text.empty()) {
    const std::size_t at = whole.size() - text.size();
    std::int64_t value = 0;
    if (!takeNumber(text, value)) return "its counts have no number at letter " + std::to_string(at + 1);
    const std::size_t i = mask.counts.size();
    const std::int64_t count = value + (i > 2 ? std::int64_t{mask.counts[i - 2]} : 0);
    if (count < 0 || count > most) {
      return "its counts hold " + std::to_string(count) + " at letter " + std::to_string(at + 1);
    }
    mask.counts.push_back(static_cast<std::uint32_t>(count));
  }
  mask.counts.shrink_to_fit();
  return faultOf(mask);
}

}  // namespace slab::coco
