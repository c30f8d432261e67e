// slab import: reads weights of Python's torch.save or of safetensors files, and makes a model of them.
#include <algorithm>
#include <map>
#include <memory>

#include "app/cli/command.h"
#include "app/cli/model_options.h"
#include "app/cli/output.h"
#include "core/base/error.h"
#include "core/base/format.h"
#include "core/jobs/inspection.h"

namespace slab::cli {
namespace {

struct Options {
  ImportRequest request;
  std::vector<std::string> settings;
  bool allKeys = false;
  bool json = false;
};

Json toJson(const ImportReport& report) {
  Json keys = Json::array();
  for (const auto& row : report.keys) {
    Json entry{{"key", row.key}, {"status", row.status}};
    if (!row.source.empty()) entry["source"] = row.source;
    entry["shape"] = row.shape;
    if (row.sourceShape != row.shape) entry["source_shape"] = row.sourceShape;
    if (!row.note.empty()) entry["note"] = row.note;
    keys.push_back(std::move(entry));
  }
  return {{"format", report.format},         {"part", report.part},         {"parts", report.parts},
          {"notes", report.notes},           {"model", report.model},       {"recognized_by", report.recognizedBy},
          {"candidates", report.candidates}, {"norm", report.norm},         {"image_size", report.imageSize},
          {"classes", report.classes},       {"tensors", report.tensors},   {"parameters", report.parameters},
          {"complete", report.complete},     {"keys", std::move(keys)},     {"missing", report.missing},
          {"unexpected", report.unexpected}, {"reshaped", report.reshaped}, {"output", report.output},
          {"sha256", report.sha256},         {"warnings", report.warnings}};
}

std::string shapeText(const std::vector<std::int64_t>& shape) {
  std::string text;
  for (const auto size : shape) text += (text.empty() ? "" : " x ") + std::to_string(size);
  return text;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + (word.empty() ? "the file itself" : word);
  return text;
}

// Keys that are as they should be are counted; the others are listed, or all of them.
void printKeys(const ImportReport& report, bool all) {
  std::map<std::string, std::size_t> counts;
  TextTable table({"status", "key", "in the file", "note"});
  bool hasRows = false;
  for (const auto& row : report.keys) {
    ++counts[row.status];
    const bool isPlain =
        row.status == "matched" || row.status == "renamed" || row.status == "made" || row.status == "ignored";
    if (isPlain && !all) continue;
    const std::string shape = shapeText(row.sourceShape);
    std::string note = row.note;
    if (row.status == "misshapen") note = shape + " in the file, " + shapeText(row.shape) + " in the model";
    table.add({row.status, row.key, row.source.empty() ? shape : row.source, note});
    hasRows = true;
  }
  std::string line;
  for (const auto& [status, count] : counts) {
    line += (line.empty() ? "" : ", ") + std::to_string(count) + " " + status;
  }
  if (!line.empty()) printLine("keys      " + line);
  if (!hasRows) return;
  printLine("");
  table.print();
}

void print(const ImportReport& report, bool all) {
  printLine("file      " + report.format + ", " + formatInteger(report.tensors) + " tensors" +
            (report.part.empty() ? "" : " under '" + report.part + "'") +
            (report.parts.size() > 1 ? " (weights in: " + joined(report.parts) + ")" : ""));
  if (!report.model.empty()) {
    const std::string name = report.candidates.empty() && report.recognizedBy != "given"
                                 ? "with dimensions of its own, built as " + report.model
                                 : report.model;
    printLine("model     " + name + (report.norm.empty() ? "" : ", " + report.norm + " in the file") +
              (report.imageSize > 0 ? ", " + std::to_string(report.imageSize) + " px" : "") + ", " +
              std::to_string(report.classes) + " classes, " + formatInteger(report.parameters) + " parameters");
  }
  if (!report.candidates.empty()) printLine("fits      " + joined(report.candidates));
  printKeys(report, all);
  if (!report.output.empty()) {
    printLine("written   " + report.output + " (SHA-256 " + report.sha256.substr(0, 16) + "...)");
  }
}

// One sentence on what keeps the import from being whole.
std::string problemOf(const ImportReport& report, const std::string& path) {
  if (report.model.empty()) return path + " holds weights of no model known here; name it with --model";
  const auto misshapen = std::count_if(report.keys.begin(), report.keys.end(),
                                       [](const ImportKey& key) { return key.status == "misshapen"; });
  std::string text = path + " does not fit " + report.model + ": ";
  text += std::to_string(report.missing.size()) + " keys missing, " + std::to_string(report.unexpected.size()) +
          " unexpected, " + std::to_string(misshapen) + " of another shape. ";
  const bool onlyUnexpected = report.missing.empty() && misshapen == 0;
  return text + (onlyUnexpected ? "--drop-unexpected leaves those out"
                                : "Name the model it was made with (--model), or its dimensions (--set model.*)");
}

int run(const Options& options) {
  ImportRequest request = options.request;
  ModelOptions model;
  model.settings = options.settings;
  request.settings = model.source().settings;
  const ImportReport report = jobs::importWeights(request, {});
  for (const auto& warning : report.warnings) printWarning(warning);
  if (options.json) {
    printPrettyJson(toJson(report));
  } else {
    print(report, options.allKeys);
  }
  if (report.complete) return kDone;
  throw Error(ErrorKind::Checkpoint, problemOf(report, request.path));
}

}  // namespace

Action setUpImport(CLI::App& app) {
  auto options = std::make_shared<Options>();
  auto& request = options->request;
  app.add_option("file", request.path, "A .pth or .pt of torch.save, or a .safetensors")->required();
  app.add_option("--model", request.model, "Registry name; recognised from the file where it is not given");
  app.add_option("--out,-o", request.output,
                 "Folder for model.safetensors and config.json; without it the file is only looked at");
  app.add_option("--part", request.part, "Which weights of a file with several, e.g. state_dict_ema");
  app.add_option("--set", options->settings, "Model key as key=value, e.g. model.image_size=384");
  app.add_flag("--drop-unexpected", request.dropUnexpected, "Import although the file has keys the model lacks");
  app.add_flag("--all-keys", options->allKeys, "List every key, not only those that differ");
  app.add_flag("--json", options->json, "The report as JSON");
  return [options] { return run(*options); };
}

}  // namespace slab::cli
