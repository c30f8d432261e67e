#include "core/train/disk_guard.h"

#include <utility>

#include "core/base/format.h"

namespace slab::train {
DiskGuard::DiskGuard(std::filesystem::path folder, FreeBytes freeBytes)
    : folder_(std::move(folder)), freeBytes_(std::move(freeBytes)) {}

std::optional<std::string> DiskGuard::warning(std::uint64_t checkpointBytes) {
  const auto free = freeBytes_(folder_);
  if (!free || checkpointBytes == 0) return std::nullopt;
  const std::uint64_t fit = *free / checkpointBytes;
  const bool wasTold = std::exchange(isTold_, fit < kFewCheckpoints);
  if (!isTold_ || wasTold) return std::nullopt;
  return "the disk of '" + folder_.string() + "' has " + formatBytes(static_cast<double>(*free)) + " left, room for " +
         std::to_string(fit) + " checkpoints of " + formatBytes(static_cast<double>(checkpointBytes)) +
         "; free some space, else the training will pause";
}

std::optional<std::uint64_t> DiskGuard::freeBytesOf(const std::filesystem::path& folder) {
  std::error_code error;
  const auto space = std::filesystem::space(folder, error);
  if (error) return std::nullopt;
  return space.available;
}

}  // namespace slab::train
