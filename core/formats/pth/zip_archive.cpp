#include "core/formats/pth/zip_archive.h"

#include <zlib.h>

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>

#include "core/base/error.h"

namespace slab {
namespace {

// APPNOTE.TXT (PKWARE), sections 4.3.7, 4.3.12, 4.3.14 to 4.3.16.
constexpr std::uint32_t kLocalSignature = 0x04034B50;
constexpr std::uint32_t kCentralSignature = 0x02014B50;
constexpr std::uint32_t kEndSignature = 0x06054B50;
constexpr std::uint32_t kEnd64Signature = 0x06064B50;
constexpr std::uint32_t kLocatorSignature = 0x07064B50;
constexpr std::uint64_t kLocalSize = 30, kCentralSize = 46, kEndSize = 22, kEnd64Size = 56, kLocatorSize = 20;
constexpr std::uint64_t kMostEntries = std::uint64_t{1} << 16;
constexpr std::uint32_t kIn64 = 0xFFFFFFFF;
constexpr std::uint16_t kZip64Field = 1;

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorKind::Checkpoint, what);
}

class Bytes {
 public:
  explicit Bytes(std::span<const std::byte> bytes) : bytes_(bytes) {}
  [[nodiscard]] std::uint64_t size() const { return bytes_.size(); }

  /// The part, which must lie inside; `what` names it in the message.
  [[nodiscard]] Bytes part(std::uint64_t begin, std::uint64_t count, const char* what) const {
    if (begin > size() || count > size() - begin) {
      refuse(std::string(what) + " at byte " + std::to_string(begin) + " of " + std::to_string(count) +
             " bytes lies outside of it (the file may be cut)");
    }
    return Bytes(bytes_.subspan(begin, count));
  }
  [[nodiscard]] std::uint64_t number(std::uint64_t begin, std::size_t count) const {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < count; ++i) value |= std::to_integer<std::uint64_t>(bytes_[begin + i]) << (8 * i);
    return value;
  }
  [[nodiscard]] std::uint16_t u16(std::uint64_t begin) const { return static_cast<std::uint16_t>(number(begin, 2)); }
  [[nodiscard]] std::uint32_t u32(std::uint64_t begin) const { return static_cast<std::uint32_t>(number(begin, 4)); }
  [[nodiscard]] std::uint64_t u64(std::uint64_t begin) const { return number(begin, 8); }
  [[nodiscard]] std::string_view text() const { return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()}; }
  [[nodiscard]] std::span<const std::byte> span() const { return bytes_; }

 private:
  std::span<const std::byte> bytes_;
};

struct Directory {
  std::uint64_t begin = 0, size = 0, count = 0;
};

// The end record stands in the last 22 to 65,557 bytes: its comment ends the file.
std::uint64_t findEnd(const Bytes& file) {
  constexpr std::uint64_t kLongestComment = 65535;
  if (file.size() < kEndSize) refuse("it is too short to be a zip archive");
  const std::uint64_t last = file.size() - kEndSize;
  for (std::uint64_t back = 0; back <= std::min(last, kLongestComment); ++back) {
    const std::uint64_t at = last - back;
    if (file.u32(at) == kEndSignature && file.u16(at + 20) == back) return at;
  }
  refuse("its end record is missing: the file is cut");
}

Directory findDirectory(const Bytes& file) {
  const std::uint64_t end = findEnd(file);
  if (file.u16(end + 4) != 0 || file.u16(end + 6) != 0) refuse("it is one of several volumes");
  Directory directory{file.u32(end + 16), file.u32(end + 12), file.u16(end + 10)};
  std::uint64_t directoryEnd = end;
  const bool hasLocator = end >= kLocatorSize && file.u32(end - kLocatorSize) == kLocatorSignature;
  if (hasLocator) {
    directoryEnd = file.u64(end - kLocatorSize + 8);
    const Bytes record = file.part(directoryEnd, kEnd64Size, "its zip64 end record");
    if (record.u32(0) != kEnd64Signature || directoryEnd > end - kLocatorSize - kEnd64Size) {
      refuse("its zip64 end record is not where it is said to be");
    }
    directory = {record.u64(48), record.u64(40), record.u64(32)};
  }
  if (directory.count > kMostEntries) {
    refuse("it claims " + std::to_string(directory.count) + " entries, more than " + std::to_string(kMostEntries));
  }
  if (directory.begin > directoryEnd || directory.size != directoryEnd - directory.begin) {
    refuse("its directory does not end where the end record begins");
  }
  if (directory.count * kCentralSize > directory.size) {
    refuse("it claims " + std::to_string(directory.count) + " entries, its directory has " +
           std::to_string(directory.size) + " bytes");
  }
  return directory;
}

void checkName(std::string_view name) {
  const bool isPlain = std::all_of(name.begin(), name.end(), [](char c) { return c >= ' ' && c <= '~' && c != '\\'; });
  if (name.empty() || !isPlain || name.front() == '/') refuse("an entry has a name that torch.save does not write");
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find('/', begin), name.size());
    const std::string_view component = name.substr(begin, end - begin);
    if (component == "." || component == "..") refuse("entry " + std::string(name) + " points out of the archive");
    begin = end + 1;
  }
}

