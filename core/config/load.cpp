#include "core/config/load.h"

#include <fstream>
#include <sstream>

#include "core/config/arch/registry.h"

namespace slab {
namespace {

struct Assignment {
  std::string key;
  Json value;
};

using Issues = std::vector<ConfigIssue>;

void addError(Issues& issues, std::string key, std::string message, std::optional<Mend> mend = std::nullopt) {
  issues.push_back({ConfigIssue::Severity::Error, std::move(key), std::move(message), std::move(mend)});
}

void reportUnknown(Issues& issues, const std::string& key, const Json& value) {
  const std::string near = nearestKey(key);
  std::optional<Mend> mend;
  if (!near.empty()) {
    const std::string shown = near.substr(near.rfind('.') == std::string::npos ? 0 : near.rfind('.') + 1);
    mend = Mend{"Rename to " + shown, near, value, key};
  }
  addError(issues, key, "is not a known key" + (near.empty() ? "" : "; did you mean " + near + "?"), mend);
}

bool isGroup(const std::string& name) {
  for (const auto& field : fields()) {
    if (field.group == name) return true;
  }
  return false;
}

// Flattens {"model": {"name": ...}} to dotted keys; a dotted key at the top level is taken as well.
std::vector<Assignment> flatten(const Json& json, Issues& issues) {
  std::vector<Assignment> assignments;
  for (const auto& [name, value] : json.items()) {
    if (!value.is_object()) {
      assignments.push_back({name, value});
    } else if (isGroup(name)) {
      for (const auto& [inner, item] : value.items()) assignments.push_back({name + "." + inner, item});
    } else {
      addError(issues, name, "is not a known group of keys");
    }
  }
  return assignments;
}

std::string lineAndColumn(const std::string& text, std::size_t byte) {
  std::size_t line = 1, column = 1;
  for (std::size_t i = 0; i + 1 < byte && i < text.size(); ++i) {
    if (text[i] == '\n') {
      ++line;
      column = 1;
    } else {
      ++column;
    }
  }
  return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

// Callback of the parser that notes keys given twice: the last would win silently.
class DuplicateKeys {
 public:
  explicit DuplicateKeys(Issues& issues) : issues_(issues) {}

  bool operator()(int, Json::parse_event_t event, const Json& parsed) {
    if (event == Json::parse_event_t::object_start) scopes_.emplace_back();
    if (event == Json::parse_event_t::object_end && !scopes_.empty()) scopes_.pop_back();
    if (event != Json::parse_event_t::key || scopes_.empty()) return true;
    const auto key = parsed.get<std::string>();
    for (const auto& seen : scopes_.back()) {
      if (seen == key) addError(issues_, key, "is given twice");
    }
    scopes_.back().push_back(key);
    return true;
  }

 private:
  Issues& issues_;
  std::vector<std::vector<std::string>> scopes_;
};

Json parseText(const std::string& text, const std::string& fileName, Issues& issues) {
  constexpr bool kExceptions = true, kComments = true;
  try {
    Json json = Json::parse(text, DuplicateKeys(issues), kExceptions, kComments);
    if (json.is_object()) return json;
    addError(issues, "", (fileName.empty() ? "the configuration" : fileName) + " must be a JSON object");
  } catch (const Json::parse_error& error) {
    addError(issues, "",
             (fileName.empty() ? "the configuration" : fileName) + " is not valid JSON at " +
                 lineAndColumn(text, error.byte));
  }
  return Json::object();
}

std::vector<Assignment> parseOverrides(const std::vector<std::string>& overrides, Issues& issues) {
  std::vector<Assignment> assignments;
  for (const auto& text : overrides) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      addError(issues, "", "--set " + text + " must have the form key=value");
      continue;
    }
    const std::string value = text.substr(equals + 1);
    Json json = Json::parse(value, nullptr, false);
    if (json.is_discarded()) json = value;
    assignments.push_back({text.substr(0, equals), std::move(json)});
  }
  return assignments;
}

// The last one of a key; nullptr where it is not given.
const Assignment* lastOf(const std::vector<Assignment>& assignments, std::string_view key) {
  const Assignment* chosen = nullptr;
  for (const auto& assignment : assignments) {
    if (assignment.key == key) chosen = &assignment;
  }
  return chosen;
}

void applyDetector(const Assignment& chosen, RunConfig& config, Issues& issues) {
  if (auto problem = setField(config, "detector.name", chosen.value)) {
    addError(issues, "detector.name", *problem);
  } else if (const auto* entry = findDetector(config.detector.name)) {
    config.detector = static_cast<const DetectorKeys&>(*entry);
    config.model = entry->backbone;
  }
}

// A detector brings its backbone, which a model's name replaces.
void applyNames(const std::vector<Assignment>& assignments, RunConfig& config, Issues& issues) {
  config.model = modelByName(config.model.name);
  if (const auto* detector = lastOf(assignments, "detector.name")) applyDetector(*detector, config, issues);
  const Assignment* chosen = lastOf(assignments, "model.name");
  if (chosen == nullptr) return;
  if (auto problem = setField(config, "model.name", chosen->value)) {
    addError(issues, "model.name", *problem);
  } else if (const auto* entry = findModel(config.model.name)) {
    config.model = entry->config;
  }
}

}  // namespace

LoadedConfig loadConfig(const ConfigSource& source, const CountImages& count, std::int64_t ranks) {
  LoadedConfig loaded;
  std::vector<Assignment> assignments;
  const auto append = [&](std::vector<Assignment> more) {
    for (auto& assignment : more) assignments.push_back(std::move(assignment));
  };
  if (!source.preset.empty()) {
    if (const auto* preset = findPreset(source.preset)) {
      loaded.given = preset->text;
      append(flatten(parseText(preset->text, source.preset + ".json", loaded.issues), loaded.issues));
    } else {
      std::string all;
      for (const auto& candidate : presets()) all += (all.empty() ? "" : ", ") + candidate.name;
      addError(loaded.issues, "", "there is no preset '" + source.preset + "'; there are " + all);
    }
  }
  if (!source.text.empty()) {
    loaded.given = source.text;
    append(flatten(parseText(source.text, source.fileName, loaded.issues), loaded.issues));
  }
  append(parseOverrides(source.overrides, loaded.issues));

  applyNames(assignments, loaded.config, loaded.issues);
  for (const auto& [key, value] : assignments) {
    if (key == "model.name" || key == "detector.name") continue;
    if (findField(key) == nullptr) {
      reportUnknown(loaded.issues, key, value);
    } else if (auto problem = setField(loaded.config, key, value)) {
      addError(loaded.issues, key, *problem);
    }
  }
  const auto images = count ? count(loaded.config) : std::nullopt;
  for (auto& issue : validate(loaded.config, images, ranks)) loaded.issues.push_back(std::move(issue));
  return loaded;
}

LoadedConfig loadConfigFile(const std::string& path, const std::vector<std::string>& overrides,
                            const CountImages& count) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (!file || text.str().empty()) {
    LoadedConfig loaded = loadConfig({.preset = "", .text = "", .fileName = path, .overrides = overrides}, count);
    addError(loaded.issues, "", "the configuration file " + path + (file ? " is empty" : " cannot be read"));
    return loaded;
  }
  return loadConfig({.preset = "", .text = text.str(), .fileName = path, .overrides = overrides}, count);
}

std::string toJsonText(const RunConfig& config) {
  return toJson(config).dump(2) + "\n";
}

const Preset* findPreset(std::string_view name) {
  for (const auto& preset : presets()) {
    if (preset.name == name) return &preset;
  }
  return nullptr;
}

}  // namespace slab
