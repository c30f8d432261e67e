#include "core/base/time_of_day.h"

#include <charconv>
#include <ctime>

namespace slab {
namespace {

// The whole of `text` as a number of one or two digits, below `limit`.
std::optional<int> smallNumber(std::string_view text, int limit) {
  int value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_whole = problem == std::errc() && end == text.data() + text.size();
  if (!is_whole || text.size() > 2 || text.front() == '-' || value >= limit) return std::nullopt;
  return value;
}

std::tm localTime(double wall_seconds) {
  const auto seconds = static_cast<std::time_t>(wall_seconds);
  std::tm parts{};
  localtime_r(&seconds, &parts);
  return parts;
}

}  // namespace

std::optional<double> nextTimeOfDay(std::string_view hh_mm, double now) {
  const std::size_t colon = hh_mm.find(':');
  if (colon == std::string_view::npos || colon == 0 || hh_mm.size() != colon + 3) return std::nullopt;
  const auto hour = smallNumber(hh_mm.substr(0, colon), 24), minute = smallNumber(hh_mm.substr(colon + 1), 60);
  if (!hour || !minute) return std::nullopt;
  for (int days = 0; days < 2; ++days) {
    std::tm parts = localTime(now);
    parts.tm_mday += days;
    parts.tm_hour = *hour;
    parts.tm_min = *minute;
    parts.tm_sec = 0;
    parts.tm_isdst = -1;  // the zone decides for that day
    const auto at = static_cast<double>(std::mktime(&parts));
    if (at > now) return at;
  }
  return std::nullopt;
}

std::string toTimeOfDay(double wall_seconds) {
  const std::tm parts = localTime(wall_seconds);
  char text[8];
  const auto length = std::strftime(text, sizeof text, "%H:%M", &parts);
  return {text, length};
}

}  // namespace slab
