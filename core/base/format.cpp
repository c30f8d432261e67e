#include "core/base/format.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <numeric>

namespace slab {
namespace {

std::string printed(const char* format, double value) {
  std::array<char, 64> text{};
  const int length = std::snprintf(text.data(), text.size(), format, value);
  return {text.data(), static_cast<std::size_t>(length)};
}

// Three significant digits of a value below 1000.
std::string threeDigits(double value) {
  if (value >= 99.95) return printed("%.0f", value);
  if (value >= 9.995) return printed("%.1f", value);
  return printed("%.2f", value);
}

std::string scaled(double value, const char* unit) {
  static constexpr std::array<const char*, 6> kPrefixes{"", "k", "M", "G", "T", "P"};
  std::size_t index = 0;
  double magnitude = std::fabs(value);
  while (magnitude >= 999.5 && index + 1 < kPrefixes.size()) {
    magnitude /= 1000.0;
    ++index;
  }
  const std::string sign = value < 0 ? "-" : "";
  const bool whole = index == 0 && std::floor(magnitude) == magnitude;
  std::string number = sign + (whole ? printed("%.0f", magnitude) : threeDigits(magnitude));
  const std::string suffix = std::string(kPrefixes[index]) + unit;
  return suffix.empty() ? number : number + " " + suffix;
}

std::size_t editDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({substituted, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string formatCount(double value) { return scaled(value, ""); }

std::string formatBytes(double bytes) { return scaled(bytes, "B"); }

std::string formatInteger(std::int64_t value, bool thin) {
  const std::string digits = std::to_string(value < 0 ? -value : value);
  const std::string_view space = thin ? "\u202F" : " ";
  std::string text = value < 0 ? "-" : "";
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += space;
    text += digits[i];
  }
  return text;
}

std::string formatDuration(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return "unknown";
  const auto total = static_cast<std::int64_t>(std::llround(seconds));
  const auto days = total / 86400;
  const auto hours = total / 3600 % 24;
  const auto minutes = total / 60 % 60;
  std::array<char, 64> text{};
  if (days > 0) {
    std::snprintf(text.data(), text.size(), "%lld d %02lld:%02lld", static_cast<long long>(days),
                  static_cast<long long>(hours), static_cast<long long>(minutes));
  } else if (hours > 0) {
    std::snprintf(text.data(), text.size(), "%lld:%02lld:%02lld", static_cast<long long>(hours),
                  static_cast<long long>(minutes), static_cast<long long>(total % 60));
  } else {
    std::snprintf(text.data(), text.size(), "%lld:%02lld", static_cast<long long>(minutes),
                  static_cast<long long>(total % 60));
  }
  return text.data();
}

std::string formatNumber(double value, int digits) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*g", digits, value);
  return text.data();
}

std::string nearestName(std::string_view name, const std::vector<std::string>& candidates) {
  std::string best;
  std::size_t best_distance = name.size() / 3 + 2;
  for (const auto& candidate : candidates) {
    const std::size_t distance = editDistance(name, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

}  // namespace slab
