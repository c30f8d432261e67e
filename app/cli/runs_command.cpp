// slab runs: list, show, and the commands to a running worker over its socket.
#include <cmath>
#include <memory>

#include "app/cli/command.h"
#include "app/cli/output.h"
#include "app/cli/score_json.h"
#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/format.h"
#include "core/store/run_index.h"
#include "core/store/run_reader.h"
#include "core/wire/messages.h"
#include "core/wire/socket.h"

namespace slab::cli {
namespace {

// A checkpoint on a slow disk, or an evaluation that has to end first.
constexpr double kCommandSeconds = 600.0;

struct Options {
  std::string directory;
  bool json = false;
};

std::string numberOrDash(double value, int digits = 4) {
  return std::isnan(value) ? "-" : formatNumber(value, digits);
}

Json toJson(const RunSummary& run) {
  Json json{{"name", run.name},
            {"path", run.path.string()},
            {"state", toString(run.state)},
            {"message", run.message},
            {"model", run.model},
            {"dataset", run.dataset},
            {"device", run.device},
            {"processes", run.processes},
            {"step", run.step},
            {"steps", run.steps},
            {"loss", numberOrNull(run.loss)},
            {"lambda", numberOrNull(run.lambda)}};
  addScores(json, run);
  json["parameters"] = numberOrNull(run.parameters);
  json["active_seconds"] = run.activeSeconds;
  json["last_checkpoint"] = run.lastCheckpoint;
  if (!run.alarm.empty()) json["alarm"] = Json{{"step", run.alarmStep}, {"message", run.alarm}};
  if (!run.parent.empty()) json["parent"] = Json{{"run", run.parentPath().string()}, {"step", run.parentStep}};
  if (run.started > 0) json["started"] = toIso8601(run.started);
  if (run.ended > 0) json["ended"] = toIso8601(run.ended);
  if (run.writer) json["pid"] = run.writer->pid;
  if (!run.problem.empty()) json["problem"] = run.problem;
  return json;
}

std::string progressOf(const RunSummary& run) {
  return formatInteger(run.step) + (run.steps > 0 ? " / " + formatInteger(run.steps) : "");
}

int listRuns(const Options& options) {
  RunIndex index(options.directory.empty() ? RunIndex::defaultProject("default")
                                           : std::filesystem::path(options.directory));
  TextTable table({"run", "state", "model", "step", "loss", "lambda", "score", "best", "time"},
                  {false, false, false, true, true, true, true, true, true});
  Json list = Json::array();
  for (const auto& run : index.scan()) {
    table.add({run.name, std::string(toString(run.state)), run.model, progressOf(run), numberOrDash(run.loss),
               numberOrDash(run.lambda, 3), numberOrDash(run.top1), numberOrDash(run.bestTop1),
               formatDuration(run.activeSeconds)});
    list.push_back(toJson(run));
  }
  if (options.json) {
    printPrettyJson(list);
  } else if (list.empty()) {
    printLine("no runs in " + index.path().string() + "; slab train --preset demo_minute --run " +
              index.newRunPath("demo").string() + " starts one");
  } else {
    table.print();
  }
  return kDone;
}

Json checkpointRows(RunReader& reader, const std::string& score) {
  Json rows = Json::array();
  for (const auto& checkpoint : reader.checkpoints()) {
    rows.push_back(Json{{"step", checkpoint.step},
                        {"path", checkpoint.path},
                        {"bytes", checkpoint.bytes},
                        {scoreKey(score), scoreValue(score, checkpoint.top1)},
                        {"good", checkpoint.good},
                        {"sha256", checkpoint.sha256}});
  }
  return rows;
}

int showRun(const Options& options) {
  const RunDirectory directory = RunDirectory::open(options.directory);
  const RunSummary run = summarize(directory);
  Json json = toJson(run);
  if (run.problem.empty()) {
    RunReader reader(directory);
    json["checkpoints"] = checkpointRows(reader, run.score);
  }
  if (options.json) {
    printPrettyJson(json);
    return kDone;
  }
  TextTable table({"run", run.name});
  for (const auto& [key, value] : json.items()) {
    if (key == "name" || key == "checkpoints" || key == "parent" || key == "alarm" || value.is_null() || value == "")
      continue;
    table.add({key, value.is_string() ? value.get<std::string>() : value.dump()});
  }
  if (!run.alarm.empty()) table.add({"alarm", "at step " + formatInteger(run.alarmStep) + ": " + run.alarm});
  if (!run.parent.empty()) {
    table.add(
        {"parent", run.parentPath().string() + ", branched off after " + formatInteger(run.parentStep) + " steps"});
  }
  if (json.contains("checkpoints")) {
    const std::string key = scoreKey(run.score), score = ", " + std::string(scoreName(run.score)) + " ";
    for (const auto& row : json["checkpoints"]) {
      table.add({"checkpoint", row["path"].get<std::string>() + ", " + formatBytes(row["bytes"].get<double>()) +
                                   (row[key].is_null() ? "" : score + formatNumber(row[key].get<double>())) +
                                   (row["good"].get<bool>() ? "" : ", not good")});
    }
  }
  table.print();
  return kDone;
}

Json toJson(const RunStatus& status) {
  return Json{{"state", status.state},
              {"message", status.message},
              {"step", status.step},
              {"steps", status.steps},
              {"epoch", status.epoch},
              {"loss", numberOrNull(status.loss)},
              {"lambda", status.lambda},
              {scoreKey(status.score), scoreValue(status.score, status.top1)},
              {"checkpoint", status.checkpoint},
              {"eta_seconds", status.etaSeconds}};
}

int command(const Options& options, const std::string& action) {
  const RunDirectory run = RunDirectory::open(options.directory);
  const auto holder = readLock(run);
  if (!holder || !isAlive(*holder)) {
    throw Error(ErrorKind::Config,
                "no process trains '" + run.path().string() + "' at present; slab train --resume --run continues it");
  }
  Client client(holder->socket);
  const RunStatus status =
      unpack<RunStatus>(client.request(makeRequest(client.newId(), RunCommand{action}), kCommandSeconds));
  if (options.json) {
    printJson(toJson(status));
  } else {
    printLine(status.state + " at step " + formatInteger(status.step) + " of " + formatInteger(status.steps) +
              (status.message.empty() ? "" : ": " + status.message) +
              (status.checkpoint.empty() ? "" : "; newest checkpoint " + status.checkpoint));
  }
  return kDone;
}

}  // namespace

Action setUpRuns(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.require_subcommand(1);
  CLI::App* list = app.add_subcommand("list", "The runs of a project, newest first");
  list->add_option("DIR", options->directory, "Project directory (default: the user's own)");
  list->add_flag("--json", options->json, "One JSON array");
  CLI::App* show = app.add_subcommand("show", "State and checkpoints of a run");
  show->add_option("DIR", options->directory, "Run directory")->required();
  show->add_flag("--json", options->json, "One JSON object");

  std::vector<CLI::App*> actions;
  for (const auto& [name, help] :
       {std::pair{"pause", "Write a checkpoint and wait"}, std::pair{"resume", "Go on after a pause"},
        std::pair{"checkpoint", "Write a checkpoint and go on"},
        std::pair{"stop", "Write a checkpoint and end the run"}}) {
    CLI::App* sub = app.add_subcommand(name, help);
    sub->add_option("DIR", options->directory, "Run directory")->required();
    sub->add_flag("--json", options->json, "One JSON object");
    actions.push_back(sub);
  }
  return [options, list, show, actions]() -> int {
    if (list->parsed()) return listRuns(*options);
    if (show->parsed()) return showRun(*options);
    for (const CLI::App* sub : actions) {
      if (sub->parsed()) return command(*options, sub->get_name());
    }
    return kWrongUsage;
  };
}

}  // namespace slab::cli
