#include "core/base/available_memory.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>

namespace slab {
namespace {

std::string textOf(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The first number in a text; 0 without one.
std::uint64_t numberIn(std::string_view text) {
  const auto digits = text.find_first_of("0123456789");
  if (digits == std::string_view::npos) return 0;
  std::uint64_t value = 0;
  std::from_chars(text.data() + digits, text.data() + text.size(), value);
  return value;
}

}  // namespace

std::uint64_t memAvailableIn(std::string_view meminfo) {
  const auto row = meminfo.find("MemAvailable:");
  if (row == std::string_view::npos) return 0;
  return numberIn(meminfo.substr(row, meminfo.find('\n', row) - row)) * 1024;
}

std::uint64_t leftInControlGroup(std::string_view limit, std::string_view used) {
  if (limit.empty() || limit.starts_with("max")) return std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t most = numberIn(limit);
  return most - std::min(numberIn(used), most);
}

std::uint64_t availableMemory() {
  const std::uint64_t group =
      leftInControlGroup(textOf("/sys/fs/cgroup/memory.max"), textOf("/sys/fs/cgroup/memory.current"));
  return std::min(memAvailableIn(textOf("/proc/meminfo")), group);
}

}  // namespace slab
