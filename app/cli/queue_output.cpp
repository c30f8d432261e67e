#include "app/cli/queue_output.h"

#include <cmath>

#include "app/cli/output.h"
#include "app/cli/score_json.h"
#include "core/base/clock.h"
#include "core/base/format.h"
#include "core/store/run_index.h"

namespace slab::cli {
void ProjectOption::add(CLI::App& app) {
  app.add_option("--project", directory, "Project directory (default: the user's own)")->type_name("DIR");
}

std::filesystem::path ProjectOption::path() const {
  return directory.empty() ? RunIndex::defaultProject("default") : std::filesystem::absolute(directory);
}

std::optional<RunSummary> runOf(const std::filesystem::path& project, const QueueJob& job) {
  if (job.run.empty() || !RunDirectory::isRun(project / "runs" / job.run)) return std::nullopt;
  return summarize(RunDirectory(project / "runs" / job.run));
}

Json toJson(const QueueJob& job, const std::optional<RunSummary>& run) {
  Json json{{"id", job.id}, {"name", job.name}, {"state", toString(job.state)}, {"reason", job.reason}};
  json["run"] = job.run;
  if (!job.from.empty()) json["from"] = job.from;
  if (job.processes > 1) json["processes"] = job.processes;
  if (job.sweep != 0) json["sweep"] = job.sweep;
  if (!job.settings.empty()) json["settings"] = Json::parse(job.settings, nullptr, false);
  json["added"] = toIso8601(job.added);
  if (job.started > 0) json["started"] = toIso8601(job.started);
  if (job.ended > 0) json["ended"] = toIso8601(job.ended);
  if (!run) return json;
  json["run_state"] = toString(run->state);
  json["step"] = run->step;
  json["steps"] = run->steps;
  json["loss"] = numberOrNull(run->loss);
  addScores(json, *run);
  json["active_seconds"] = run->activeSeconds;
  return json;
}

std::string stepWords(const std::optional<RunSummary>& run) {
  if (!run) return "-";
  return formatInteger(run->step) + (run->steps > 0 ? " / " + formatInteger(run->steps) : "");
}

std::string percentOrDash(double value) {
  return std::isnan(value) || value < 0 ? "-" : formatNumber(value, 4) + " %";
}

void QueuedSource::add(CLI::App& app) {
  ConfigOptions::add(app);
  app.add_option("--from", from,
                 "Branch: begin with a checkpoint of a run (its newest now, or that of STEP), with its configuration "
                 "and --set, or with --config or --preset")
      ->type_name("DIR[@STEP]");
}

void QueuedSource::resolve() {
  const bool isNamed = !preset.empty() || !file.empty();
  if (from.empty()) {
    if (!isNamed) throw CLI::RequiredError("--preset, --config or --from");
    return;
  }
  point_ = jobs::openBranchPoint(parseCheckpointName(from));
  branchPoint = point_->parent.string() + '@' + std::to_string(point_->checkpoint.step);
  if (!isNamed) file = RunDirectory(point_->parent).config().string();
}

void QueuedSource::requireSameModel(const RunConfig& config) const {
  if (point_) jobs::requireSameModel(*point_, config);
}

std::string baseName(const QueuedSource& source, const RunConfig& config) {
  if (!source.branchPoint.empty()) {
    const CheckpointName point = parseCheckpointName(source.branchPoint);
    return point.run.filename().string() + "-from-" + std::to_string(*point.step);
  }
  if (!source.preset.empty()) return source.preset;
  const std::string stem = std::filesystem::path(source.file).stem().string();
  return stem.empty() || stem == "config" ? config.model.name : stem;
}

void printAdded(const std::vector<std::int64_t>& ids, const std::vector<NewJob>& jobs, bool json) {
  if (json) return printJson(Json{{"ids", ids}});
  for (std::size_t i = 0; i < ids.size(); ++i) printLine("job " + std::to_string(ids[i]) + ": " + jobs[i].name);
}

}  // namespace slab::cli
