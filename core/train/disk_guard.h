// Warns while there is still time to make room on the run's disk.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace slab::train {

/// Compares the free space of a folder's disk with the size of a checkpoint.
class DiskGuard {
 public:
  /// Bytes that this user may still write; nothing where the system does not tell.
  using FreeBytes = std::function<std::optional<std::uint64_t>(const std::filesystem::path&)>;

  /// Fewer free checkpoints than this are a warning: the two newest stay while the next one is written.
  static constexpr std::uint64_t kFewCheckpoints = 3;

  explicit DiskGuard(std::filesystem::path folder, FreeBytes freeBytes = freeBytesOf);

  /// A sentence where fewer than kFewCheckpoints of that size fit, once until there is room again.
  [[nodiscard]] std::optional<std::string> warning(std::uint64_t checkpointBytes);

  [[nodiscard]] static std::optional<std::uint64_t> freeBytesOf(const std::filesystem::path& folder);

 private:
  std::filesystem::path folder_;
  FreeBytes freeBytes_;
  bool isTold_ = false;
};

}  // namespace slab::train
