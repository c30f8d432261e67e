// A zip archive as torch.save writes it: entries stored, not compressed, read in place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace slab {

struct ZipEntry {
  std::string_view name;
  std::span<const std::byte> bytes;
  std::uint32_t crc = 0;
};

/// The entries of an archive, zip64 included; views of `bytes`.
///
/// Read strictly, because programs that read zip loosely disagree on what a file holds: one central directory
/// that ends where the end record begins, entries before it that do not overlap, each with a local header of
/// the same name, no name twice, none absolute or with "..", neither compression nor encryption, at most 2^16.
/// Sums are not checked here (`matchesCrc`). Throws Error(Checkpoint) with the reason, without the file's name.
std::vector<ZipEntry> readZipDirectory(std::span<const std::byte> bytes);

/// Whether the bytes have the CRC-32 of the directory.
bool matchesCrc(const ZipEntry& entry);

/// "PK\3\4": what a zip archive that holds something begins with.
bool looksLikeZip(std::span<const std::byte> bytes);

}  // namespace slab
