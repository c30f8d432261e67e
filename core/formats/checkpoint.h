// Checkpoint directories: immutable, hashed, and either whole or absent after any crash.
//
//   checkpoints/step-00003000/   model.safetensors, state.safetensors, manifest.json
//
// A step that occurs again (after a rewind) gets the suffix -2, -3, ...: a checkpoint that was
// announced once is never replaced.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/formats/durable_file.h"

namespace slab {

inline constexpr const char* kManifestName = "manifest.json";

struct CheckpointFile {
  std::string name;
  std::uint64_t size = 0;
  std::string sha256;
};

/// What `manifest.json` says.
struct CheckpointManifest {
  std::int64_t step = 0;
  /// Hash of the resolved configuration that the checkpoint belongs to.
  std::string configHash;
  std::vector<CheckpointFile> files;
};

/// A checkpoint that is durable: what the row in the run's database says about it.
struct SavedCheckpoint {
  std::string path;
  std::int64_t step = 0;
  /// Of all its files together, the manifest excepted.
  std::uint64_t bytes = 0;
  /// SHA-256 of the manifest, which holds the hashes of the files.
  std::string manifestSha256;
};

/// Writes one checkpoint under a temporary name in `checkpointsDir` and gives it its own with
/// `commit`; without a commit the destructor removes it. Only for the holder of the run's lock.
/// Every failed call throws WriteError(Checkpoint) that names path, cause and what is safe.
class CheckpointWriter {
 public:
  /// Creates `checkpointsDir` where it is missing (its parent must exist).
  CheckpointWriter(std::string checkpointsDir, std::int64_t step, std::string configHash,
                   FileSystem& fileSystem = systemFileSystem());
  ~CheckpointWriter();
  CheckpointWriter(const CheckpointWriter&) = delete;
  CheckpointWriter& operator=(const CheckpointWriter&) = delete;

  /// One file, written by `produce` and fsynced.
  void addFile(const std::string& name, const std::function<void(ByteSink&)>& produce);

  /// Manifest, fsync of the directory, rename, fsync of `checkpointsDir`. When it returns, the
  /// checkpoint survives a power cut.
  SavedCheckpoint commit();

 private:
  void createTemporary();
  std::string giveName();

  std::string parent_;
  std::string temporary_;
  CheckpointManifest manifest_;
  std::vector<std::string> created_;
  FileSystem& fileSystem_;
  bool pending_ = false;
};

/// Something wrong with a file of a checkpoint; `file` is "manifest.json" for the manifest itself.
struct CheckpointIssue {
  std::string file;
  std::string message;
};

/// Error(Checkpoint) when the manifest is missing, malformed or names files outside its directory.
CheckpointManifest readManifest(const std::string& checkpointDir);
/// The same from the manifest's text; `name` stands for the checkpoint in messages.
CheckpointManifest parseManifest(std::string_view text, const std::string& name);

/// Compares every file with the manifest: presence, size, SHA-256. Empty: the checkpoint is good.
/// Reads all of it (about 1 s a gigabyte).
std::vector<CheckpointIssue> verifyCheckpoint(const std::string& checkpointDir);

struct CheckpointEntry {
  std::string path;
  std::int64_t step = 0;
};

/// The checkpoints of a run by rising step (a repeated step by rising suffix), unverified;
/// temporaries and other names are passed over. Empty when there is no such directory.
std::vector<CheckpointEntry> listCheckpoints(const std::string& checkpointsDir);

/// Removes what interrupted writers left. Only for the holder of the run's lock. Returns the names;
/// what can't be removed stays and is harmless.
std::vector<std::string> removeStaleTemporaries(const std::string& checkpointsDir,
                                                FileSystem& fileSystem = systemFileSystem());

/// Removes a checkpoint so that no crash leaves half of one under its name: it is renamed to a
/// temporary first.
void removeCheckpoint(const std::string& checkpointDir, FileSystem& fileSystem = systemFileSystem());

}  // namespace slab
