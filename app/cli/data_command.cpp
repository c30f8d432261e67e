// slab data: looks through a data set before it is trained on.
#include <cstdio>
#include <memory>
#include <stop_token>

#include "app/cli/command.h"
#include "app/cli/config_source.h"
#include "app/cli/output.h"
#include "app/cli/signals.h"
#include "core/base/format.h"
#include "core/jobs/inspection.h"

namespace slab::cli {
namespace {

struct Options {
  ConfigOptions config;
  std::string folder;
  std::int64_t limit = 0;
  bool json = false;
};

Json toJson(const ScanReport& report) {
  Json defects = Json::array(), classes = Json::array();
  for (const auto& defect : report.defects) defects.push_back({{"path", defect.path}, {"reason", defect.reason}});
  for (std::size_t i = 0; i < report.classCounts.size(); ++i) {
    classes.push_back({{"name", i < report.classNames.size() ? report.classNames[i] : std::to_string(i)},
                       {"images", report.classCounts[i]}});
  }
  return {{"images", report.images},       {"bad", report.bad},
          {"defects", std::move(defects)}, {"empty", report.emptyClasses},
          {"classes", std::move(classes)}, {"seconds", report.seconds}};
}

void print(const ScanReport& report) {
  printLine(formatInteger(report.images) + " images, " + formatInteger(report.bad) + " bad, " +
            formatInteger(static_cast<std::int64_t>(report.classCounts.size())) + " classes, looked through in " +
            formatDuration(report.seconds));
  for (const auto& name : report.emptyClasses) printLine("empty class  " + name);
  for (const auto& defect : report.defects) printLine("defect  " + defect.path + ": " + defect.reason);
}

int scan(const Options& options) {
  ConfigOptions given = options.config;
  if (!options.folder.empty()) {
    given.overrides.push_back("data.type=image_folder");
    given.overrides.push_back("data.root=" + Json(options.folder).dump());
  }
  const LoadedConfig loaded = given.load();
  ScanRequest request;
  request.config = toJsonText(loaded.config);
  request.limit = options.limit;
  std::stop_source stop;
  const StopSignals signals([&] { stop.request_stop(); });
  const bool terminal = isTerminal(2);
  const ScanReport report = jobs::scanData(request, stop.get_token(), [&](const ProgressBody& progress) {
    if (terminal) {
      std::fprintf(stderr, "\r\033[K%s  %lld of %lld", progress.text.c_str(), static_cast<long long>(progress.done),
                   static_cast<long long>(progress.total));
    }
  });
  if (terminal) std::fputs("\r\033[K", stderr);
  if (options.json) {
    printPrettyJson(toJson(report));
  } else {
    print(report);
  }
  return kDone;
}

}  // namespace

Action setUpData(CLI::App& app) {
  app.require_subcommand(1);
  auto options = std::make_shared<Options>();
  auto* scanApp = app.add_subcommand("scan", "Decode every image; report what is damaged, empty or missing");
  options->config.add(*scanApp);
  scanApp->add_option("folder", options->folder, "Image folder with train/<class> and val/<class>");
  scanApp->add_option("--limit", options->limit, "Look at the first images only")->check(CLI::NonNegativeNumber);
  scanApp->add_flag("--json", options->json, "The report as JSON");
  return [options] { return scan(*options); };
}

}  // namespace slab::cli
