// slab import-events: the curves of TensorBoard event files as a run.
#include <memory>
#include <string>

#include "app/cli/command.h"
#include "app/cli/output.h"
#include "core/base/format.h"
#include "core/jobs/event_import_job.h"

namespace slab::cli {
namespace {

struct Options {
  std::string source;
  std::string run;
  bool json = false;
};

Json toJson(const EventImportReport& report) {
  Json files = Json::array(), series = Json::array(), issues = Json::array();
  for (const auto& file : report.files) files.push_back(file.string());
  for (const auto& one : report.series) series.push_back({{"name", one.name}, {"points", one.points}});
  for (const auto& issue : report.issues) {
    issues.push_back({{"file", issue.file.string()}, {"offset", issue.offset}, {"message", issue.message}});
  }
  return {{"files", files},
          {"series", series},
          {"points", report.points},
          {"superseded", report.superseded},
          {"sessions", report.sessions},
          {"first_step", report.firstStep},
          {"last_step", report.lastStep},
          {"others", report.others},
          {"runs_beside", report.runsBeside},
          {"issue_count", report.issueCount},
          {"issues", issues}};
}

void warn(const EventImportReport& report) {
  for (const auto& issue : report.issues) {
    printWarning(issue.file.string() + ", byte " + std::to_string(issue.offset) + ": " + issue.message);
  }
  const std::int64_t unnamed = report.issueCount - static_cast<std::int64_t>(report.issues.size());
  if (unnamed > 0) printWarning(formatInteger(unnamed) + " more damaged records");
  if (report.others > 0) {
    printWarning(formatInteger(report.others) + " values are no scalars (images, histograms, texts) and are left out");
  }
  for (const auto& folder : report.runsBeside) {
    printWarning("the event files in " + folder + " are a run of their own; import that folder as well");
  }
}

void print(const EventImportReport& report, const std::string& run) {
  printLine("files     " + std::to_string(report.files.size()) + ", " + std::to_string(report.sessions) +
            (report.sessions == 1 ? " session" : " sessions"));
  printLine("steps     " + formatInteger(report.firstStep) + " to " + formatInteger(report.lastStep));
  printLine("points    " + formatInteger(report.points) + " in " + std::to_string(report.series.size()) + " curves" +
            (report.superseded > 0 ? ", " + formatInteger(report.superseded) + " of them taken again later" : ""));
  printLine("written   " + run);
}

int run(const Options& options) {
  const EventImportReport report = jobs::importEvents({options.source, options.run});
  warn(report);
  if (options.json) {
    printPrettyJson(toJson(report));
  } else {
    print(report, options.run);
  }
  return kDone;
}

}  // namespace

Action setUpImportEvents(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("source", options->source, "An event file, or a folder of them: one run")->required();
  app.add_option("--run", options->run, "Run directory to make")->required();
  app.add_flag("--json", options->json, "The report as JSON");
  app.footer("Damaged records are named with their place and passed over; files are read in the order of their names.");
  return [options] { return run(*options); };
}

}  // namespace slab::cli
