// Writes pickles and zip archives byte by byte, also such as Python would never write.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slab::test {

inline std::string little(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
  return text;
}

// ---- pickle, protocol 2

inline std::string pickle(const std::string& body) {
  return "\x80\x02" + body + ".";
}
inline std::string text(std::string_view value) {
  return "X" + little(value.size(), 4) + std::string(value);
}
inline std::string integer(std::int64_t value) {
  return "\x8A\x08" + little(static_cast<std::uint64_t>(value), 8);
}
inline std::string global(const std::string& module, const std::string& name) {
  return "c" + module + "\n" + name + "\n";
}
inline std::string tuple(const std::vector<std::int64_t>& values) {
  std::string body = "(";
  for (const auto value : values) body += integer(value);
  return body + "t";
}
/// callable(*arguments), the arguments already pickled.
inline std::string call(const std::string& callable, const std::string& arguments) {
  return callable + "(" + arguments + "tR";
}
inline std::string storage(const std::string& key, std::int64_t count, const std::string& type = "FloatStorage") {
  return "(" + text("storage") + global("torch", type) + text(key) + text("cpu") + integer(count) + "tQ";
}
inline std::string tensor(const std::string& storage, std::int64_t offset, const std::vector<std::int64_t>& shape,
                          const std::vector<std::int64_t>& strides) {
  return call(global("torch._utils", "_rebuild_tensor_v2"), storage + integer(offset) + tuple(shape) + tuple(strides) +
                                                                "\x89" +
                                                                call(global("collections", "OrderedDict"), ""));
}
inline std::string dict(const std::vector<std::pair<std::string, std::string>>& items) {
  std::string body = "}(";
  for (const auto& [key, value] : items) body += text(key) + value;
  return body + "u";
}

// ---- zip

/// One entry; what is set replaces the truth in the directory or the local header.
struct ZipPiece {
  std::string name, data;
  std::optional<std::string> localName;
  std::optional<std::uint32_t> crc, size, offset;
  std::uint16_t method = 0, flags = 0;
  std::string extra;
};

/// The archive's end record; what is set replaces the truth.
struct ZipLies {
  std::optional<std::uint64_t> count = std::nullopt, directorySize = std::nullopt, directoryOffset = std::nullopt;
  bool zip64 = false;
  std::string afterDirectory = {}, comment = {};
};

inline std::uint32_t crcOf(const std::string& data) {
  return static_cast<std::uint32_t>(
      ::crc32(0, reinterpret_cast<const Bytef*>(data.data()), static_cast<uInt>(data.size())));
}

inline std::string zip(const std::vector<ZipPiece>& pieces, const ZipLies& lies = {}) {
  std::string file, directory;
  for (const auto& piece : pieces) {
    const auto offset = static_cast<std::uint32_t>(file.size());
    const std::uint32_t crc = piece.crc.value_or(crcOf(piece.data));
    const std::uint64_t size = piece.size.value_or(static_cast<std::uint32_t>(piece.data.size()));
    const std::string localName = piece.localName.value_or(piece.name);
    const std::string shared = little(piece.flags, 2) + little(piece.method, 2) + little(0, 4) + little(crc, 4) +
                               little(size, 4) + little(size, 4);
    file += "PK\x03\x04" + little(20, 2) + shared + little(localName.size(), 2) + little(0, 2) + localName + piece.data;
    directory += "PK\x01\x02" + little(20, 2) + little(20, 2) + shared + little(piece.name.size(), 2) +
                 little(piece.extra.size(), 2) + little(0, 2) + little(0, 8) +
                 little(piece.offset.value_or(offset), 4) + piece.name + piece.extra;
  }
  const std::uint64_t begin = lies.directoryOffset.value_or(file.size());
  const std::uint64_t size = lies.directorySize.value_or(directory.size());
  const std::uint64_t count = lies.count.value_or(pieces.size());
  file += directory + lies.afterDirectory;
  if (lies.zip64) {
    const std::uint64_t record = file.size();
    file += "PK\x06\x06" + little(44, 8) + little(20, 2) + little(20, 2) + little(0, 8) + little(count, 8) +
            little(count, 8) + little(size, 8) + little(begin, 8);
    file += "PK\x06\x07" + little(0, 4) + little(record, 8) + little(1, 4);
    return file + "PK\x05\x06" + little(0, 4) + little(0xFFFF, 2) + little(0xFFFF, 2) + little(~0ULL, 8) + little(0, 2);
  }
  return file + "PK\x05\x06" + little(0, 4) + little(count, 2) + little(count, 2) + little(size, 4) + little(begin, 4) +
         little(lies.comment.size(), 2) + lies.comment;
}

/// The pieces of an archive as torch.save writes it, with storages by key.
inline std::vector<ZipPiece> archive(const std::string& pickled,
                                     const std::vector<std::pair<std::string, std::string>>& storages = {}) {
  std::vector<ZipPiece> pieces(2);
  pieces[0].name = "archive/data.pkl";
  pieces[0].data = pickled;
  pieces[1].name = "archive/byteorder";
  pieces[1].data = "little";
  for (const auto& [key, bytes] : storages) {
    pieces.emplace_back();
    pieces.back().name = "archive/data/" + key;
    pieces.back().data = bytes;
  }
  return pieces;
}

// ---- the older container

/// Magic number, version, description of the machine, then what is given.
inline std::string legacy(const std::string& content, const std::string& keys, const std::string& storages,
                          bool littleEndian = true) {
  const std::string machine = dict({{"little_endian", littleEndian ? "\x88" : "\x89"}});
  return pickle("\x8A\x0A\x6C\xFC\x9C\x46\xF9\x20\x6A\xA8\x50\x19") + pickle(integer(1001)) + pickle(machine) +
         pickle(content) + pickle(keys) + storages;
}

}  // namespace slab::test
