// The life of a run, and the keys of the `state` table that tell it.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace slab {

/// `Lost` is never written: a reader concludes it when the written state is active and no live
/// process holds the run's lock.
enum class RunState { Created, Running, Pausing, Paused, Stopping, Stopped, Done, Failed, Lost };

inline constexpr std::array kRunStates = {RunState::Created, RunState::Running,  RunState::Pausing,
                                          RunState::Paused,  RunState::Stopping, RunState::Stopped,
                                          RunState::Done,    RunState::Failed,   RunState::Lost};

/// "running", "paused", ...: the names in run.db, on the wire and in `slab runs list`.
std::string_view toString(RunState state);
std::optional<RunState> runStateFromString(std::string_view name);

/// Whether the table of moves allows `from` -> `to`. A finished or lost run may run again (resume);
/// staying in a state is no move.
bool isMoveAllowed(RunState from, RunState to);

/// A process must be alive for this state to be true: running, pausing, paused, stopping.
bool isActive(RunState state);

/// Holds a run's state and refuses moves outside the table. Owned by the train thread alone.
class RunStateMachine {
 public:
  explicit RunStateMachine(RunState state = RunState::Created) : state_(state) {}
  [[nodiscard]] RunState state() const { return state_; }
  /// Throws Error(Internal) naming both states when the move is not allowed.
  void moveTo(RunState next);

 private:
  RunState state_;
};

/// What a detector's run says under state_key::kScore.
inline constexpr std::string_view kMaskApScore = "mask_ap";
/// `score` as people read it.
constexpr std::string_view scoreName(std::string_view score) {
  return score == kMaskApScore ? "mask AP" : "top-1";
}

/// Keys of the `state` table, written by the trainer through RunWriter::setState and shown by the
/// run index. Numbers are decimal text; a missing key means unknown.
namespace state_key {
inline constexpr std::string_view kState = "state";                   // a RunState name
inline constexpr std::string_view kMessage = "message";               // why: the failure, "store is full", ...
inline constexpr std::string_view kModel = "model";                   // registry name
inline constexpr std::string_view kDataset = "dataset";               // data.type and folder
inline constexpr std::string_view kDevice = "device";                 // "cpu, 2 threads"
inline constexpr std::string_view kProcesses = "processes";           // that train together
inline constexpr std::string_view kStarted = "started";               // wall seconds of the first start
inline constexpr std::string_view kEnded = "ended";                   // wall seconds
inline constexpr std::string_view kActiveSeconds = "active_seconds";  // without pauses
inline constexpr std::string_view kStep = "step";                     // completed optimizer steps
inline constexpr std::string_view kSteps = "steps";                   // of the whole run
inline constexpr std::string_view kEpoch = "epoch";                   // kStep in epochs, a fraction
inline constexpr std::string_view kLoss = "loss";
inline constexpr std::string_view kLambda = "lambda";
inline constexpr std::string_view kTop1 = "top1";           // last evaluation, percent
inline constexpr std::string_view kBestTop1 = "best_top1";  // percent
inline constexpr std::string_view kScore = "score";         // what those two are: "" (top-1) or kMaskApScore
inline constexpr std::string_view kParameters = "parameters";
inline constexpr std::string_view kAlarm = "alarm";             // of a norm, the newest: one sentence
inline constexpr std::string_view kAlarmStep = "alarm_step";    // where it began
inline constexpr std::string_view kParent = "parent";           // of a branch: the run's path, relative to this one
inline constexpr std::string_view kParentStep = "parent_step";  // completed steps of the checkpoint branched from
inline constexpr std::string_view kPhase = "phase";  // of a running one: "" (training), "recalibration", "evaluation"
}  // namespace state_key

}  // namespace slab
