// slab queue: trainings that run one after another, in an order that can be changed.
#include <algorithm>
#include <functional>
#include <memory>

#include "app/cli/command.h"
#include "app/cli/output.h"
#include "app/cli/queue_output.h"
#include "app/cli/queue_run.h"
#include "app/cli/worker_group.h"
#include "core/base/error.h"
#include "core/base/format.h"
#include "core/base/time_of_day.h"
#include "core/store/run_queue.h"

namespace slab::cli {
namespace {

struct Options {
  ProjectOption project;
  QueuedSource source;
  std::string name;
  int processes = 1;
  std::vector<std::int64_t> ids;
  std::int64_t job = 0, place = 0;
  QueueRunOptions run;
  bool afterJob = false;
  bool json = false;
};

// What several processes may not do, or do otherwise than one.
void checkProcesses(const LoadedConfig& loaded, int processes) {
  if (processes == 1) return;
  std::vector<ConfigIssue> issues = validate(loaded.config, std::nullopt, processes);
  std::erase_if(issues, [&](const ConfigIssue& issue) {
    return std::any_of(loaded.issues.begin(), loaded.issues.end(),
                       [&](const ConfigIssue& known) { return known.message == issue.message; });
  });
  printIssues(issues);
  if (hasErrors(issues)) {
    throw Error(ErrorKind::Config, "the configuration does not do for " + std::to_string(processes) +
                                       " processes, see above; nothing was queued");
  }
}

int addJob(const Options& options) {
  QueuedSource source = options.source;
  source.resolve();
  const LoadedConfig loaded = source.loadOrThrow();
  source.requireSameModel(loaded.config);
  checkProcesses(loaded, options.processes);
  const std::string name = options.name.empty() ? baseName(source, loaded.config) : options.name;
  const std::vector<NewJob> jobs{
      {name, takeSnapshot(loaded, std::filesystem::current_path()), "", source.branchPoint, options.processes}};
  printAdded(RunQueue(options.project.path()).add(jobs), jobs, options.json);
  return kDone;
}

std::string workerWords(const std::filesystem::path& project, const QueueOrders& orders) {
  const auto worker = queueWorker(project);
  if (!worker) return "nothing runs the queue now; slab queue run --project " + project.string() + " does";
  std::string words = "process " + std::to_string(worker->pid) + " runs the queue";
  if (orders.until > 0) words += " until " + toTimeOfDay(orders.until);
  if (orders.stop == QueueOrders::Stop::AfterJob) words += ", and ends after the running job";
  return words;
}

Json listJson(const std::filesystem::path& project, RunQueue& queue) {
  const auto worker = queueWorker(project);
  const QueueOrders orders = queue.orders();
  Json json{{"project", project.string()}, {"pid", worker ? Json(worker->pid) : Json(nullptr)}};
  json["until"] = worker && orders.until > 0 ? Json(toTimeOfDay(orders.until)) : Json(nullptr);
  json["jobs"] = Json::array();
  for (const QueueJob& job : queue.jobs()) json["jobs"].push_back(toJson(job, runOf(project, job)));
  return json;
}

int listJobs(const Options& options) {
  const std::filesystem::path project = options.project.path();
  RunQueue queue(project);
  if (options.json) {
    printPrettyJson(listJson(project, queue));
    return kDone;
  }
  const auto jobs = queue.jobs();
  if (jobs.empty()) {
    printLine("no jobs in the queue of " + project.string() + "; slab queue add --preset demo_minute adds one");
    return kDone;
  }
  TextTable table({"job", "state", "name", "step", "score", "time", "why"},
                  {true, false, false, true, true, true, false});
  for (const QueueJob& job : jobs) {
    const auto run = runOf(project, job);
    table.add({std::to_string(job.id), std::string(toString(job.state)), job.run.empty() ? job.name : job.run,
               stepWords(run), percentOrDash(run ? run->top1 : RunSummary::kUnknown),
               run ? formatDuration(run->activeSeconds) : "-", job.reason});
  }
  table.print();
  printLine(workerWords(project, queue.orders()));
  return kDone;
}

int changeJobs(const Options& options, void (RunQueue::*change)(std::int64_t)) {
  RunQueue queue(options.project.path());
  Json changed = Json::array();
  for (const std::int64_t id : options.ids) (queue.*change)(id);
  for (const QueueJob& job : queue.jobs()) {
    if (std::find(options.ids.begin(), options.ids.end(), job.id) == options.ids.end()) continue;
    changed.push_back(toJson(job, std::nullopt));
    if (!options.json) printLine("job " + std::to_string(job.id) + " is " + std::string(toString(job.state)));
  }
  if (options.json) printJson(changed);
  return kDone;
}

int removeJobs(const Options& options) {
  RunQueue queue(options.project.path());
  for (const std::int64_t id : options.ids) {
    queue.remove(id);
    if (!options.json) {
      printLine("job " + std::to_string(id) + " is out of the queue; slab queue restore " + std::to_string(id) +
                " puts it back");
    }
  }
  if (options.json) printJson(Json{{"removed", options.ids}});
  return kDone;
}

int moveJob(const Options& options) {
  RunQueue(options.project.path()).move(options.job, static_cast<std::size_t>(options.place - 1));
  if (options.json) {
    printJson(Json{{"id", options.job}, {"place", options.place}});
  } else {
    printLine("job " + std::to_string(options.job) + " has place " + std::to_string(options.place));
  }
  return kDone;
}

struct Entry {
  CLI::App* sub;
  std::function<int(const Options&)> work;
};

CLI::App* addSubcommand(CLI::App& app, Options& options, const char* name, const char* help) {
  CLI::App* sub = app.add_subcommand(name, help);
  options.project.add(*sub);
  sub->add_flag("--json", options.json, "For scripts");
  return sub;
}

void addEditing(CLI::App& app, Options& o, std::vector<Entry>& entries) {
  CLI::App* add = addSubcommand(app, o, "add", "Queue a training: its configuration is kept as it is now");
  o.source.add(*add);
  add->add_option("--name", o.name,
                  "Of its run (default: the preset's, the file's or the model's; of a branch PARENT-from-STEP)");
  add->add_option("--nproc", o.processes, "Processes that train it together, as slab launch starts them")
      ->check(CLI::Range(1, kMostProcesses));
  entries.push_back({add, addJob});
  entries.push_back({addSubcommand(app, o, "list", "Running, waiting and finished jobs"), listJobs});
  CLI::App* move = addSubcommand(app, o, "move", "Give a waiting job another place: 1 is next");
  move->add_option("JOB", o.job, "Number of the job")->required();
  move->add_option("PLACE", o.place, "1, 2, ...; beyond the end is the end")->required()->check(CLI::PositiveNumber);
  entries.push_back({move, moveJob});

  const auto addChange = [&](const char* name, const char* help, std::function<int(const Options&)> work) {
    CLI::App* sub = addSubcommand(app, o, name, help);
    sub->add_option("JOBS", o.ids, "Numbers of jobs")->required();
    entries.push_back({sub, std::move(work)});
  };
  const auto change = [](void (RunQueue::*call)(std::int64_t)) {
    return [call](const Options& options) { return changeJobs(options, call); };
  };
  addChange("hold", "Keep waiting jobs from starting", change(&RunQueue::hold));
  addChange("release", "Let held jobs start; failed and stopped ones go on", change(&RunQueue::release));
  addChange("remove", "Take jobs out of the queue; their runs stay", removeJobs);
  addChange("restore", "Put removed jobs back", change(&RunQueue::restore));
}

void addRunning(CLI::App& app, Options& o, std::vector<Entry>& entries) {
  CLI::App* run = addSubcommand(app, o, "run", "Run the jobs one after another, until none waits");
  run->add_option("PROJECT", o.project.directory, "As --project");
  run->add_option("--until", o.run.until, "Time of day from which no job starts")->type_name("HH:MM");
  run->add_flag("--and-stop", o.run.stopsAtUntil, "At that time stop the running job too, with a checkpoint");
  entries.push_back({run, [](const Options& options) {
                       QueueRunOptions how = options.run;
                       how.json = options.json;
                       return runQueue(options.project.path(), how);
                     }});
  CLI::App* stop = addSubcommand(app, o, "stop", "End the process that runs the queue; its job goes on next time");
  stop->add_flag("--after-job", o.afterJob, "When the running job is over");
  entries.push_back(
      {stop, [](const Options& options) { return stopQueue(options.project.path(), options.afterJob, options.json); }});
}

}  // namespace

Action setUpQueue(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.require_subcommand(1);
  std::vector<Entry> entries;
  addEditing(app, *options, entries);
  addRunning(app, *options, entries);
  return [options, entries]() -> int {
    for (const Entry& entry : entries) {
      if (entry.sub->parsed()) return entry.work(*options);
    }
    return kWrongUsage;
  };
}

}  // namespace slab::cli
