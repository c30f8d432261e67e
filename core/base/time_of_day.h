// A time of day as a person writes it, "07:00": when it comes next.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace slab {

/// The wall seconds at which the local clock next shows "HH:MM" after `now` (24 hours, 0:00 to 23:59);
/// nothing where the text is no such time. Follows the time zone's summer time.
std::optional<double> nextTimeOfDay(std::string_view hh_mm, double now);

/// "07:00" of a wall time in seconds, on the local clock.
std::string toTimeOfDay(double wall_seconds);

}  // namespace slab
