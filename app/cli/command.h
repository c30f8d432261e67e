// A subcommand of `slab`: one file that declares its options and does its work, and one line in the
// table of commands.cpp.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string_view>
#include <vector>

namespace slab::cli {

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kWrongUsage = 2;

/// Runs after the arguments were parsed; returns the exit code. May throw slab::Error, which main
/// prints as one sentence, and CLI::Error for a combination of options that makes no sense.
using Action = std::function<int()>;

struct Command {
  std::string_view name;
  std::string_view summary;
  /// Adds options to the subcommand's parser. What the action needs lives in a shared_ptr that it
  /// captures. A command with subcommands of its own returns the action that tells which was given.
  Action (*setUp)(CLI::App& app);
};

/// All subcommands in the order of the help.
const std::vector<Command>& commands();

}  // namespace slab::cli
