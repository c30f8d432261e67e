// The index of a packed data set: many images in few files, to be read without opening each.
//
//   packed/  index.slabpack  shard-00000.bin  shard-00001.bin ...
//
// A shard is records one after the other and nothing else. The index begins with the eight bytes SLABPACK, its
// version, the CRC-32 of what follows and its length; then come class names, shards and records, all numbers little
// endian. It is written last, and its folder gets its name last of all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace slab {

inline constexpr const char* kPackedIndexName = "index.slabpack";

struct PackedShard {
  std::string name;  // of the file beside the index
  std::uint64_t bytes = 0;
};

enum class PackedPart : std::uint8_t { Train, Validation };

/// One image: the bytes of a file, or pixels (H x W x C, 8 bits) where `channels` is not 0.
struct PackedRecord {
  PackedPart part = PackedPart::Train;
  std::uint32_t label = 0;
  std::uint32_t shard = 0;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  std::uint32_t crc32 = 0;
  std::uint32_t width = 0, height = 0, channels = 0;
  std::string path;  // where it was, below the folder that was packed: train/n01440764/x.JPEG
};

struct PackedIndex {
  std::vector<std::string> classNames;
  std::vector<PackedShard> shards;
  std::vector<PackedRecord> records;
};

std::vector<std::byte> encodePackedIndex(const PackedIndex& index);

/// Checks everything that can be checked without the shards: every record lies inside of its shard and has a label
/// with a name, pixels have their size, and shard names stay in the folder. Throws Error(Data) with `name` and what is
/// wrong.
PackedIndex parsePackedIndex(std::span<const std::byte> file, const std::string& name);
/// The same for what follows the length, which no checksum guards.
PackedIndex parsePackedBody(std::span<const std::byte> body, const std::string& name);

/// CRC-32 as in zlib and PNG.
std::uint32_t crc32Of(std::span<const std::byte> bytes);

}  // namespace slab
