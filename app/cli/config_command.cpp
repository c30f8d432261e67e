// slab config: print, check, diff, help.
#include <memory>

#include "app/cli/command.h"
#include "app/cli/config_source.h"
#include "app/cli/output.h"
#include "core/base/error.h"
#include "core/base/format.h"
#include "core/config/diff.h"
#include "core/config/schedule.h"
#include "core/jobs/training_images.h"

namespace slab::cli {
namespace {

struct Options {
  ConfigOptions source;
  std::vector<std::string> names;
  std::string key;
  bool json = false;
  bool list = false;
};

std::string shown(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

int printConfig(const Options& options) {
  if (options.list) {
    TextTable table({"preset", "what"});
    for (const auto& preset : presets()) table.add({preset.name, preset.title});
    table.print();
    return kDone;
  }
  const LoadedConfig loaded = options.names.empty() ? options.source.load() : loadNamed(options.names.front());
  printIssues(loaded.issues);
  printPrettyJson(slab::toJson(loaded.config));
  return hasErrors(loaded.issues) ? kFailed : kDone;
}

// A duration in all units that are known, e.g. "300 steps, 0.8 epochs, 80 %".
std::string inAllUnits(std::int64_t steps, const Plan& plan) {
  std::string text = formatInteger(steps) + " steps";
  if (plan.stepsPerEpoch > 0) text += ", " + formatNumber(plan.epochOf(steps)) + " epochs";
  if (plan.totalSteps > 0) {
    text += ", " + formatNumber(100.0 * static_cast<double>(steps) / static_cast<double>(plan.totalSteps), 3) + " %";
  }
  return text;
}

void printPlan(const RunConfig& config, std::optional<std::int64_t> images) {
  if (!images && config.train.steps <= 0) {
    printLine("the schedule in steps is known once there are images to count: a training does so as it begins");
    return;
  }
  const Plan plan = makePlan(config, images.value_or(0));
  TextTable table({"schedule", ""});
  table.add({"run", formatInteger(plan.totalSteps) + " steps of " + formatInteger(plan.effectiveBatch) + " images" +
                        (plan.stepsPerEpoch > 0 ? ", " + formatInteger(plan.stepsPerEpoch) + " an epoch" : "")});
  if (config.model.norm == NormKind::PrepBn) {
    table.add({"lambda stays 1 until", inAllUnits(plan.lambda.warmup, plan)});
    table.add({"lambda reaches 0 at", inAllUnits(plan.lambda.end, plan)});
  }
  table.add({"learning rate", formatNumber(plan.lr.base) + ", warm-up " + inAllUnits(plan.lr.warmup, plan)});
  table.add({"evaluation every", plan.evalEvery > 0 ? inAllUnits(plan.evalEvery, plan) : "only at the end"});
  table.add(
      {"checkpoint every", plan.checkpointEvery > 0 ? inAllUnits(plan.checkpointEvery, plan) : "only at the end"});
  table.print();
}

int checkConfig(const Options& options) {
  std::optional<std::int64_t> images;
  const CountImages count = [&](const RunConfig& config) {
    images = jobs::countTrainingImages(config);
    return images;
  };
  const LoadedConfig loaded =
      options.names.empty() ? options.source.load(count) : loadNamed(options.names.front(), count);
  const bool bad = hasErrors(loaded.issues);
  if (options.json) {
    Json json{{"ok", !bad}, {"issues", toJson(loaded.issues)}};
    if (images) json["images"] = *images;
    printJson(json);
    return bad ? kFailed : kDone;
  }
  printIssues(loaded.issues);
  if (!bad) {
    printPlan(loaded.config, images);
    printLine("the configuration is sound");
  }
  return bad ? kFailed : kDone;
}

int diffConfigs(const Options& options) {
  std::vector<RunConfig> configs;
  std::vector<std::string> header{"key"};
  for (const auto& name : options.names) {
    const LoadedConfig loaded = loadNamed(name);
    for (const auto& issue : loaded.issues) {
      if (issue.isError()) printIssues({issue});
    }
    configs.push_back(loaded.config);
    header.push_back(name);
  }
  const auto differences = diff(configs);
  if (options.json) {
    Json rows = Json::array();
    for (const auto& row : differences) rows.push_back(Json{{"key", row.key}, {"values", row.values}});
    printJson(rows);
    return kDone;
  }
  if (differences.empty()) {
    printLine("no difference");
    return kDone;
  }
  TextTable table(header);
  for (const auto& row : differences) {
    std::vector<std::string> cells{row.key};
    for (const auto& value : row.values) cells.push_back(shown(value));
    table.add(std::move(cells));
  }
  table.print();
  return kDone;
}

Json describeField(const FieldInfo& field) {
  Json json{{"key", field.key}, {"default", field.defaultValue}, {"help", field.help}};
  if (!field.unit.empty()) json["unit"] = field.unit;
  if (!field.choices.empty()) json["choices"] = field.choices;
  return json;
}

int explainKeys(const Options& options) {
  if (!options.key.empty() && findField(options.key) == nullptr) {
    bool isGroup = false;
    for (const auto& field : fields()) isGroup = isGroup || field.group == options.key;
    const std::string near = nearestKey(options.key);
    if (!isGroup) {
      throw Error(ErrorKind::Config,
                  "there is no key '" + options.key + "'" +
                      (near.empty() ? "; slab config help lists them all" : "; did you mean " + near + "?"));
    }
  }
  TextTable table({"key", "default", "meaning"});
  Json list = Json::array();
  for (const auto& field : fields()) {
    if (!options.key.empty() && field.key != options.key && field.group != options.key) continue;
    std::string meaning = field.help + (field.unit.empty() ? "" : " [" + field.unit + "]");
    if (!field.choices.empty() && meaning.find(field.choices.front()) == std::string::npos) {
      meaning += ":";
      for (const auto& choice : field.choices) meaning += " " + choice;
    }
    table.add({field.key, shown(field.defaultValue), meaning});
    list.push_back(describeField(field));
  }
  options.json ? printPrettyJson(list) : table.print();
  return kDone;
}

}  // namespace

Action setUpConfig(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.require_subcommand(1);
  const char* nameHelp = "A run's directory, a configuration file or a preset, instead of the options";

  CLI::App* print = app.add_subcommand("print", "The resolved configuration as JSON");
  options->source.add(*print);
  print->add_option("NAME", options->names, nameHelp)->expected(0, 1);
  print->add_flag("--list", options->list, "The presets and what they are for");

  CLI::App* check = app.add_subcommand("check", "All problems at once, and the schedule in steps, epochs and percent");
  options->source.add(*check);
  check->add_option("NAME", options->names, nameHelp)->expected(0, 1);
  check->add_flag("--json", options->json, "One JSON object");

  CLI::App* compare = app.add_subcommand("diff", "What differs, by key");
  compare->add_option("NAMES", options->names, "Runs, configuration files or presets")->required()->expected(2, 64);
  compare->add_flag("--json", options->json, "One JSON array");

  CLI::App* help = app.add_subcommand("help", "Every key with its default and meaning");
  help->add_option("KEY", options->key, "One key or group only, e.g. optim or prepbn.lambda_end");
  help->add_flag("--json", options->json, "One JSON array");

  return [options, print, check, compare]() -> int {
    if (print->parsed()) return printConfig(*options);
    if (check->parsed()) return checkConfig(*options);
    return compare->parsed() ? diffConfigs(*options) : explainKeys(*options);
  };
}

}  // namespace slab::cli
