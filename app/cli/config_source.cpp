#include "app/cli/config_source.h"

#include <algorithm>
#include <filesystem>

#include "app/cli/output.h"
#include "core/base/error.h"
#include "core/base/format.h"
#include "core/store/run_directory.h"

namespace slab::cli {

void ConfigOptions::add(CLI::App& app) {
  auto* presetOption =
      app.add_option("--preset", preset, "Name of a built-in configuration (slab config print --list)");
  auto* fileOption = app.add_option("--config", file, "Configuration file: JSON, // comments allowed");
  presetOption->excludes(fileOption);
  app.add_option("--set", overrides, "key=value, applied last; may be repeated (slab config help lists the keys)")
      ->type_name("KEY=VALUE")
      ->expected(1)
      ->take_all();
}

LoadedConfig ConfigOptions::load(const CountImages& count) const {
  if (!file.empty()) return loadConfigFile(file, overrides, count);
  return loadConfig({.preset = preset, .text = "", .fileName = "", .overrides = overrides}, count);
}

LoadedConfig ConfigOptions::loadOrThrow() const {
  LoadedConfig loaded = load();
  printIssues(loaded.issues);
  const auto errors = std::count_if(loaded.issues.begin(), loaded.issues.end(),
                                    [](const ConfigIssue& issue) { return issue.isError(); });
  if (errors > 0) {
    throw Error(ErrorKind::Config, "the configuration has " + std::to_string(errors) +
                                       (errors == 1 ? " problem" : " problems") + ", named above; nothing was started");
  }
  return loaded;
}

LoadedConfig loadNamed(const std::string& name, const CountImages& count) {
  std::error_code ignored;
  if (RunDirectory::isRun(name)) return loadConfigFile(RunDirectory(name).config().string(), {}, count);
  if (std::filesystem::is_regular_file(name, ignored)) return loadConfigFile(name, {}, count);
  if (findPreset(name) != nullptr) {
    return loadConfig({.preset = name, .text = "", .fileName = "", .overrides = {}}, count);
  }
  std::vector<std::string> names;
  for (const auto& preset : presets()) names.push_back(preset.name);
  const std::string near = nearestName(name, names);
  throw Error(ErrorKind::Config, "'" + name + "' is neither a run, nor a configuration file, nor a preset" +
                                     (near.empty() ? "" : "; did you mean " + near + "?"));
}

}  // namespace slab::cli
