#include "widgets/sweep_view/sweep_axis_scale.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "core/base/format.h"
#include "core/config/duration.h"

namespace slab {
namespace {

constexpr double kLogRatio = 8;
constexpr std::size_t kMostTicks = 6;

/// The number of a value, and the unit that follows it.
struct Number {
  double value = 0;
  QString unit;
};

std::optional<Number> numberOf(const Json& value) {
  if (value.is_number()) return Number{value.get<double>(), {}};
  if (!value.is_string()) return std::nullopt;
  const auto duration = Duration::parse(value.get<std::string>());
  if (!duration) return std::nullopt;
  const QString unit = duration->unit == Duration::Unit::Percent  ? "%"
                       : duration->unit == Duration::Unit::Epochs ? "ep"
                                                                  : QString();
  return Number{duration->value, unit};
}

}  // namespace

QString sweepValueText(const Json& value) {
  if (value.is_number_float()) return QString::fromStdString(formatNumber(value.get<double>(), 4));
  return QString::fromStdString(value.is_string() ? value.get<std::string>() : value.dump());
}

SweepAxisScale::SweepAxisScale(const std::vector<Json>& values) {
  for (const Json& value : values) {
    if (std::find(distinct_.begin(), distinct_.end(), value) == distinct_.end()) distinct_.push_back(value);
  }
  std::vector<double> numbers;
  QString unit;
  for (const Json& value : distinct_) {
    const auto number = numberOf(value);
    if (!number || (!numbers.empty() && number->unit != unit)) return;
    unit = number->unit;
    numbers.push_back(number->value);
  }
  if (numbers.empty()) return;
  std::sort(distinct_.begin(), distinct_.end(),
            [](const Json& a, const Json& b) { return numberOf(a)->value < numberOf(b)->value; });
  low_ = *std::min_element(numbers.begin(), numbers.end());
  high_ = *std::max_element(numbers.begin(), numbers.end());
  kind_ = low_ > 0 && high_ >= kLogRatio * low_ ? Kind::Log : Kind::Linear;
}

double SweepAxisScale::numericPlace(double value) const {
  if (high_ <= low_) return 0.5;
  return kind_ == Kind::Log ? std::log(value / low_) / std::log(high_ / low_) : (value - low_) / (high_ - low_);
}

double SweepAxisScale::place(const Json& value) const {
  if (kind_ != Kind::Words) return numericPlace(numberOf(value).value_or(Number{low_, {}}).value);
  const auto found = std::find(distinct_.begin(), distinct_.end(), value);
  if (distinct_.size() < 2) return 0.5;
  return static_cast<double>(found - distinct_.begin()) / static_cast<double>(distinct_.size() - 1);
}

std::vector<SweepAxisScale::Tick> SweepAxisScale::ticks() const {
  std::vector<Tick> ticks;
  const bool areFew = distinct_.size() <= kMostTicks;
  for (std::size_t i = 0; i < distinct_.size(); ++i) {
    if (areFew || i == 0 || i + 1 == distinct_.size())
      ticks.push_back({place(distinct_[i]), sweepValueText(distinct_[i])});
  }
  return ticks;
}

}  // namespace slab
