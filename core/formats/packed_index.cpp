#include "core/formats/packed_index.h"

#include <zlib.h>

#include <cstring>
#include <string_view>

#include "core/base/error.h"

namespace slab {
namespace {

constexpr std::string_view kMagic = "SLABPACK";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kHeaderBytes = 8 + 4 + 4 + 8;
constexpr std::size_t kMostNameBytes = 4096;

class Writer {
 public:
  template <typename Number>
  void number(Number value) {
    for (std::size_t i = 0; i < sizeof value; ++i) {
      bytes.push_back(static_cast<std::byte>(static_cast<std::uint64_t>(value) >> (8 * i)));
    }
  }
  void raw(std::string_view text) {
    const auto view = std::as_bytes(std::span(text));
    bytes.insert(bytes.end(), view.begin(), view.end());
  }
  void text(std::string_view text) {
    number(static_cast<std::uint32_t>(text.size()));
    raw(text);
  }

  std::vector<std::byte> bytes;
};

class Reader {
 public:
  Reader(std::span<const std::byte> bytes, const std::string& name) : bytes_(bytes), name_(name) {}

  template <typename Number>
  Number number() {
    std::uint64_t value = 0;
    const auto from = take(sizeof(Number));
    for (std::size_t i = sizeof(Number); i-- > 0;) value = value << 8 | std::to_integer<std::uint64_t>(from[i]);
    return static_cast<Number>(value);
  }
  std::string text() {
    const auto size = number<std::uint32_t>();
    if (size > kMostNameBytes) refuse("a name of " + std::to_string(size) + " bytes");
    const auto from = take(size);
    return {reinterpret_cast<const char*>(from.data()), from.size()};
  }
  /// A number of things that take at least `least` bytes each: no more than there are bytes left for.
  std::size_t count(std::size_t least) {
    const auto value = number<std::uint64_t>();
    if (value > bytes_.size() / least) refuse("it claims " + std::to_string(value) + " entries in too few bytes");
    return static_cast<std::size_t>(value);
  }
  std::span<const std::byte> take(std::size_t size) {
    if (size > bytes_.size()) refuse("it is cut");
    const auto taken = bytes_.first(size);
    bytes_ = bytes_.subspan(size);
    return taken;
  }
  [[nodiscard]] std::span<const std::byte> rest() const { return bytes_; }
  [[noreturn]] void refuse(const std::string& what) const {
    throw Error(ErrorKind::Data, name_ + " is no usable index of a packed data set: " + what + "; pack it again");
  }