// Sizes and offset of an entry; what does not fit 32 bits stands in the zip64 extra field, in this order.
struct Extent {
  std::uint64_t plain = 0, stored = 0, local = 0;
};

Extent extentOf(const Bytes& record, const Bytes& extra) {
  Extent extent{record.u32(24), record.u32(20), record.u32(42)};
  std::uint64_t at = 0;
  while (at + 4 <= extra.size()) {
    const std::uint16_t id = extra.u16(at), size = extra.u16(at + 2);
    const Bytes field = extra.part(at + 4, size, "an extra field");
    at += 4 + std::uint64_t{size};
    if (id != kZip64Field) continue;
    std::uint64_t next = 0;
    for (std::uint64_t* value : {&extent.plain, &extent.stored, &extent.local}) {
      if (*value != kIn64) continue;
      *value = field.part(next, 8, "a zip64 field").u64(0);
      next += 8;
    }
    break;
  }
  return extent;
}

struct Placed {
  ZipEntry entry;
  std::uint64_t begin = 0, end = 0;
};

Placed place(const Bytes& file, const Bytes& record, std::string_view name, const Bytes& extra,
             std::uint64_t directoryBegin) {
  constexpr std::uint16_t kEncrypted = 1;
  const std::string quoted = "entry " + std::string(name);
  if (record.u16(8) & kEncrypted) refuse(quoted + " is encrypted");
  if (record.u16(10) != 0) {
    refuse(quoted + " is compressed, which torch.save never does; unpack the archive and save it anew with PyTorch");
  }
  const Extent extent = extentOf(record, extra);
  if (extent.plain != extent.stored) refuse(quoted + " has two different sizes");
  const Bytes local = file.part(extent.local, kLocalSize, "a local header");
  if (local.u32(0) != kLocalSignature) refuse(quoted + " has no local header where its directory says");
  const std::uint64_t nameSize = local.u16(26);
  const Bytes localName = file.part(extent.local + kLocalSize, nameSize, "a local name");
  if (localName.text() != name) refuse(quoted + " has another name in its local header");
  if (local.u16(8) != 0) refuse(quoted + " is compressed according to its local header");
  const std::uint64_t begin = extent.local + kLocalSize + nameSize + local.u16(28);
  const Bytes data = file.part(begin, extent.stored, "an entry's data");
  if (begin + extent.stored > directoryBegin) refuse(quoted + " reaches into the directory");
  return {{name, data.span(), record.u32(16)}, extent.local, begin + extent.stored};
}

void checkOverlaps(std::vector<Placed>& placed) {
  std::sort(placed.begin(), placed.end(), [](const Placed& a, const Placed& b) { return a.begin < b.begin; });
  for (std::size_t i = 1; i < placed.size(); ++i) {
    if (placed[i].begin >= placed[i - 1].end) continue;
    refuse("entries " + std::string(placed[i - 1].entry.name) + " and " + std::string(placed[i].entry.name) +
           " overlap");
  }
}

}  // namespace

bool looksLikeZip(std::span<const std::byte> bytes) {
  return bytes.size() >= 4 && Bytes(bytes).u32(0) == kLocalSignature;
}

std::vector<ZipEntry> readZipDirectory(std::span<const std::byte> bytes) {
  const Bytes file(bytes);
  const Directory directory = findDirectory(file);
  const Bytes records = file.part(directory.begin, directory.size, "its directory");
  std::vector<Placed> placed;
  placed.reserve(directory.count);
  std::unordered_set<std::string_view> names;
  std::uint64_t at = 0;
  for (std::uint64_t i = 0; i < directory.count; ++i) {
    const Bytes record = records.part(at, kCentralSize, "a directory record");
    if (record.u32(0) != kCentralSignature) refuse("its directory is damaged at entry " + std::to_string(i));
    const std::uint64_t nameSize = record.u16(28), extraSize = record.u16(30), commentSize = record.u16(32);
    const std::string_view name = records.part(at + kCentralSize, nameSize, "an entry's name").text();
    const Bytes extra = records.part(at + kCentralSize + nameSize, extraSize, "an entry's extra field");
    checkName(name);
    if (!names.insert(name).second) refuse("entry " + std::string(name) + " occurs twice");
    placed.push_back(place(file, record, name, extra, directory.begin));
    at += kCentralSize + nameSize + extraSize + commentSize;
  }
  if (at != directory.size) refuse("its directory holds more than its entries");
  checkOverlaps(placed);
  std::vector<ZipEntry> entries;
  entries.reserve(placed.size());
  for (const auto& one : placed) entries.push_back(one.entry);
  return entries;
}

bool matchesCrc(const ZipEntry& entry) {
  uLong sum = ::crc32(0, nullptr, 0);
  std::span<const std::byte> rest = entry.bytes;
  constexpr std::size_t kChunk = std::size_t{1} << 30;  // zlib counts in 32 bits
  while (!rest.empty()) {
    const std::size_t count = std::min(rest.size(), kChunk);
    sum = ::crc32(sum, reinterpret_cast<const Bytef*>(rest.data()), static_cast<uInt>(count));
    rest = rest.subspan(count);
  }
  return sum == entry.crc;
}

}  // namespace slab
