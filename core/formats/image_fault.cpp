#include "core/formats/image_fault.h"

#include <algorithm>
#include <array>
#include <utility>

namespace slab {
namespace {

constexpr std::array<std::pair<ImageFault, std::string_view>, 10> kNames{{
    {ImageFault::Unreadable, "unreadable"},
    {ImageFault::Empty, "empty"},
    {ImageFault::NotAnImage, "not_an_image"},
    {ImageFault::Unsupported, "unsupported"},
    {ImageFault::Cut, "cut"},
    {ImageFault::Damaged, "damaged"},
    {ImageFault::TooLarge, "too_large"},
    {ImageFault::Crashed, "crashed"},
    {ImageFault::Endless, "endless"},
    {ImageFault::Forbidden, "forbidden"},
}};

}  // namespace

std::string_view toString(ImageFault fault) {
  const auto found = std::find_if(kNames.begin(), kNames.end(), [&](const auto& row) { return row.first == fault; });
  return found == kNames.end() ? std::string_view() : found->second;
}

std::optional<ImageFault> imageFaultFromName(std::string_view name) {
  const auto found = std::find_if(kNames.begin(), kNames.end(), [&](const auto& row) { return row.second == name; });
  if (found == kNames.end()) return std::nullopt;
  return found->first;
}

}  // namespace slab