 private:
  std::span<const std::byte> bytes_;
  const std::string& name_;
};

PackedShard readShard(Reader& reader) {
  PackedShard shard;
  shard.name = reader.text();
  shard.bytes = reader.number<std::uint64_t>();
  const bool stays = !shard.name.empty() && shard.name.front() != '.' &&
                     shard.name.find_first_of(std::string_view("/\0", 2)) == std::string::npos;
  if (!stays) reader.refuse("a shard is called '" + shard.name + "'");
  return shard;
}

void checkRecord(const Reader& reader, const PackedRecord& record, const PackedIndex& index) {
  const auto refuse = [&](const std::string& what) { reader.refuse("the record of " + record.path + " " + what); };
  if (record.label >= index.classNames.size()) refuse("has label " + std::to_string(record.label));
  if (record.shard >= index.shards.size()) refuse("is in shard " + std::to_string(record.shard));
  const std::uint64_t size = index.shards[record.shard].bytes;
  if (record.offset > size || record.bytes > size - record.offset) refuse("lies outside of its shard");
  if (record.channels == 0) return;
  constexpr std::uint32_t kMostSide = 1U << 16;
  const bool isImage = (record.channels == 1 || record.channels == 3) && record.width > 0 && record.height > 0 &&
                       record.width <= kMostSide && record.height <= kMostSide;
  if (!isImage || std::uint64_t{record.width} * record.height * record.channels != record.bytes) {
    refuse("has pixels of another size than it says");
  }
}

PackedRecord readRecord(Reader& reader, const PackedIndex& index) {
  PackedRecord record;
  const auto part = reader.number<std::uint8_t>();
  if (part > 1) reader.refuse("a record of part " + std::to_string(part));
  record.part = static_cast<PackedPart>(part);
  record.label = reader.number<std::uint32_t>();
  record.shard = reader.number<std::uint32_t>();
  record.offset = reader.number<std::uint64_t>();
  record.bytes = reader.number<std::uint64_t>();
  record.crc32 = reader.number<std::uint32_t>();
  record.width = reader.number<std::uint32_t>();
  record.height = reader.number<std::uint32_t>();
  record.channels = reader.number<std::uint32_t>();
  record.path = reader.text();
  checkRecord(reader, record, index);
  return record;
}

void writeRecord(Writer& writer, const PackedRecord& record) {
  writer.number(static_cast<std::uint8_t>(record.part));
  writer.number(record.label);
  writer.number(record.shard);
  writer.number(record.offset);
  writer.number(record.bytes);
  writer.number(record.crc32);
  writer.number(record.width);
  writer.number(record.height);
  writer.number(record.channels);
  writer.text(record.path);
}

}  // namespace

std::uint32_t crc32Of(std::span<const std::byte> bytes) {
  return static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

std::vector<std::byte> encodePackedIndex(const PackedIndex& index) {
  Writer body;
  body.number(std::uint64_t{index.classNames.size()});
  for (const std::string& name : index.classNames) body.text(name);
  body.number(std::uint64_t{index.shards.size()});
  for (const PackedShard& shard : index.shards) {
    body.text(shard.name);
    body.number(shard.bytes);
  }
  body.number(std::uint64_t{index.records.size()});
  for (const PackedRecord& record : index.records) writeRecord(body, record);

  Writer file;
  file.raw(kMagic);
  file.number(kVersion);
  file.number(crc32Of(body.bytes));
  file.number(std::uint64_t{body.bytes.size()});
  file.bytes.insert(file.bytes.end(), body.bytes.begin(), body.bytes.end());
  return std::move(file.bytes);
}

PackedIndex parsePackedBody(std::span<const std::byte> body, const std::string& name) {
  constexpr std::size_t kLeastText = 4, kLeastShard = 12, kLeastRecord = 45;
  Reader reader(body, name);
  PackedIndex index;
  index.classNames.resize(reader.count(kLeastText));
  for (std::string& className : index.classNames) className = reader.text();
  const std::size_t shards = reader.count(kLeastShard);
  for (std::size_t i = 0; i < shards; ++i) index.shards.push_back(readShard(reader));
  const std::size_t records = reader.count(kLeastRecord);
  index.records.reserve(records);
  for (std::size_t i = 0; i < records; ++i) index.records.push_back(readRecord(reader, index));
  if (!reader.rest().empty()) reader.refuse("there are bytes behind its last record");
  return index;
}

PackedIndex parsePackedIndex(std::span<const std::byte> file, const std::string& name) {
  Reader reader(file, name);
  if (file.size() < kHeaderBytes) reader.refuse("it is cut");
  if (std::memcmp(reader.take(kMagic.size()).data(), kMagic.data(), kMagic.size()) != 0) {
    reader.refuse("it does not begin with " + std::string(kMagic));
  }
  const auto version = reader.number<std::uint32_t>();
  if (version != kVersion) reader.refuse("it has version " + std::to_string(version) + ", and this program reads 1");
  const auto sum = reader.number<std::uint32_t>();
  const auto length = reader.number<std::uint64_t>();
  if (length != reader.rest().size()) reader.refuse("it is cut");
  if (crc32Of(reader.rest()) != sum) reader.refuse("its checksum differs");
  return parsePackedBody(reader.rest(), name);
}

}  // namespace slab
