#include "core/data/manifest.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>
#include <vector>

#include "core/formats/file_system.h"

namespace slab::data {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kHeader = "# slab manifest 1";
constexpr std::string_view kGood = "good";
constexpr std::size_t kFields = 10;

constexpr std::array kFormats{ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Bmp,
                              ImageFormat::WebP, ImageFormat::Pnm, ImageFormat::Tiff};

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '\t': result += "\\t"; break;
      case '\n': result += "\\n"; break;
      case '\\': result += "\\\\"; break;
      default: result += c;
    }
  }
  return result;
}

std::string unescaped(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      result += text[i];
      continue;
    }
    const char c = text[++i];
    result += c == 't' ? '\t' : c == 'n' ? '\n' : c;
  }
  return result;
}

template <typename Number>
bool parse(std::string_view text, Number& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

std::vector<std::string_view> fieldsOf(std::string_view line) {
  std::vector<std::string_view> fields;
  for (;;) {
    const auto end = line.find('\t');
    fields.push_back(line.substr(0, end));
    if (end == std::string_view::npos) return fields;
    line.remove_prefix(end + 1);
  }
}

bool parseFormat(std::string_view name, ImageFormat& format) {
  const auto found = std::find_if(kFormats.begin(), kFormats.end(), [&](auto f) { return toString(f) == name; });
  if (found == kFormats.end()) return false;
  format = *found;
  return true;
}

/// A file whose last line was cut off ends without a line feed.
void readLines(const std::string& path, Manifest& manifest, bool faultsOnly) {
  std::ifstream stream(path, std::ios::binary);
  for (std::string line; std::getline(stream, line) && !stream.eof();) {
    const bool isFault = !line.starts_with(kGood);
    if (faultsOnly && !isFault) continue;
    readManifestLine(line, manifest);
  }
}

std::string cachedPath(const std::string& root) {
  std::error_code ignored;
  const std::string canonical = fs::weakly_canonical(root, ignored).string();
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  const fs::path base = cache != nullptr && *cache != '\0' ? fs::path(cache)
                        : home != nullptr                  ? fs::path(home) / ".cache"
                                                           : fs::temp_directory_path();
  constexpr std::size_t kDigits = 16;
  const std::string name = sha256Hex(std::as_bytes(std::span(canonical))).substr(0, kDigits);
  return (base / "slab-workbench" / "manifests" / (name + ".tsv")).string();
}

std::string journalOf(const std::string& manifest) {
  return manifest + ".journal";
}

/// Whether the same bytes give the same verdict on any day: permissions, limits and builds change without them.
bool isLasting(const std::optional<ImageFault>& fault) {
  if (!fault) return true;
  switch (*fault) {
    case ImageFault::Empty:
    case ImageFault::NotAnImage:
    case ImageFault::Cut:
    case ImageFault::Damaged: return true;
    default: return false;
  }
}

std::span<const std::byte> bytesOf(std::string_view text) {
  return std::as_bytes(std::span(text));
}

}  // namespace

std::optional<FileStamp> stampOf(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  constexpr std::int64_t kNanoseconds = 1'000'000'000;
  return FileStamp{static_cast<std::uint64_t>(status.st_size),
                   status.st_mtim.tv_sec * kNanoseconds + status.st_mtim.tv_nsec};
}

std::string manifestLine(const std::string& path, const ManifestEntry& entry) {
  std::string line(entry.fault ? toString(*entry.fault) : kGood);
  const auto add = [&](const std::string& field) { line += '\t' + field; };
  add(std::to_string(entry.stamp.bytes));
  add(std::to_string(entry.stamp.modified));
  add(entry.sha256);
  add(std::string(toString(entry.format)));
  add(std::to_string(entry.width));
  add(std::to_string(entry.height));
  add(std::to_string(entry.offset));
  add(escaped(path));
  add(escaped(entry.cause));
  return line;
}

bool readManifestLine(std::string_view line, Manifest& manifest) {
  const auto fields = fieldsOf(line);
  if (fields.size() != kFields || fields[8].empty()) return false;
  ManifestEntry entry;
  if (fields[0] != kGood) {
    entry.fault = imageFaultFromName(fields[0]);
    if (!entry.fault) return false;
  }
  if (!parse(fields[1], entry.stamp.bytes) || !parse(fields[2], entry.stamp.modified) ||
      !parseFormat(fields[4], entry.format) || !parse(fields[5], entry.width) || !parse(fields[6], entry.height) ||
      !parse(fields[7], entry.offset)) {
    return false;
  }
  entry.sha256 = fields[3];
  entry.cause = unescaped(fields[9]);
  manifest[unescaped(fields[8])] = std::move(entry);
  return true;
}

std::string manifestPath(const std::string& root) {
  const std::string beside = (fs::path(root) / ".slab-manifest.tsv").string();
  const auto isThere = [](const std::string& path) { return ::access(path.c_str(), F_OK) == 0; };
  if (isThere(beside) || isThere(journalOf(beside)) || ::access(root.c_str(), W_OK) == 0) return beside;
  return cachedPath(root);
}

std::string manifestName(const std::string& root, const std::string& file) {
  std::string_view rest(file);
  if (!rest.starts_with(root)) return file;
  rest.remove_prefix(root.size());
  rest.remove_prefix(std::min(rest.find_first_not_of('/'), rest.size()));
  return std::string(rest);
}

Manifest readManifest(const std::string& root, bool faultsOnly) {
  const std::string path = manifestPath(root);
  Manifest manifest;
  readLines(path, manifest, faultsOnly);
  readLines(journalOf(path), manifest, faultsOnly);
  return manifest;
}

ManifestJournal::ManifestJournal(const std::string& root) : path_(manifestPath(root)), before_(readManifest(root)) {
  std::error_code ignored;
  fs::create_directories(fs::path(path_).parent_path(), ignored);
  // What an earlier journal holds moves into the manifest before a new one takes its name.
  if (fs::exists(journalPath(), ignored)) {
    write(before_);
    systemFileSystem().unlink(journalPath());
  }
  journal_ = std::make_unique<DurableFile>(journalPath());
}

std::string ManifestJournal::journalPath() const {
  return journalOf(path_);
}

const ManifestEntry* ManifestJournal::unchanged(const std::string& path, const FileStamp& stamp) const {
  const auto found = before_.find(path);
  if (found == before_.end() || found->second.stamp != stamp || !isLasting(found->second.fault)) return nullptr;
  return &found->second;
}

void ManifestJournal::add(const std::string& path, const ManifestEntry& entry) {
  const std::lock_guard lock(mutex_);
  journal_->write(bytesOf(manifestLine(path, entry) + '\n'));
  seen_[path] = entry;
}

void ManifestJournal::write(const Manifest& manifest) const {
  writeFileAtomically(path_, [&](ByteSink& sink) {
    std::string block(kHeader);
    block += '\n';
    constexpr std::size_t kBlock = 1 << 20;
    for (const auto& [path, entry] : manifest) {
      block += manifestLine(path, entry) + '\n';
      if (block.size() < kBlock) continue;
      sink.write(bytesOf(block));
      block.clear();
    }
    sink.write(bytesOf(block));
  });
}

void ManifestJournal::finish(bool complete) {
  const std::lock_guard lock(mutex_);
  if (!complete) seen_.merge(before_);
  write(seen_);
  journal_.reset();
  systemFileSystem().unlink(journalPath());
}

}  // namespace slab::data
