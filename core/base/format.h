// Numbers and times as a person reads them; the same in the terminal and in the window.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace slab {

/// "29.2 M", "4.48 G", "74 k", "385": three significant digits with a decimal prefix.
std::string formatCount(double value);

/// "1.90 MB" (decimal units).
std::string formatBytes(double bytes);

/// "3 752": a space between thousands (U+202F, narrow and unbreakable, with `thin`).
std::string formatInteger(std::int64_t value, bool thin = false);

/// "2:51", "1:02:09", "3 d 04:00"; seconds below a minute as "0:07".
std::string formatDuration(double seconds);

/// `digits` significant digits without trailing noise; "nan", "inf", "-inf" for the non-finite.
std::string formatNumber(double value, int digits = 4);

/// The candidate with the smallest edit distance, or "" when none is near (distance > 1/3 length + 1).
std::string nearestName(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace slab
