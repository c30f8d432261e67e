// The options that name a model: --run, --weights, --model, --set, --ema.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "core/wire/messages.h"

namespace slab::cli {

struct ModelOptions {
  std::string run;
  std::string weights;
  std::string model;
  std::vector<std::string> settings;
  bool ema = false;

  /// Declares the options.
  void add(CLI::App& app);
  [[nodiscard]] bool isGiven() const { return !run.empty() || !weights.empty() || !model.empty(); }
  /// Throws CLI::ValidationError for a --set without key=value.
  [[nodiscard]] ModelSource source() const;
};

}  // namespace slab::cli
