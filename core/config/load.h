// From a file, a preset and `--set key=value` to a configuration, with all problems at once.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/run_config.h"
#include "core/config/validate.h"

namespace slab {

/// Where a configuration comes from. The names of detector and model (and the preset) are applied first, then the
/// other keys of the text, then the overrides, in their order.
struct ConfigSource {
  std::string preset;                  // resources/presets/<preset>.json; "" = none
  std::string text;                    // JSON with // comments; "" = none
  std::string fileName;                // for messages; may be empty
  std::vector<std::string> overrides;  // "train.batch=64"; the value is JSON if it parses, else a string
};

struct LoadedConfig {
  RunConfig config;
  /// The text as given (of the preset, where there is no other), stored beside the resolved file.
  std::string given;
  /// Problems of reading (syntax, unknown keys, types) and of validate(); see hasErrors().
  std::vector<ConfigIssue> issues;
};

/// The images of a configuration's training set, where they can be told.
using CountImages = std::function<std::optional<std::int64_t>(const RunConfig&)>;

/// Never throws for bad input: what is wrong stands in `issues`, the rest is applied. validate() is told what `count`
/// says of the configuration as it was read, or, without it, what the configuration alone tells; and `ranks`.
LoadedConfig loadConfig(const ConfigSource& source, const CountImages& count = {}, std::int64_t ranks = 1);

/// As loadConfig, from a file; a file that cannot be read is an issue too.
LoadedConfig loadConfigFile(const std::string& path, const std::vector<std::string>& overrides = {},
                            const CountImages& count = {});

/// The resolved configuration as pretty JSON with a newline at the end.
std::string toJsonText(const RunConfig& config);

struct Preset {
  std::string name;
  std::string title;  // the first // comment of the file
  std::string text;
};

/// All presets, compiled into the program, in alphabetical order.
const std::vector<Preset>& presets();
const Preset* findPreset(std::string_view name);

}  // namespace slab
