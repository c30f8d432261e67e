#include "core/config/duration.h"

#include <charconv>
#include <cmath>

namespace slab {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

bool takeSuffix(std::string_view& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return false;
  text = trimmed(text.substr(0, text.size() - suffix.size()));
  return true;
}

}  // namespace

std::optional<Duration> Duration::parse(std::string_view text) {
  text = trimmed(text);
  Unit unit = Unit::Steps;
  if (takeSuffix(text, "%")) {
    unit = Unit::Percent;
  } else if (takeSuffix(text, "ep")) {
    unit = Unit::Epochs;
  }
  double value = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (!std::isfinite(value) || value < 0.0) return std::nullopt;
  if (unit == Unit::Steps && value != std::floor(value)) return std::nullopt;
  return Duration{value, unit};
}

std::string Duration::toString() const {
  char digits[40];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value,
                                          unit == Unit::Steps ? std::chars_format::fixed : std::chars_format::general);
  std::string text(digits, error == std::errc{} ? end : digits);
  if (unit == Unit::Epochs) text += "ep";
  if (unit == Unit::Percent) text += "%";
  return text;
}

std::int64_t Duration::toSteps(double stepsPerEpoch, double totalSteps) const {
  double steps = value;
  if (unit == Unit::Epochs) steps = value * stepsPerEpoch;
  if (unit == Unit::Percent) steps = value * totalSteps / 100.0;
  // Half up; the tiny slack keeps 48 % of 1250 (600.0000000001 or 599.99999) on its whole step.
  return static_cast<std::int64_t>(std::floor(steps + 0.5 + 1e-9));
}

}  // namespace slab
