// Problems of a configuration, all at once, each with its mend where there is one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/config/fields.h"
#include "core/config/run_config.h"

namespace slab {

/// A one-click (or one-key) change that removes a problem.
struct Mend {
  std::string label;      // "Rename to optim.weight_decay"
  std::string key;        // the key to set
  Json value;             // its new value; null together with `removeKey` only
  std::string removeKey;  // a key to take out of the given text first
};

struct ConfigIssue {
  enum class Severity { Error, Warning };
  Severity severity = Severity::Error;
  std::string key;      // dotted; "" for the file as a whole
  std::string message;  // "image_size 30 is not a multiple of the patch size 4"
  std::optional<Mend> mend;

  [[nodiscard]] bool isError() const { return severity == Severity::Error; }
};

/// Ranges, divisibility, windows, features that are not yet built. Where the number of training
/// images is known (argument, else knownImages()), also the schedule: lambda must reach 0 before the
/// end of the run, and a hand-over below 10 % of it is a warning. Where it is not, lambda is looked at if its durations
/// are epochs or shares of the run. `ranks`: processes of a distributed run; several that accumulate as one does are
/// warned of.
std::vector<ConfigIssue> validate(const RunConfig& config, std::optional<std::int64_t> images = std::nullopt,
                                  std::int64_t ranks = 1);

/// What a model that is only to be run (infer, bench) must satisfy.
std::vector<ConfigIssue> validateModel(const ModelConfig& model);

bool hasErrors(const std::vector<ConfigIssue>& issues);

/// One line an issue: "optim.weigth_decay: is not a known key. Rename to optim.weight_decay".
std::string toText(const std::vector<ConfigIssue>& issues);

}  // namespace slab
