// slab sweep: a grid or a random search as jobs of the queue, and what came of it.
#include <algorithm>
#include <cmath>
#include <memory>

#include "app/cli/command.h"
#include "app/cli/output.h"
#include "app/cli/queue_output.h"
#include "core/base/error.h"
#include "core/base/format.h"
#include "core/config/sweep.h"
#include "core/store/run_queue.h"

namespace slab::cli {
namespace {

struct Options {
  ProjectOption project;
  QueuedSource source;
  std::vector<std::string> grid, over;
  std::int64_t random = 0, seed = 0;
  std::string name;
  bool dryRun = false;
  bool json = false;
  std::int64_t shown = 0;
};

Search makeSearch(const Options& options) {
  if (options.grid.empty() == options.over.empty()) {
    throw CLI::ValidationError("give either --grid KEY=VALUE,VALUE ... or --random N --over KEY=log:LOW:HIGH ...");
  }
  if (!options.grid.empty()) return gridSearch(options.grid);
  if (options.random <= 0) throw CLI::RequiredError("--random N with --over");
  return randomSearch(options.over, static_cast<std::size_t>(options.random), static_cast<std::uint64_t>(options.seed));
}

// Every problem of every trial is named before any is queued.
std::vector<Trial> planTrials(const QueuedSource& options, const Search& search, std::string& name) {
  const LoadedConfig base = options.load();
  if (base.given.empty()) (void)options.loadOrThrow();  // there is no such file or preset: it says so
  if (name.empty()) name = baseName(options, base.config);
  ConfigSource source{.preset = options.preset, .text = "", .fileName = options.file, .overrides = options.overrides};
  if (!options.file.empty()) source.text = base.given;
  auto trials = planSweep(name, source, search.settings);
  const auto errors = sweepErrors(trials);
  if (errors.empty()) {
    for (const Trial& trial : trials) options.requireSameModel(trial.config.config);
    return trials;
  }
  printIssues(errors);
  throw Error(ErrorKind::Config, "the sweep has " + std::to_string(errors.size()) +
                                     (errors.size() == 1 ? " problem" : " problems") +
                                     ", named above; nothing was queued");
}

int queueSweep(const Options& options) {
  QueuedSource source = options.source;
  source.resolve();
  const Search search = makeSearch(options);
  std::string name = options.name;
  const std::vector<Trial> trials = planTrials(source, search, name);
  std::vector<NewJob> jobs;
  for (const Trial& trial : trials) {
    jobs.push_back({trial.name, takeSnapshot(trial.config, std::filesystem::current_path()),
                    slab::toJson(trial.settings).dump(), source.branchPoint});
  }
  if (options.dryRun) {
    for (const NewJob& job : jobs) printLine(job.name);
    return kDone;
  }
  printAdded(RunQueue(options.project.path()).addSweep(name, search.method.dump(), jobs), jobs, options.json);
  return kDone;
}

struct TrialRow {
  QueueJob job;
  std::optional<RunSummary> run;
  Json settings;
};

// The best first; trials without a figure keep the queue's order behind them.
std::vector<TrialRow> trialsOf(RunQueue& queue, const std::filesystem::path& project, std::int64_t sweep) {
  std::vector<TrialRow> rows;
  for (QueueJob& job : queue.jobs()) {
    if (job.sweep != sweep) continue;
    auto run = runOf(project, job);
    Json settings = Json::parse(job.settings, nullptr, false);
    rows.push_back({std::move(job), std::move(run), std::move(settings)});
  }
  const auto best = [](const TrialRow& row) { return row.run && row.run->bestTop1 >= 0 ? row.run->bestTop1 : -1; };
  std::stable_sort(rows.begin(), rows.end(), [&](const auto& a, const auto& b) { return best(a) > best(b); });
  return rows;
}

void printTrials(const std::vector<TrialRow>& rows) {
  std::vector<std::string> header{"job", "state"};
  std::vector<bool> right{true, false};
  std::vector<std::string> keys;
  for (const auto& [key, value] : rows.front().settings.items()) {
    keys.push_back(key);
    header.push_back(key);
    right.push_back(true);
  }
  for (const char* figure : {"step", "loss", "score", "best", "time"}) {
    header.emplace_back(figure);
    right.push_back(true);
  }
  TextTable table(header, right);
  for (const TrialRow& row : rows) {
    std::vector<std::string> cells{std::to_string(row.job.id), std::string(toString(row.job.state))};
    for (const auto& key : keys) {
      const Json value = row.settings.value(key, Json("-"));
      cells.push_back(value.is_string() ? value.get<std::string>() : value.dump());
    }
    cells.push_back(stepWords(row.run));
    cells.push_back(row.run && std::isfinite(row.run->loss) ? formatNumber(row.run->loss) : "-");
    cells.push_back(percentOrDash(row.run ? row.run->top1 : RunSummary::kUnknown));
    cells.push_back(percentOrDash(row.run ? row.run->bestTop1 : RunSummary::kUnknown));
    cells.push_back(row.run ? formatDuration(row.run->activeSeconds) : "-");
    table.add(std::move(cells));
  }
  table.print();
}

int showSweep(const Options& options) {
  const std::filesystem::path project = options.project.path();
  RunQueue queue(project);
  const auto sweeps = queue.sweeps();
  if (sweeps.empty())
    throw Error(ErrorKind::Config, "there is no sweep in '" + project.string() + "'; slab sweep queues one");
  const auto wanted = std::find_if(sweeps.begin(), sweeps.end(), [&](const SweepRecord& sweep) {
    return options.shown == 0 || sweep.id == options.shown;
  });
  if (wanted == sweeps.end()) {
    throw Error(ErrorKind::Config, "there is no sweep " + std::to_string(options.shown) + "; the newest is " +
                                       std::to_string(sweeps.front().id));
  }
  const auto rows = trialsOf(queue, project, wanted->id);
  if (options.json) {
    Json json{{"id", wanted->id}, {"name", wanted->name}, {"method", Json::parse(wanted->method, nullptr, false)}};
    json["trials"] = Json::array();
    for (const TrialRow& row : rows) json["trials"].push_back(toJson(row.job, row.run));
    printPrettyJson(json);
    return kDone;
  }
  printLine("sweep " + std::to_string(wanted->id) + ", " + wanted->name + ": " + wanted->method);
  if (rows.empty()) {
    printLine("all its trials were removed from the queue");
  } else {
    printTrials(rows);
  }
  return kDone;
}

}  // namespace

Action setUpSweep(CLI::App& app) {
  auto options = std::make_shared<Options>();
  options->source.add(app);
  options->project.add(app);
  app.add_option("--grid", options->grid, "Every combination of the values of keys")->type_name("KEY=VALUE,VALUE ...");
  app.add_option("--random", options->random, "Number of random trials")->type_name("N")->check(CLI::PositiveNumber);
  app.add_option("--over", options->over, "With --random: KEY=log:LOW:HIGH, KEY=lin:LOW:HIGH or KEY=VALUE,VALUE")
      ->type_name("KEY=RANGE ...");
  app.add_option("--seed", options->seed, "Of --random: the same seed draws the same trials")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--name", options->name, "What its runs' names begin with");
  app.add_flag("--dry-run", options->dryRun, "Check and name the trials, queue nothing");
  app.add_flag("--json", options->json, "For scripts");
  CLI::App* show = app.add_subcommand("show", "The trials of a sweep, best first");
  show->add_option("SWEEP", options->shown, "Its number (default: the newest)");
  options->project.add(*show);
  show->add_flag("--json", options->json, "One JSON object");
  app.footer("Every trial is checked before any is queued; slab queue run trains them.");
  return [options, show]() -> int { return show->parsed() ? showSweep(*options) : queueSweep(*options); };
}

}  // namespace slab::cli
