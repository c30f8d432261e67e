// slab model: list, tree.
#include <memory>

#include "app/cli/command.h"
#include "app/cli/config_source.h"
#include "app/cli/output.h"
#include "core/base/error.h"
#include "core/base/format.h"
#include "core/config/arch/registry.h"
#include "core/config/cost.h"
#include "core/config/enums.h"

namespace slab::cli {
namespace {

struct Options {
  std::string name;
  std::string family;
  ConfigOptions source;
  bool json = false;
};

int listModels(const Options& options) {
  TextTable table({"name", "norm", "attention", "width", "depths", "parameters", "MACs"},
                  {false, false, false, true, false, true, true});
  Json list = Json::array();
  for (const auto& entry : registry()) {
    if (!options.family.empty() && toString(entry.family) != options.family) continue;
    const ModelCost cost = modelCost(entry.config);
    std::string depths;
    for (const auto depth : entry.config.depths) depths += (depths.empty() ? "" : " ") + std::to_string(depth);
    table.add({entry.name, std::string(wordOf(entry.config.norm)), entry.config.attention,
               std::to_string(entry.config.embedDim), depths, formatCount(static_cast<double>(cost.parameters)),
               formatCount(static_cast<double>(cost.macs))});
    Json row{{"name", entry.name},
             {"family", toString(entry.family)},
             {"norm", wordOf(entry.config.norm)},
             {"attention", entry.config.attention},
             {"parameters", cost.parameters},
             {"macs", cost.macs}};
    list.push_back(std::move(row));
  }
  if (list.empty()) throw Error(ErrorKind::Config, "there is no model family '" + options.family + "'");
  options.json ? printPrettyJson(list) : table.print();
  return kDone;
}

ModelConfig chosenModel(const Options& options) {
  ConfigOptions source = options.source;
  if (!options.name.empty()) source.overrides.insert(source.overrides.begin(), "model.name=" + options.name);
  const LoadedConfig loaded = source.load();
  std::vector<ConfigIssue> issues;
  for (const auto& issue : loaded.issues) {
    if (issue.isError() && (issue.key.empty() || issue.key.rfind("model.", 0) == 0)) issues.push_back(issue);
  }
  printIssues(issues);
  if (!issues.empty()) throw Error(ErrorKind::Config, "this model can't be built; the problems are named above");
  return loaded.config.model;
}

int printTree(const Options& options) {
  const ModelConfig model = chosenModel(options);
  const ModelCost total = modelCost(model);
  const auto rows = modelTree(model);
  if (options.json) {
    Json modules = Json::array();
    for (const auto& row : rows) {
      modules.push_back(Json{{"path", row.path},
                             {"what", row.what},
                             {"output", row.output},
                             {"depth", row.depth},
                             {"parameters", row.parameters},
                             {"folded_parameters", row.foldedParameters},
                             {"macs", row.macs}});
    }
    printPrettyJson(Json{{"name", model.name},
                         {"parameters", total.parameters},
                         {"folded_parameters", total.foldedParameters},
                         {"macs", total.macs},
                         {"modules", std::move(modules)}});
    return kDone;
  }
  TextTable table({"module", "what", "output", "parameters", "folded", "MACs"},
                  {false, false, false, true, true, true});
  for (const auto& row : rows) {
    table.add({std::string(static_cast<std::size_t>(row.depth) * 2, ' ') + row.path, row.what, row.output,
               formatInteger(row.parameters), formatInteger(row.foldedParameters),
               formatCount(static_cast<double>(row.macs))});
  }
  table.add({model.name, "", std::to_string(model.classes), formatInteger(total.parameters),
             formatInteger(total.foldedParameters), formatCount(static_cast<double>(total.macs))});
  table.print();
  return kDone;
}

}  // namespace

Action setUpModel(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.require_subcommand(1);
  CLI::App* list = app.add_subcommand("list", "Every model by name");
  list->add_option("--family", options->family, "deit, swin, pvt, pvt_v2 or cswin only");
  list->add_flag("--json", options->json, "One JSON array");

  CLI::App* tree = app.add_subcommand("tree", "Modules with shapes, parameters and multiply-accumulates of one image");
  tree->add_option("NAME", options->name, "Registry name; --set model.key=value changes it");
  options->source.add(*tree);
  tree->add_flag("--json", options->json, "One JSON object");
  return [options, list]() -> int { return list->parsed() ? listModels(*options) : printTree(*options); };
}

}  // namespace slab::cli
