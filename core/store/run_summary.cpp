#include "core/store/run_summary.h"

#include <charconv>
#include <map>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/store/run_reader.h"
#include "core/store/schema.h"

namespace slab {
namespace {

using Json = nlohmann::ordered_json;

std::filesystem::path notesFile(const RunDirectory& run) {
  return run.path() / "notes.json";
}

using State = std::map<std::string, std::string>;

std::string textOf(const State& state, std::string_view key) {
  const auto found = state.find(std::string(key));
  return found == state.end() ? std::string() : found->second;
}

double numberOf(const State& state, std::string_view key, double missing) {
  const std::string text = textOf(state, key);
  double value = missing;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::int64_t countOf(const State& state, std::string_view key) {
  const std::string text = textOf(state, key);
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

void fillFromState(RunSummary& summary, const State& state) {
  summary.state = runStateFromString(textOf(state, state_key::kState)).value_or(RunState::Created);
  summary.message = textOf(state, state_key::kMessage);
  summary.model = textOf(state, state_key::kModel);
  summary.dataset = textOf(state, state_key::kDataset);
  summary.device = textOf(state, state_key::kDevice);
  summary.processes = static_cast<int>(numberOf(state, state_key::kProcesses, 1));
  summary.started = numberOf(state, state_key::kStarted, 0);
  summary.ended = numberOf(state, state_key::kEnded, 0);
  summary.activeSeconds = numberOf(state, state_key::kActiveSeconds, 0);
  summary.step = countOf(state, state_key::kStep);
  summary.steps = countOf(state, state_key::kSteps);
  summary.epoch = numberOf(state, state_key::kEpoch, 0);
  summary.loss = numberOf(state, state_key::kLoss, RunSummary::kUnknown);
  summary.lambda = numberOf(state, state_key::kLambda, RunSummary::kUnknown);
  summary.top1 = numberOf(state, state_key::kTop1, RunSummary::kUnknown);
  summary.bestTop1 = numberOf(state, state_key::kBestTop1, RunSummary::kUnknown);
  summary.score = textOf(state, state_key::kScore);
  summary.parameters = numberOf(state, state_key::kParameters, RunSummary::kUnknown);
  summary.alarm = textOf(state, state_key::kAlarm);
  summary.alarmStep = countOf(state, state_key::kAlarmStep);
  summary.parent = textOf(state, state_key::kParent);
  summary.parentStep = countOf(state, state_key::kParentStep);
}

}  // namespace

std::filesystem::path RunSummary::parentPath() const {
  return parent.empty() ? std::filesystem::path() : (path / parent).lexically_normal();
}

RunSummary summarize(const RunDirectory& run) {
  RunSummary summary;
  summary.name = run.name();
  summary.path = run.path();
  summary.notes = readNotes(run);
  std::error_code ignored;
  if (std::filesystem::exists(run.database(), ignored)) {
    try {
      RunReader reader(run);
      fillFromState(summary, reader.state());
      for (const CheckpointRecord& record : reader.checkpoints()) {
        if (record.good) summary.lastCheckpoint = record.path;
      }
    } catch (const EmptyDatabase&) {
      // Killed in its first moments: nothing is lost, and resuming makes the tables.
    } catch (const Error& error) {
      summary.problem = error.what();
    }
  }
  checkWriter(summary);
  return summary;
}

void checkWriter(RunSummary& summary) {
  summary.writer.reset();
  const auto holder = readLock(RunDirectory(summary.path));
  if (holder && isAlive(*holder)) summary.writer = holder;
  if (isActive(summary.state) && !summary.writer) summary.state = RunState::Lost;
}

RunNotes readNotes(const RunDirectory& run) {
  RunNotes notes;
  try {
    const Json json = Json::parse(readTextFile(notesFile(run)));
    notes.notes = json.value("notes", std::string());
    notes.tags = json.value("tags", std::vector<std::string>());
    notes.colour = json.value("colour", -1);
    notes.starred = json.value("starred", false);
  } catch (const Error&) {
    return {};
  } catch (const Json::exception&) {
    return {};
  }
  return notes;
}

void writeNotes(const RunDirectory& run, const RunNotes& notes, bool durable) {
  const Json json = {
      {"notes", notes.notes}, {"tags", notes.tags}, {"colour", notes.colour}, {"starred", notes.starred}};
  replaceFile(notesFile(run), json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n", durable);
}

}  // namespace slab
