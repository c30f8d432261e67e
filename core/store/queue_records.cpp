#include "core/store/queue_records.h"

#include <algorithm>
#include <array>

namespace slab {
namespace {

constexpr std::array<std::string_view, 6> kWords{"waiting", "held", "running", "done", "failed", "stopped"};

}  // namespace

std::string_view toString(JobState state) {
  return kWords[static_cast<std::size_t>(state)];
}

std::optional<JobState> jobStateFromString(std::string_view word) {
  const auto found = std::find(kWords.begin(), kWords.end(), word);
  if (found == kWords.end()) return std::nullopt;
  return static_cast<JobState>(found - kWords.begin());
}

bool isPending(JobState state) {
  return state == JobState::Waiting || state == JobState::Held;
}

}  // namespace slab
