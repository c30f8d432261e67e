// A configuration as it is kept for later: complete, and independent of where and when it is read again.
#pragma once

#include <filesystem>
#include <string>

#include "core/config/load.h"

namespace slab {

struct ConfigSnapshot {
  /// The text as a person wrote it, comments included, where that text alone means this configuration; else
  /// (keys were set beside it) the same as `resolved`.
  std::string given;
  /// Every key with its effective value; relative paths (data.*, train.init) made absolute.
  std::string resolved;
};

/// `folder` is what relative paths are seen from: a training that starts later, from another working
/// directory, then reads the same files.
ConfigSnapshot takeSnapshot(const LoadedConfig& loaded, const std::filesystem::path& folder);

}  // namespace slab
