// The options --preset, --config and --set, shared by every subcommand that takes a configuration.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "core/config/load.h"

namespace slab::cli {

struct ConfigOptions {
  std::string preset;
  std::string file;
  std::vector<std::string> overrides;

  /// Declares the options. --preset and --config exclude each other.
  void add(CLI::App& app);
  [[nodiscard]] bool isGiven() const { return !preset.empty() || !file.empty() || !overrides.empty(); }
  /// With whatever problems there are, in `issues`.
  [[nodiscard]] LoadedConfig load(const CountImages& count = {}) const;
  /// Prints every problem to standard error; throws Error(Config) when one of them is an error.
  [[nodiscard]] LoadedConfig loadOrThrow() const;
};

/// A configuration by any name a person has for it: a run's directory, a .json file or a preset.
/// Throws Error(Config) when there is none of that name.
LoadedConfig loadNamed(const std::string& name, const CountImages& count = {});

}  // namespace slab::cli
