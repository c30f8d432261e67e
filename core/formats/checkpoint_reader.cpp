#include <algorithm>
#include <exception>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <regex>
#include <tuple>
#include <utility>

#include "core/base/error.h"
#include "core/formats/checkpoint.h"
#include "core/formats/mapped_file.h"

namespace slab {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxManifestBytes = std::size_t{1} << 20;

bool isPlainName(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && name.find_first_of(std::string_view("/\0", 2)) == name.npos;
}

bool isHash(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == text.npos;
}

/// A fraction, or more digits than 64 bits hold, would be converted to something else or to nothing defined.
std::int64_t wholeNumber(const nlohmann::ordered_json& object, const char* key) {
  const auto& value = object.at(key);
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max()) {
    throw Error(ErrorKind::Checkpoint, std::string("its ") + key + " is no whole number from 0 to 2^63 - 1");
  }
  return value.get<std::int64_t>();
}

CheckpointManifest toManifest(const nlohmann::ordered_json& root) {
  CheckpointManifest manifest{wholeNumber(root, "step"), root.at("config_hash").get<std::string>(), {}};
  for (const auto& [name, entry] : root.at("files").items()) {
    CheckpointFile file{name, static_cast<std::uint64_t>(wholeNumber(entry, "size")),
                        entry.at("sha256").get<std::string>()};
    if (!isPlainName(file.name) || !isHash(file.sha256)) {
      throw Error(ErrorKind::Checkpoint, "the entry of file " + name + " is not a plain name and a SHA-256");
    }
    manifest.files.push_back(std::move(file));
  }
  return manifest;
}

std::optional<std::string> problemOf(const std::string& directory, const CheckpointFile& expected) {
  try {
    const MappedFile file(directory + "/" + expected.name);
    if (file.bytes().size() != expected.size) {
      return "it has " + std::to_string(file.bytes().size()) + " bytes, the manifest says " +
             std::to_string(expected.size);
    }
    if (sha256Hex(file.bytes()) != expected.sha256) return "its content is not what was written (SHA-256 differs)";
  } catch (const Error& error) {
    return error.what();
  }
  return std::nullopt;
}

}  // namespace

CheckpointManifest parseManifest(std::string_view text, const std::string& name) {
  std::string cause;
  try {
    if (text.size() > kMaxManifestBytes) throw Error(ErrorKind::Checkpoint, "it is larger than 1 MB");
    return toManifest(nlohmann::ordered_json::parse(text));
  } catch (const std::exception& error) {
    cause = error.what();
  }
  throw Error(ErrorKind::Checkpoint,
              "the checkpoint " + name + " can't be used, its " + kManifestName + " is malformed: " + cause);
}

CheckpointManifest readManifest(const std::string& checkpointDir) {
  std::string cause;
  try {
    const MappedFile file(checkpointDir + "/" + kManifestName);
    return parseManifest({reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()}, checkpointDir);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::Checkpoint) throw;
    cause = error.what();
  }
  throw Error(ErrorKind::Checkpoint, "the checkpoint " + checkpointDir + " can't be used: " + cause);
}

std::vector<CheckpointIssue> verifyCheckpoint(const std::string& checkpointDir) {
  CheckpointManifest manifest;
  try {
    manifest = readManifest(checkpointDir);
  } catch (const Error& error) {
    return {{kManifestName, error.what()}};
  }
  std::vector<CheckpointIssue> issues;
  for (const CheckpointFile& file : manifest.files) {
    if (const auto problem = problemOf(checkpointDir, file)) issues.push_back({file.name, *problem});
  }
  return issues;
}

std::vector<CheckpointEntry> listCheckpoints(const std::string& checkpointsDir) {
  static const std::regex kPattern(R"(step-(\d{1,18})(?:-(\d{1,9}))?)");
  std::vector<std::tuple<std::int64_t, std::int64_t, std::string>> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(checkpointsDir, error)) {
    std::smatch match;
    const std::string name = entry.path().filename().string();
    if (!std::regex_match(name, match, kPattern) || !entry.is_directory(error)) continue;
    found.emplace_back(std::stoll(match[1]), match[2].matched ? std::stoll(match[2]) : 1, entry.path().string());
  }
  std::sort(found.begin(), found.end());
  std::vector<CheckpointEntry> entries;
  for (auto& [step, repeat, path] : found) entries.push_back({std::move(path), step});
  return entries;
}

}  // namespace slab
