#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <regex>
#include <utility>

#include "core/base/error.h"
#include "core/formats/checkpoint.h"

namespace slab {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxRepeats = 10'000;

[[noreturn]] void fail(const std::string& path, const char* action, int code) {
  std::string message = "the checkpoint " + path + " can't be " + action + ": " + errnoMessage(code) +
                        "; earlier checkpoints are untouched";
  if (code == ENOSPC || code == EDQUOT) message += ", free some space and try again";
  throw WriteError(ErrorKind::Checkpoint, message, code);
}

std::string stepName(std::int64_t step) {
  char text[32];
  std::snprintf(text, sizeof text, "step-%08lld", static_cast<long long>(step));
  return text;
}

/// Best effort; files only, one level deep, as checkpoints are. Links are removed, not followed.
void removeDirectory(const std::string& path, FileSystem& fileSystem) {
  std::error_code ignored;
  for (fs::directory_iterator it(path, ignored), end; !ignored && it != end; it.increment(ignored)) {
    fileSystem.unlink(it->path().string());
  }
  fileSystem.rmdir(path);
}

std::string manifestText(const CheckpointManifest& manifest) {
  nlohmann::ordered_json files = nlohmann::ordered_json::object();
  for (const CheckpointFile& file : manifest.files) files[file.name] = {{"size", file.size}, {"sha256", file.sha256}};
  const nlohmann::ordered_json root = {
      {"format", 1}, {"step", manifest.step}, {"config_hash", manifest.configHash}, {"files", files}};
  return root.dump(2) + "\n";
}

}  // namespace

CheckpointWriter::CheckpointWriter(std::string checkpointsDir, std::int64_t step, std::string configHash,
                                   FileSystem& fileSystem)
    : parent_(std::move(checkpointsDir)),
      temporary_(parent_ + "/." + stepName(step) + "." + std::to_string(::getpid())),
      manifest_{step, std::move(configHash), {}},
      fileSystem_(fileSystem) {
  createTemporary();
}

CheckpointWriter::~CheckpointWriter() {
  if (!pending_) return;
  for (const std::string& path : created_) fileSystem_.unlink(path);
  fileSystem_.rmdir(temporary_);
}

void CheckpointWriter::createTemporary() {
  const auto makeDirectory = [this](const std::string& path) {
    return uninterrupted([&] { return fileSystem_.mkdir(path); });
  };
  if (makeDirectory(parent_) == 0) {
    const auto grandparent = fs::path(parent_).parent_path().string();
    syncDirectory(grandparent.empty() ? "." : grandparent, fileSystem_, ErrorKind::Checkpoint);
  } else if (errno != EEXIST) {
    fail(parent_, "given a directory", errno);
  }
  if (makeDirectory(temporary_) != 0) {
    if (errno != EEXIST) fail(temporary_, "created", errno);
    // An earlier attempt of this process could not clean up after itself.
    removeDirectory(temporary_, fileSystem_);
    if (makeDirectory(temporary_) != 0) fail(temporary_, "created", errno);
  }
  pending_ = true;
}

void CheckpointWriter::addFile(const std::string& name, const std::function<void(ByteSink&)>& produce) {
  const std::string path = temporary_ + "/" + name;
  DurableFile file(path, fileSystem_, ErrorKind::Checkpoint);
  created_.push_back(path);
  produce(file);
  file.finish();
  if (name != kManifestName) manifest_.files.push_back({name, file.size(), file.sha256()});
}

SavedCheckpoint CheckpointWriter::commit() {
  const std::string text = manifestText(manifest_);
  addFile(kManifestName, [&](ByteSink& sink) { sink.write(std::as_bytes(std::span(text))); });
  syncDirectory(temporary_, fileSystem_, ErrorKind::Checkpoint);
  SavedCheckpoint saved{giveName(), manifest_.step, 0, sha256Hex(std::as_bytes(std::span(text)))};
  for (const CheckpointFile& file : manifest_.files) saved.bytes += file.size;
  syncDirectory(parent_, fileSystem_, ErrorKind::Checkpoint);
  return saved;
}

std::string CheckpointWriter::giveName() {
  const std::string first = parent_ + "/" + stepName(manifest_.step);
  for (int repeat = 1; repeat <= kMaxRepeats; ++repeat) {
    const std::string path = repeat == 1 ? first : first + "-" + std::to_string(repeat);
    if (uninterrupted([&] { return fileSystem_.renameNew(temporary_, path); }) == 0) {
      pending_ = false;
      return path;
    }
    if (errno != EEXIST) fail(path, "given its name", errno);
  }
  fail(first, "given a free name", EEXIST);
}

std::vector<std::string> removeStaleTemporaries(const std::string& checkpointsDir, FileSystem& fileSystem) {
  static const std::regex kPattern(R"(\.step-\d+(-\d+)?\.\d+)");
  std::vector<std::string> removed;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(checkpointsDir, error)) {
    const std::string name = entry.path().filename().string();
    if (std::regex_match(name, kPattern) && entry.symlink_status().type() == fs::file_type::directory) {
      removed.push_back(name);
    }
  }
  for (const std::string& name : removed) removeDirectory(checkpointsDir + "/" + name, fileSystem);
  return removed;
}

void removeCheckpoint(const std::string& checkpointDir, FileSystem& fileSystem) {
  const fs::path path(checkpointDir);
  const std::string parent = path.parent_path().string();
  const std::string temporary =
      (path.parent_path() / ("." + path.filename().string() + "." + std::to_string(::getpid()))).string();
  if (uninterrupted([&] { return fileSystem.rename(checkpointDir, temporary); }) != 0)
    fail(checkpointDir, "removed", errno);
  removeDirectory(temporary, fileSystem);
  syncDirectory(parent.empty() ? "." : parent, fileSystem, ErrorKind::Checkpoint);
}

}  // namespace slab
