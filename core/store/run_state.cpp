#include "core/store/run_state.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/base/error.h"

namespace slab {
namespace {

constexpr std::array<std::string_view, kRunStates.size()> kNames = {
    "created", "running", "pausing", "paused", "stopping", "stopped", "done", "failed", "lost"};

using enum RunState;

// Every move there is. A full disk pauses a running training; a resumed process starts again from
// whatever was left behind.
constexpr std::pair<RunState, RunState> kMoves[] = {
    {Created, Running},  {Created, Stopped},  {Created, Failed},  {Running, Pausing}, {Running, Paused},
    {Running, Stopping}, {Running, Done},     {Running, Failed},  {Running, Lost},    {Pausing, Paused},
    {Pausing, Running},  {Pausing, Stopping}, {Pausing, Failed},  {Pausing, Lost},    {Pausing, Done},
    {Paused, Running},   {Paused, Stopping},  {Paused, Failed},   {Paused, Lost},     {Stopping, Stopped},
    {Stopping, Failed},  {Stopping, Lost},    {Stopped, Running}, {Done, Running},    {Failed, Running},
    {Lost, Running},
};

}  // namespace

std::string_view toString(RunState state) {
  return kNames[static_cast<std::size_t>(state)];
}

std::optional<RunState> runStateFromString(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return std::nullopt;
  return kRunStates[static_cast<std::size_t>(found - kNames.begin())];
}

bool isMoveAllowed(RunState from, RunState to) {
  return std::find(std::begin(kMoves), std::end(kMoves), std::pair(from, to)) != std::end(kMoves);
}

bool isActive(RunState state) {
  return state == Running || state == Pausing || state == Paused || state == Stopping;
}

void RunStateMachine::moveTo(RunState next) {
  if (!isMoveAllowed(state_, next)) {
    throw Error(ErrorKind::Internal,
                "a run can't go from '" + std::string(toString(state_)) + "' to '" + std::string(toString(next)) + "'");
  }
  state_ = next;
}

}  // namespace slab
