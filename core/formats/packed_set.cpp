#include "core/formats/packed_set.h"

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <utility>

namespace slab {
namespace {

std::string shardName(std::size_t number) {
  char name[32];
  std::snprintf(name, sizeof name, "shard-%05zu.bin", number);
  return name;
}

/// Without the slashes at its end.
std::string trimmed(std::string folder) {
  while (folder.size() > 1 && folder.back() == '/') folder.pop_back();
  return folder;
}

std::string parentOf(const std::string& path) {
  const auto slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

[[noreturn]] void failWrite(const std::string& path, const char* action, int code) {
  throw WriteError(ErrorKind::Data, path + " can't be " + action + ": " + errnoMessage(code), code);
}

}  // namespace

bool isPackedSet(const std::string& folder) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(std::filesystem::path(folder) / kPackedIndexName, ignored);
}

PackedSet::PackedSet(const std::string& folder) {
  const MappedFile index(trimmed(folder) + "/" + kPackedIndexName);
  index_ = parsePackedIndex(index.bytes(), index.path());
  for (const PackedShard& shard : index_.shards) {
    shards_.push_back(std::make_unique<MappedFile>(trimmed(folder) + "/" + shard.name));
  }
  checked_ = std::vector<std::atomic<bool>>(index_.records.size());
}

std::span<const std::byte> PackedSet::bytes(std::size_t record) const {
  const PackedRecord& entry = index_.records.at(record);
  const MappedFile& shard = *shards_[entry.shard];
  const auto refuse = [&](const std::string& what) {
    throw Error(ErrorKind::Data, shard.path() + ": the image " + entry.path + " " + what);
  };
  const auto all = shard.bytes();
  if (entry.offset > all.size() || entry.bytes > all.size() - entry.offset) {
    refuse("is missing, the shard is cut at byte " + std::to_string(all.size()) + " of " +
           std::to_string(index_.shards[entry.shard].bytes));
  }
  const auto bytes = all.subspan(entry.offset, entry.bytes);
  // Two threads that read it first at the same time both check it.
  if (!checked_[record].load(std::memory_order_relaxed)) {
    if (crc32Of(bytes) != entry.crc32) {
      refuse("is damaged, the checksum of its bytes from " + std::to_string(entry.offset) + " on differs");
    }
    checked_[record].store(true, std::memory_order_relaxed);
  }
  return bytes;
}

PackedWriter::PackedWriter(std::string folder, std::uint64_t shardBytes, FileSystem& fileSystem)
    : folder_(trimmed(std::move(folder))), shardBytes_(shardBytes), fileSystem_(fileSystem) {
  std::error_code ignored;
  if (std::filesystem::exists(folder_, ignored)) {
    throw Error(ErrorKind::Data, folder_ + " exists already: name a new folder for the packed data set");
  }
  const auto slash = folder_.find_last_of('/');
  const std::size_t name = slash == std::string::npos ? 0 : slash + 1;
  temporary_ = folder_.substr(0, name) + "." + folder_.substr(name) + "." + std::to_string(::getpid()) + ".tmp";
  if (uninterrupted([&] { return fileSystem_.mkdir(temporary_); }) != 0) failWrite(temporary_, "created", errno);
  pending_ = true;
}

PackedWriter::~PackedWriter() {
  if (!pending_) return;
  shard_.reset();
  for (std::size_t i = 0; i <= index_.shards.size(); ++i) fileSystem_.unlink(temporary_ + "/" + shardName(i));
  fileSystem_.unlink(temporary_ + "/" + kPackedIndexName);
  fileSystem_.rmdir(temporary_);
}

void PackedWriter::openShard() {
  shard_.emplace(temporary_ + "/" + shardName(index_.shards.size()), fileSystem_);
}

void PackedWriter::closeShard() {
  shard_->finish();
  index_.shards.push_back({shardName(index_.shards.size()), shard_->size()});
  shard_.reset();
}

void PackedWriter::add(PackedRecord record, std::span<const std::byte> bytes) {
  if (!shard_) openShard();
  record.shard = static_cast<std::uint32_t>(index_.shards.size());
  record.offset = shard_->size();
  record.bytes = bytes.size();
  record.crc32 = crc32Of(bytes);
  shard_->write(bytes);
  bytes_ += bytes.size();
  index_.records.push_back(std::move(record));
  if (shard_->size() >= shardBytes_) closeShard();
}

void PackedWriter::commit(std::vector<std::string> classNames) {
  if (shard_) closeShard();
  index_.classNames = std::move(classNames);
  DurableFile file(temporary_ + "/" + kPackedIndexName, fileSystem_);
  file.write(encodePackedIndex(index_));
  file.finish();
  syncDirectory(temporary_, fileSystem_);
  if (uninterrupted([&] { return fileSystem_.renameNew(temporary_, folder_); }) != 0) {
    failWrite(folder_, "given its name", errno);
  }
  pending_ = false;
  syncDirectory(parentOf(folder_), fileSystem_);
}

}  // namespace slab
