// How much memory may still be filled.
#pragma once

#include <cstdint>
#include <string_view>

namespace slab {

/// Bytes: what the kernel counts as available, or what is left of the control group's limit (a container's)
/// where that is less. 0 where neither can be read.
std::uint64_t availableMemory();

/// Bytes of the row MemAvailable of /proc/meminfo; 0 without one.
std::uint64_t memAvailableIn(std::string_view meminfo);

/// Bytes left by cgroup v2's files memory.max ("max": no limit, then 2^64 - 1) and memory.current.
std::uint64_t leftInControlGroup(std::string_view limit, std::string_view used);

}  // namespace slab
