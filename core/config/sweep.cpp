#include "core/config/sweep.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>

#include "core/base/error.h"
#include "core/base/rng.h"

namespace slab {
namespace {

constexpr std::size_t kMaxNameBytes = 120;
constexpr int kDrawnDigits = 4;

[[noreturn]] void refuse(const std::string& message) {
  throw Error(ErrorKind::Config, message);
}

// "key=rest" with a key that there is.
std::pair<std::string, std::string> splitKey(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0 || equals + 1 == text.size()) {
    refuse("'" + std::string(text) + "' must have the form key=value,value or, for a random search, key=log:low:high");
  }
  std::string key(text.substr(0, equals));
  if (findField(key) == nullptr) {
    const std::string near = nearestKey(key);
    refuse("there is no key '" + key + "'" +
           (near.empty() ? "; slab config help lists them all" : "; did you mean " + near + "?"));
  }
  return {std::move(key), std::string(text.substr(equals + 1))};
}

std::vector<Json> splitValues(const std::string& text) {
  std::vector<Json> values;
  std::string value;
  int depth = 0;
  bool is_quoted = false;
  const auto take = [&] {
    Json json = Json::parse(value, nullptr, false);
    values.push_back(json.is_discarded() ? Json(value) : std::move(json));
    value.clear();
  };
  for (const char c : text) {
    if (c == '"') is_quoted = !is_quoted;
    if (!is_quoted) depth += (c == '[') - (c == ']');
    if (c == ',' && depth == 0 && !is_quoted) {
      take();
    } else {
      value += c;
    }
  }
  take();
  return values;
}

// "40%" -> 40 and "%".
bool readBound(const std::string& text, double& value, std::string& unit) {
  char* end = nullptr;
  value = std::strtod(text.c_str(), &end);
  unit = end;
  return end != text.c_str() && std::isfinite(value) && (unit.empty() || unit == "%" || unit == "ep");
}

double toDigits(double value, int digits) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*g", digits, value);
  return std::strtod(text, nullptr);
}

// FNV-1a of a key, so that its draws do not depend on the other keys' order.
std::uint64_t hashText(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  return hash;
}

Json draw(const SweepRange& range, double uniform) {
  if (range.scale == SweepRange::Scale::Choice) {
    return range.choices[static_cast<std::size_t>(uniform * static_cast<double>(range.choices.size()))];
  }
  const bool is_log = range.scale == SweepRange::Scale::Log;
  const double value =
      is_log ? range.low * std::pow(range.high / range.low, uniform) : range.low + (range.high - range.low) * uniform;
  const FieldInfo* field = findField(range.key);
  const bool is_whole = field->type == FieldType::Integer || (field->type == FieldType::Duration && range.unit.empty());
  if (is_whole) return static_cast<std::int64_t>(std::llround(value));
  const double rounded = toDigits(value, kDrawnDigits);
  if (range.unit.empty()) return rounded;
  char text[48];
  std::snprintf(text, sizeof text, "%.*g%s", kDrawnDigits, rounded, range.unit.c_str());
  return std::string(text);
}

void refuseTwice(std::set<std::string>& seen, const std::string& key) {
  if (!seen.insert(key).second) refuse(key + " is given twice; write all its values after one key");
}

void refuseRepeatedValues(const SweepAxis& axis) {
  for (auto value = axis.values.begin(); value != axis.values.end(); ++value) {
    if (std::find(axis.values.begin(), value, *value) == value) continue;
    refuse("the value " + value->dump() + " of " + axis.key + " is given twice");
  }
}

std::string lastWord(const std::string& key) {
  return key.substr(key.rfind('.') == std::string::npos ? 0 : key.rfind('.') + 1);
}

// Only what is safe in a file name and in a shell.
std::string fileNameOf(const Json& value) {
  std::string name;
  for (const char c : value.is_string() ? value.get<std::string>() : value.dump()) {
    if (c == '%') {
      name += "pct";
    } else if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-' || c == '_') {
      name += c;
    } else if (c == ',') {
      name += '_';
    }
  }
  return name;
}

std::string wordsOf(const std::vector<std::string>& names) {
  if (names.size() == 1) return names.front();
  return names.front() + " and " + std::to_string(names.size() - 1) + " more";
}

}  // namespace

SweepAxis parseSweepAxis(std::string_view text) {
  auto [key, rest] = splitKey(text);
  return {std::move(key), splitValues(rest)};
}

