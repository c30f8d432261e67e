// A packed data set on the disk (packed_index.h): reading it, and writing a new one.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/formats/durable_file.h"
#include "core/formats/mapped_file.h"
#include "core/formats/packed_index.h"

namespace slab {

/// Whether a folder has an index.
bool isPackedSet(const std::string& folder);

/// Its shards in memory without copying. Records can be read from several threads at once.
class PackedSet {
 public:
  /// Throws Error(Data) when the index is damaged or a shard is missing. A shard that is cut costs the records
  /// behind the cut alone.
  explicit PackedSet(const std::string& folder);

  [[nodiscard]] const PackedIndex& index() const { return index_; }
  /// The bytes of a record, compared with their checksum when they are read for the first time. Throws Error(Data)
  /// naming shard and image when they are missing or differ.
  [[nodiscard]] std::span<const std::byte> bytes(std::size_t record) const;

 private:
  PackedIndex index_;
  std::vector<std::unique_ptr<MappedFile>> shards_;
  mutable std::vector<std::atomic<bool>> checked_;
};

/// Writes shards under a temporary name beside `folder`, which gets its own with `commit`; without a commit the
/// destructor removes them. Every failed call throws WriteError(Data).
class PackedWriter {
 public:
  /// Throws Error(Data) when there is something at `folder` already. A shard is closed once it has `shardBytes`.
  explicit PackedWriter(std::string folder, std::uint64_t shardBytes = std::uint64_t{256} << 20,
                        FileSystem& fileSystem = systemFileSystem());
  ~PackedWriter();
  PackedWriter(const PackedWriter&) = delete;
  PackedWriter& operator=(const PackedWriter&) = delete;

  /// `record` without shard, offset, bytes and checksum.
  void add(PackedRecord record, std::span<const std::byte> bytes);
  /// Finishes shards and index, makes them durable and gives the folder its name.
  void commit(std::vector<std::string> classNames);
  /// Of all records so far.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  void openShard();
  void closeShard();

  std::string folder_, temporary_;
  std::uint64_t shardBytes_;
  FileSystem& fileSystem_;
  PackedIndex index_;
  std::optional<DurableFile> shard_;
  std::uint64_t bytes_ = 0;
  bool pending_ = false;
};

}  // namespace slab
