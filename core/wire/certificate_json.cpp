#include "core/wire/certificate_json.h"

#include <nlohmann/json.hpp>

namespace slab {
namespace {

using Json = nlohmann::ordered_json;

Json rowJson(const FoldRow& row) {
  Json entry{{"norm", row.layer}, {"kind", row.norm}, {"rule", row.rule}, {"into", row.into}, {"folded", row.folded}};
  if (!row.folded) {
    entry["reason"] = row.reason;
    return entry;
  }
  entry["max_error"] = row.maxError;
  entry["relative_error"] = row.relativeError;
  entry["max_error_double"] = row.maxErrorDouble;
  entry["relative_error_double"] = row.relativeErrorDouble;
  entry["parameters_before"] = row.parametersBefore;
  entry["parameters_after"] = row.parametersAfter;
  entry["normalised_values"] = row.normalised;
  if (row.biasMapValues > 0) entry["bias_map_values"] = row.biasMapValues;
  return entry;
}

}  // namespace

std::string certificateJson(const FoldReport& report) {
  Json layers = Json::array();
  for (const auto& row : report.rows) layers.push_back(rowJson(row));
  const Json certificate{{"model", report.model},
                         {"layers", std::move(layers)},
                         {report.isDetector ? "maps" : "logits",
                          {{"max_error", report.logitsMaxError},
                           {"relative_error", report.logitsRelativeError},
                           {"max_error_double", report.logitsMaxErrorDouble},
                           {"relative_error_double", report.logitsRelativeErrorDouble}}},
                         {"images", report.images},
                         {report.isDetector ? "same_detections" : "same_top1", report.sameTop1},
                         {report.isDetector ? "changed_detections" : "changed_top1", report.changedTop1},
                         {"parameters_before", report.parametersBefore},
                         {"parameters_after", report.parametersAfter},
                         {"macs_before", report.macsBefore},
                         {"macs_after", report.macsAfter},
                         {"normalised_values_before", report.normalisedBefore},
                         {"normalised_values_after", report.normalisedAfter},
                         {"output", report.output},
                         {"sha256", report.sha256},
                         {"warnings", report.warnings}};
  return certificate.dump(2);
}

}  // namespace slab
