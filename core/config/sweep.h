// One configuration many times: a grid over values of keys, or a random search over ranges.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/config/load.h"

namespace slab {

/// The values of a key in a grid: "optim.lr=1e-3,2e-3". Commas inside [] and "" separate nothing; a value is
/// JSON if it parses, else a text, as after --set.
struct SweepAxis {
  std::string key;
  std::vector<Json> values;
};

/// Where a random search draws a key from:
///   "optim.lr=log:1e-4:1e-2"          uniform in the logarithm, four significant digits
///   "prepbn.lambda_end=lin:40%:90%"   uniform; both ends carry the same unit, the value gets it too
///   "train.batch=log:32:256"          whole numbers for keys that count
///   "model.attention=LL,SS"           one of these
struct SweepRange {
  enum class Scale { Linear, Log, Choice };
  std::string key;
  Scale scale = Scale::Choice;
  double low = 0, high = 0;
  std::string unit;           // "", "%" or "ep"
  std::vector<Json> choices;  // of scale Choice
};

/// What one trial sets, in the order of axes.
using TrialSettings = std::vector<std::pair<std::string, Json>>;

/// Throw Error(Config) with the text and the form it should have; an unknown key names its neighbour.
SweepAxis parseSweepAxis(std::string_view text);
SweepRange parseSweepRange(std::string_view text);

/// More trials than this are a mistake: an Error(Config) with the count.
inline constexpr std::size_t kMaxTrials = 10'000;

/// Every combination, the last axis fastest. Throws Error(Config) for a key or a value given twice.
std::vector<TrialSettings> gridTrials(const std::vector<SweepAxis>& axes);

/// `count` independent draws. A value depends on (seed, number of the trial, key) alone: more trials, or
/// another key beside it, leave the others as they were. Throws Error(Config) for a key given twice.
std::vector<TrialSettings> randomTrials(const std::vector<SweepRange>& ranges, std::size_t count, std::uint64_t seed);

/// The trials of a search, and how they were made, for the record.
struct Search {
  std::vector<TrialSettings> settings;
  Json method;  // {"grid": {"optim.lr": [0.001, 0.002]}} or {"random": 20, "seed": 0, "over":
                // ["optim.lr=log:1e-4:1e-2"]}
};

/// From the texts of axes or ranges. Throw Error(Config) as the functions above do.
Search gridSearch(const std::vector<std::string>& axes);
Search randomSearch(const std::vector<std::string>& ranges, std::size_t count, std::uint64_t seed);

struct Trial {
  std::string name;  // "demo-lr0.001-lambda_end80pct": a file name
  TrialSettings settings;
  LoadedConfig config;
};

/// A name that tells what the trial sets, after `base`. Keys by their last word where that is enough.
std::string trialName(const std::string& base, const TrialSettings& settings);

/// Loads and validates the configuration of every trial: `source` with the trial's settings applied last. `ranks`:
/// processes that train each.
std::vector<Trial> planSweep(const std::string& base, const ConfigSource& source,
                             const std::vector<TrialSettings>& settings, std::int64_t ranks = 1);

/// The problems of all trials, each once with the trials that have it; warnings are left out.
std::vector<ConfigIssue> sweepErrors(const std::vector<Trial>& trials);

/// {"optim.lr": 0.001, "prepbn.lambda_end": "80%"}
Json toJson(const TrialSettings& settings);

}  // namespace slab