SweepRange parseSweepRange(std::string_view text) {
  auto [key, rest] = splitKey(text);
  const bool is_log = rest.rfind("log:", 0) == 0;
  if (!is_log && rest.rfind("lin:", 0) != 0)
    return {std::move(key), SweepRange::Scale::Choice, 0, 0, "", splitValues(rest)};
  const std::size_t colon = rest.find(':', 4);
  SweepRange range{std::move(key), is_log ? SweepRange::Scale::Log : SweepRange::Scale::Linear, 0, 0, "", {}};
  std::string unit;
  const bool is_read = colon != std::string::npos && readBound(rest.substr(4, colon - 4), range.low, range.unit) &&
                       readBound(rest.substr(colon + 1), range.high, unit) && unit == range.unit;
  if (!is_read || !(range.low < range.high)) {
    refuse("'" + std::string(text) + "' must have the form key=lin:low:high or key=log:low:high, with low below high " +
           "and the same unit (none, % or ep) at both");
  }
  if (is_log && range.low <= 0) refuse("'" + std::string(text) + "': a logarithmic range begins above 0");
  return range;
}

std::vector<TrialSettings> gridTrials(const std::vector<SweepAxis>& axes) {
  std::vector<TrialSettings> trials(axes.empty() ? 0 : 1);
  std::set<std::string> seen;
  for (const SweepAxis& axis : axes) {
    refuseTwice(seen, axis.key);
    refuseRepeatedValues(axis);
    std::vector<TrialSettings> longer;
    for (const TrialSettings& trial : trials) {
      for (const Json& value : axis.values) {
        longer.push_back(trial);
        longer.back().emplace_back(axis.key, value);
      }
      if (longer.size() > kMaxTrials) refuse("the grid has more than " + std::to_string(kMaxTrials) + " trials");
    }
    trials = std::move(longer);
  }
  return trials;
}

std::vector<TrialSettings> randomTrials(const std::vector<SweepRange>& ranges, std::size_t count, std::uint64_t seed) {
  if (count > kMaxTrials) refuse("the search has more than " + std::to_string(kMaxTrials) + " trials");
  std::set<std::string> seen;
  for (const SweepRange& range : ranges) refuseTwice(seen, range.key);
  std::vector<TrialSettings> trials(ranges.empty() ? 0 : count);
  for (std::size_t i = 0; i < trials.size(); ++i) {
    for (const SweepRange& range : ranges) {
      trials[i].emplace_back(range.key, draw(range, uniform01(hashKeys(seed, i, hashText(range.key)))));
    }
  }
  return trials;
}

Search gridSearch(const std::vector<std::string>& axes) {
  std::vector<SweepAxis> parsed;
  Json values = Json::object();
  for (const std::string& text : axes) {
    parsed.push_back(parseSweepAxis(text));
    values[parsed.back().key] = parsed.back().values;
  }
  return {gridTrials(parsed), Json{{"grid", values}}};
}

Search randomSearch(const std::vector<std::string>& ranges, std::size_t count, std::uint64_t seed) {
  std::vector<SweepRange> parsed;
  for (const std::string& text : ranges) parsed.push_back(parseSweepRange(text));
  return {randomTrials(parsed, count, seed), Json{{"random", count}, {"seed", seed}, {"over", ranges}}};
}

std::string trialName(const std::string& base, const TrialSettings& settings) {
  std::string name = base;
  for (const auto& [key, value] : settings) {
    const std::string word = lastWord(key);
    const auto same = std::count_if(settings.begin(), settings.end(),
                                    [&](const auto& other) { return lastWord(other.first) == word; });
    name += "-" + (same > 1 ? key : word) + fileNameOf(value);
  }
  return name.substr(0, kMaxNameBytes);
}

std::vector<Trial> planSweep(const std::string& base, const ConfigSource& source,
                             const std::vector<TrialSettings>& settings, std::int64_t ranks) {
  std::vector<Trial> trials;
  for (const TrialSettings& entry : settings) {
    ConfigSource changed = source;
    for (const auto& [key, value] : entry) changed.overrides.push_back(key + "=" + value.dump());
    trials.push_back({trialName(base, entry), entry, loadConfig(changed, {}, ranks)});
  }
  return trials;
}

std::vector<ConfigIssue> sweepErrors(const std::vector<Trial>& trials) {
  std::vector<ConfigIssue> errors;
  std::vector<std::vector<std::string>> names;
  for (const Trial& trial : trials) {
    for (const ConfigIssue& issue : trial.config.issues) {
      if (!issue.isError()) continue;
      const auto known = std::find_if(errors.begin(), errors.end(), [&](const ConfigIssue& other) {
        return other.key == issue.key && other.message == issue.message;
      });
      names.resize(std::max(names.size(), static_cast<std::size_t>(known - errors.begin()) + 1));
      names[static_cast<std::size_t>(known - errors.begin())].push_back(trial.name);
      if (known == errors.end()) errors.push_back(issue);
    }
  }
  for (std::size_t i = 0; i < errors.size(); ++i) {
    if (names[i].size() < trials.size()) errors[i].message += " (in " + wordsOf(names[i]) + ")";
  }
  return errors;
}

Json toJson(const TrialSettings& settings) {
  Json json = Json::object();
  for (const auto& [key, value] : settings) json[key] = value;
  return json;
}

}  // namespace slab
