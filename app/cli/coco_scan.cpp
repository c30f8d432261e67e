#include "app/cli/coco_scan.h"

#include <stop_token>

#include "app/cli/command.h"
#include "app/cli/output.h"
#include "app/cli/scan_progress.h"
#include "app/cli/signals.h"
#include "core/base/format.h"
#include "core/coco/set_scan.h"
#include "core/config/fields.h"

namespace slab::cli {
namespace {

Json toJson(const coco::SetScanReport& report) {
  Json faults = Json::array(), kinds = Json::object(), classes = Json::array();
  for (const auto& fault : report.faults.named()) {
    faults.push_back({{"kind", coco::toString(fault.kind)},
                      {"record", fault.record},
                      {"message", fault.message},
                      {"usable", !fault.blocks}});
  }
  for (const auto& [kind, count] : report.faults.counts()) kinds[std::string(coco::toString(kind))] = count;
  for (const auto& one : report.classes) {
    classes.push_back({{"id", one.category}, {"name", one.name}, {"objects", one.objects}, {"crowds", one.crowds}});
  }
  return {{"images", report.images},
          {"all_images", report.allImages},
          {"complete", report.isComplete},
          {"annotations", report.annotations},
          {"crowds", report.crowds},
          {"polygons", report.withPolygons},
          {"run_lengths", report.withRunLengths},
          {"images_without_boxes", report.withoutBoxes},
          {"bad", report.faults.count()},
          {"kinds", std::move(kinds)},
          {"faults", std::move(faults)},
          {"classes", std::move(classes)},
          {"seconds", report.seconds}};
}

std::string kindsText(const coco::FaultList& faults) {
  std::string text;
  for (const auto& [kind, count] : faults.counts()) {
    text += (text.empty() ? "" : ", ") + std::string(coco::toString(kind)) + " " + formatInteger(count);
  }
  return text;
}

void print(const coco::SetScanReport& report) {
  TextTable table({"class", "objects", "crowds"}, {false, true, true});
  for (const auto& one : report.classes) {
    table.add({one.name, formatInteger(one.objects), formatInteger(one.crowds)});
  }
  table.print();
  for (const auto& fault : report.faults.named()) {
    printLine(std::string(coco::toString(fault.kind)) + "  " + fault.message);
  }
  const auto named = static_cast<std::int64_t>(report.faults.named().size());
  if (named < report.faults.count()) printLine(formatInteger(report.faults.count() - named) + " more are not named");
  printLine(formatInteger(report.images) + " images, " + formatInteger(report.withoutBoxes) + " without boxes, " +
            formatInteger(report.annotations) + " annotations (" + formatInteger(report.withPolygons) + " polygons, " +
            formatInteger(report.withRunLengths) + " run lengths, " + formatInteger(report.crowds) + " crowds), " +
            formatInteger(report.faults.count()) + " faults" +
            (report.faults.count() > 0 ? " (" + kindsText(report.faults) + ")" : "") + ", looked through in " +
            formatDuration(report.seconds));
  if (report.isComplete) return;
  printLine(report.allImages > 0 ? "stopped before the end of " + formatInteger(report.allImages) + " images"
                                 : "stopped while the annotations were read");
}

}  // namespace

int scanCoco(const CocoScanOptions& options) {
  std::stop_source stop;
  const StopSignals signals([&] { stop.request_stop(); });
  ScanProgress progress(options.events);
  coco::SetScanOptions scan;
  scan.stop = stop.get_token();
  scan.onProgress = [&](std::int64_t done, std::int64_t total) { progress.show({done, total, "images"}); };
  const coco::SetScanReport report = coco::scanSet(options.annotations, options.root, scan);
  progress.finish();
  if (options.events) {
    printJson({{"event", "report"}, {"report", toJson(report)}});
  } else if (options.json) {
    printPrettyJson(toJson(report));
  } else {
    print(report);
  }
  return options.strict && (report.faults.count() > 0 || !report.isComplete) ? kFailed : kDone;
}

}  // namespace slab::cli
