// Where a value of a key stands on an axis: linear, logarithmic or one of few words.
#pragma once

#include <QString>
#include <vector>

#include "core/config/fields.h"

namespace slab {

/// Made of all values of a key. Numbers (and durations of one unit) get a numeric axis, logarithmic where all are
/// positive and the largest is at least eight times the smallest; anything else has a place for each value.
class SweepAxisScale {
 public:
  enum class Kind { Linear, Log, Words };
  struct Tick {
    double place = 0;  ///< 0 bottom to 1 top
    QString text;
  };

  explicit SweepAxisScale(const std::vector<Json>& values);

  [[nodiscard]] Kind kind() const { return kind_; }
  /// 0 to 1; a single value stands in the middle.
  [[nodiscard]] double place(const Json& value) const;
  [[nodiscard]] std::vector<Tick> ticks() const;

 private:
  [[nodiscard]] double numericPlace(double value) const;

  Kind kind_ = Kind::Words;
  double low_ = 0, high_ = 0;
  std::vector<Json> distinct_;  ///< ascending where numeric, else as first met
};

/// "0.001", "80%", "[2,4]"
QString sweepValueText(const Json& value);

}  // namespace slab
