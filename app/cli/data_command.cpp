// slab data: looks through a data set before it is trained on.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <stop_token>

#include "app/cli/coco_eval_command.h"
#include "app/cli/coco_scan.h"
#include "app/cli/command.h"
#include "app/cli/config_source.h"
#include "app/cli/data_pack_command.h"
#include "app/cli/make_scenes_command.h"
#include "app/cli/output.h"
#include "app/cli/scan_progress.h"
#include "app/cli/signals.h"
#include "core/base/format.h"
#include "core/jobs/inspection.h"

namespace slab::cli {
namespace {

constexpr std::size_t kSizesNamed = 5;

struct Options {
  ConfigOptions config;
  std::string folder;
  std::string type = "image_folder", annotations, root;  // --type coco
  std::int64_t limit = 0;
  int workers = 0;
  bool json = false, events = false, strict = false;
};

std::string titleOf(const ScanReport& report, std::size_t label) {
  return label < report.classTitles.size() ? report.classTitles[label] : std::string();
}

std::string classNameOf(const ScanReport& report, std::size_t label) {
  return label < report.classNames.size() ? report.classNames[label] : std::to_string(label);
}

std::int64_t at(const std::vector<std::int64_t>& counts, std::size_t label) {
  return label < counts.size() ? counts[label] : 0;
}

Json toJson(const ScanReport& report) {
  Json defects = Json::array(), notices = Json::array(), classes = Json::array(), sizes = Json::array();
  for (const auto& defect : report.defects) {
    Json row{{"path", defect.path}, {"kind", defect.kind}, {"reason", defect.reason}};
    if (defect.offset >= 0) row["offset"] = defect.offset;
    defects.push_back(std::move(row));
  }
  for (const auto& notice : report.notices) notices.push_back({{"path", notice.path}, {"message", notice.message}});
  for (std::size_t i = 0; i < report.classCounts.size(); ++i) {
    Json row{{"name", classNameOf(report, i)}, {"images", report.classCounts[i]}, {"bad", at(report.classFaults, i)}};
    if (!titleOf(report, i).empty()) row["title"] = titleOf(report, i);
    if (!report.valCounts.empty()) row["val_images"] = at(report.valCounts, i);
    classes.push_back(std::move(row));
  }
  for (const auto& size : report.sizes) {
    sizes.push_back({{"width", size.width}, {"height", size.height}, {"images", size.images}});
  }
  return {{"images", report.images},
          {"bad", report.bad},
          {"complete", report.complete},
          {"reused", report.reused},
          {"defects", std::move(defects)},
          {"notices", std::move(notices)},
          {"empty", report.emptyClasses},
          {"classes", std::move(classes)},
          {"sizes", std::move(sizes)},
          {"sandbox", report.sandbox},
          {"lost_processes", report.lostProcesses},
          {"manifest", report.manifest},
          {"seconds", report.seconds}};
}

/// "cut 3, damaged 2"
std::string kindsText(const ScanReport& report) {
  std::map<std::string, std::int64_t> kinds;
  for (const auto& defect : report.defects) ++kinds[defect.kind.empty() ? "damaged" : defect.kind];
  std::string text;
  for (const auto& [kind, count] : kinds) text += (text.empty() ? "" : ", ") + kind + " " + formatInteger(count);
  return text;
}

void printClasses(const ScanReport& report) {
  const bool hasTitles = !report.classTitles.empty(), hasVal = !report.valCounts.empty();
  std::vector<std::string> header{"class", "train", "bad"};
  std::vector<bool> right{false, true, true};
  if (hasVal) header.emplace_back("val"), right.push_back(true);
  if (hasTitles) header.emplace_back("name"), right.push_back(false);
  TextTable table(header, right);
  for (std::size_t i = 0; i < report.classCounts.size(); ++i) {
    std::vector<std::string> row{classNameOf(report, i), formatInteger(report.classCounts[i]),
                                 formatInteger(at(report.classFaults, i))};
    if (hasVal) row.push_back(formatInteger(at(report.valCounts, i)));
    if (hasTitles) row.push_back(titleOf(report, i));
    table.add(std::move(row));
  }
  table.print();
}

void printSizes(const ScanReport& report) {
  std::string text;
  for (std::size_t i = 0; i < std::min(report.sizes.size(), kSizesNamed); ++i) {
    const ScanSize& size = report.sizes[i];
    text += (i > 0 ? ", " : "") + std::to_string(size.width) + " x " + std::to_string(size.height) + " (" +
            formatInteger(size.images) + ")";
  }
  if (!text.empty()) printLine("commonest sizes: " + text);
}

void print(const ScanReport& report) {
  printClasses(report);
  printSizes(report);
  for (const auto& name : report.emptyClasses) printLine("empty class  " + name);
  for (const auto& notice : report.notices) printLine("note  " + notice.path + ": " + notice.message);
  for (const auto& defect : report.defects) {
    printLine((defect.kind.empty() ? "damaged" : defect.kind) + "  " + defect.path + ": " + defect.reason);
  }
  printLine(formatInteger(report.images) + " images, " + formatInteger(report.bad) + " bad" +
            (report.bad > 0 ? " (" + kindsText(report) + ")" : "") + ", " +
            formatInteger(static_cast<std::int64_t>(report.classCounts.size())) + " classes, looked through in " +
            formatDuration(report.seconds) +
            (report.reused > 0 ? ", " + formatInteger(report.reused) + " of them known from the last scan" : ""));
  if (!report.complete) printLine("stopped before the end: scan again to go on from here");
  if (!report.sandbox.empty()) printLine("decoded under " + report.sandbox);
  if (!report.manifest.empty()) printLine("verdicts are in " + report.manifest);
  if (!report.titlesHint.empty()) printLine("hint: " + report.titlesHint);
}

int scanCocoSet(const Options& options) {
  if (options.annotations.empty()) throw CLI::RequiredError("--annotations");
  if (!options.folder.empty() || options.config.isGiven()) {
    throw CLI::ValidationError("--type coco", "goes with --annotations and --root, not with a folder or configuration");
  }
  return scanCoco({options.annotations, options.root, options.json, options.events, options.strict});
}

int scan(const Options& options) {
  if (options.type == "coco") return scanCocoSet(options);
  if (!options.annotations.empty() || !options.root.empty()) {
    throw CLI::ValidationError("--annotations and --root", "go with --type coco");
  }
  ConfigOptions given = options.config;
  if (!options.folder.empty()) {
    given.overrides.push_back("data.type=image_folder");
    given.overrides.push_back("data.root=" + Json(options.folder).dump());
  }
  const LoadedConfig loaded = given.load();
  ScanRequest request;
  request.config = toJsonText(loaded.config);
  request.limit = options.limit;
  request.workers = options.workers;
  std::stop_source stop;
  const StopSignals signals([&] { stop.request_stop(); });
  ScanProgress progress(options.events);
  const ScanReport report =
      jobs::scanData(request, stop.get_token(), [&](const ProgressBody& body) { progress.show(body); });
  progress.finish();
  if (options.events) {
    // The body as the window's messages have it: the two read the same structure.
    printLine(R"({"event":"report","report":)" + makeReply(0, report).body + "}");
  } else if (options.json) {
    printPrettyJson(toJson(report));
  } else {
    print(report);
  }
  return options.strict && (report.bad > 0 || !report.complete) ? kFailed : kDone;
}

}  // namespace

Action setUpData(CLI::App& app) {
  app.require_subcommand(1);
  auto options = std::make_shared<Options>();
  auto* scanApp =
      app.add_subcommand("scan", "Decode every image in a sandbox; report what is damaged, empty or missing");
  options->config.add(*scanApp);
  scanApp->add_option("folder", options->folder, "Image folder with train/<class> and val/<class> or val/ and a list");
  scanApp->add_option("--type", options->type, "image_folder, or coco for an annotation file and its images")
      ->check(CLI::IsMember({"image_folder", "coco"}))
      ->capture_default_str();
  scanApp->add_option("--annotations", options->annotations, "With --type coco: the annotation file");
  scanApp->add_option(
      "--root", options->root,
      "With --type coco: the folder that file_name is relative to; without it images are not looked at");
  scanApp->add_option("--limit", options->limit, "Look at the first images only")->check(CLI::NonNegativeNumber);
  scanApp->add_option("--workers", options->workers, "Decoding processes; 0: one a core")
      ->check(CLI::NonNegativeNumber);
  scanApp->add_flag("--json", options->json, "The report as JSON");
  scanApp->add_flag("--events", options->events, "Progress and report as JSON, one object a line");
  scanApp->add_flag("--strict", options->strict, "Exit code 1 when an image is bad or the scan was stopped");
  scanApp->footer(
      "Verdicts are kept in <folder>/.slab-manifest.tsv, or under XDG_CACHE_HOME where the folder can't be written:\n"
      "the next scan decodes only what is new or changed, and training skips what was found bad. Ctrl+C keeps what\n"
      "was scanned. Labels of a flat val/ come from val.txt (\"name.JPEG 65\" or \"name.JPEG n01751748\"), val.csv or\n"
      "Kaggle's LOC_val_solution.csv. Of a COCO set every faulty record is named, and every image that\n"
      "is missing or of another size than its record. Exit code 0: scanned, bad images or not (see --strict), 1: "
      "failed,\n"
      "2: usage.");
  const std::vector<std::pair<std::string, Action>> others{
      {"pack", setUpDataPack(app)}, {"coco-eval", setUpCocoEval(app)}, {"make-scenes", setUpMakeScenes(app)}};
  return [options, others, scanApp, &app] {
    if (scanApp->parsed()) return scan(*options);
    const auto given =
        std::find_if(others.begin(), others.end(), [&](const auto& other) { return app.got_subcommand(other.first); });
    return given->second();
  };
}

}  // namespace slab::cli
