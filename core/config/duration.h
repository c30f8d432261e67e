// A length of training as a person writes it: optimizer steps, epochs or a share of the run.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace slab {

/// "60000" (optimizer steps), "48ep" (epochs) or "80%" (of all optimizer steps of the run), counted
/// from optimizer step 0.
struct Duration {
  enum class Unit { Steps, Epochs, Percent };

  double value = 0.0;
  Unit unit = Unit::Steps;

  static Duration steps(double n) { return {n, Unit::Steps}; }
  static Duration epochs(double n) { return {n, Unit::Epochs}; }
  static Duration percent(double n) { return {n, Unit::Percent}; }

  /// Nothing where the text is no duration (negative and non-finite values are none).
  static std::optional<Duration> parse(std::string_view text);

  /// The canonical text, e.g. "48ep"; parse(toString()) is the same duration.
  [[nodiscard]] std::string toString() const;

  /// Whole optimizer steps, rounded half up. `stepsPerEpoch` and `totalSteps` may be fractional
  /// only in previews.
  [[nodiscard]] std::int64_t toSteps(double stepsPerEpoch, double totalSteps) const;

  friend bool operator==(const Duration&, const Duration&) = default;
};

}  // namespace slab
