// The paths of a run: the directory is the contract between the worker and everything that reads it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace slab {

/// A value: the directory's path and the names inside it. Makes no promise that the files exist.
class RunDirectory {
 public:
  explicit RunDirectory(std::filesystem::path path);

  /// Makes the directory (and parents) with checkpoints/ and exports/. Throws Error(Config) when the
  /// directory already holds a run, Error(Data) when it can't be made.
  static RunDirectory create(const std::filesystem::path& path);

  /// Throws Error(Data) when there is no run at `path` (neither run.db nor config.json).
  static RunDirectory open(const std::filesystem::path& path);

  /// Whether `path` holds a run.
  static bool isRun(const std::filesystem::path& path);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::string name() const { return path_.filename().string(); }
  [[nodiscard]] std::filesystem::path config() const { return path_ / "config.json"; }
  [[nodiscard]] std::filesystem::path givenConfig() const { return path_ / "config.given.json"; }
  [[nodiscard]] std::filesystem::path database() const { return path_ / "run.db"; }
  [[nodiscard]] std::filesystem::path lock() const { return path_ / "lock"; }
  [[nodiscard]] std::filesystem::path log() const { return path_ / "worker.log"; }
  [[nodiscard]] std::filesystem::path checkpoints() const { return path_ / "checkpoints"; }
  [[nodiscard]] std::filesystem::path exports() const { return path_ / "exports"; }
  /// checkpoints/step-00003000
  [[nodiscard]] std::filesystem::path checkpoint(std::int64_t step) const;

 private:
  std::filesystem::path path_;
};

/// Throws Error(Config) unless `name` can be a run's: a plain file name with room for a suffix, not hidden.
void requireRunName(const std::string& name);

/// Replaces a small file so that after a crash either the old or the new text is there: temporary
/// file in the same directory, fsync, rename, fsync of the directory. Throws Error(Data) with the
/// cause; the old file is intact then. Without `durable` nothing is synced: a power cut may then lose
/// the new text.
void replaceFile(const std::filesystem::path& file, std::string_view text, bool durable = true);

/// The whole file as text; throws Error(Data) when it can't be read or exceeds `max_bytes`.
std::string readTextFile(const std::filesystem::path& file, std::uint64_t max_bytes = 64U << 20);

}  // namespace slab
