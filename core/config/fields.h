// The keys as a table, and access to one key by name: what the form, the help and `--set` use.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/run_config.h"

namespace slab {

using Json = nlohmann::ordered_json;

enum class FieldType { Integer, Number, Boolean, Text, Choice, Duration, IntegerList, NumberList };

struct FieldInfo {
  std::string key;    // "prepbn.lambda_end"
  std::string group;  // "prepbn"; "" for device and threads
  std::string title;  // "PRepBN"
  FieldType type = FieldType::Text;
  std::string help;
  std::string unit;
  double minimum = 0.0, maximum = 0.0;  // may be infinite
  std::vector<std::string> choices;
  Json defaultValue;

  [[nodiscard]] std::string name() const { return group.empty() ? key : key.substr(group.size() + 1); }
};

/// Every key in the order of the documentation.
const std::vector<FieldInfo>& fields();

/// nullptr for an unknown key.
const FieldInfo* findField(std::string_view key);

/// The key nearest to a mistyped one, "" when none is near.
std::string nearestKey(std::string_view key);

/// The value of a key; Error(Config) for an unknown key.
Json getField(const RunConfig& config, std::string_view key);

/// Sets a key; returns what is wrong (unknown key, wrong type), in words, and leaves the
/// configuration unchanged then. `model.name` alone does not apply the registry: see load.h.
std::optional<std::string> setField(RunConfig& config, std::string_view key, const Json& value);

/// The whole configuration, groups as objects, keys in the order of the documentation.
Json toJson(const RunConfig& config);

}  // namespace slab
