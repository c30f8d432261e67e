#include "core/formats/safetensors.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <numeric>

#include "core/base/error.h"
#include "core/formats/mapped_file.h"
#include "core/formats/safetensors_header.h"

namespace slab {
namespace {

constexpr std::size_t kLengthBytes = 8;
constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;

[[noreturn]] void refuse(const std::string& path, const std::string& what) {
  throw Error(ErrorKind::Checkpoint, path + " can't be read as safetensors: " + what);
}

std::uint64_t readLength(std::span<const std::byte> bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < kLengthBytes; ++i) value |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
  return value;
}

std::span<const std::byte> headerOf(std::span<const std::byte> bytes, const std::string& path) {
  if (bytes.size() < kLengthBytes) {
    refuse(path, "it holds " + std::to_string(bytes.size()) + " bytes, less than the header's length field");
  }
  const std::uint64_t length = readLength(bytes);
  if (length > kMaxHeaderBytes) {
    refuse(path, "its header claims " + std::to_string(length) + " bytes at offset 0, more than 100 MB");
  }
  if (length > bytes.size() - kLengthBytes) {
    refuse(path, "the file is cut: its header ends at byte " + std::to_string(length + kLengthBytes) +
                     ", the file at byte " + std::to_string(bytes.size()));
  }
  return bytes.subspan(kLengthBytes, length);
}

/// Every byte of the data section belongs to exactly one tensor.
void checkLayout(const std::vector<SafetensorsEntry>& entries, std::uint64_t dataStart, std::uint64_t dataBytes,
                 const std::string& path) {
  std::vector<std::size_t> order(entries.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(entries[a].begin, entries[a].end) < std::pair(entries[b].begin, entries[b].end);
  });
  std::uint64_t covered = 0;
  for (const std::size_t i : order) {
    const SafetensorsEntry& entry = entries[i];
    if (entry.end > dataBytes) {
      refuse(path, "the file is cut: tensor " + entry.name + " ends at byte " + std::to_string(dataStart + entry.end) +
                       ", the file at byte " + std::to_string(dataStart + dataBytes));
    }
    if (entry.begin != covered) {
      refuse(path, "tensor " + entry.name + (entry.begin < covered ? " overlaps another" : " leaves a hole before it") +
                       " at byte " + std::to_string(dataStart + entry.begin));
    }
    covered = entry.end;
  }
  if (covered != dataBytes) {
    refuse(path, std::to_string(dataBytes - covered) + " bytes after byte " + std::to_string(dataStart + covered) +
                     " belong to no tensor");
  }
}

void checkSize(const SafetensorsEntry& entry, const std::string& path) {
  const auto expected = byteCount(entry.shape, entry.type);
  if (!expected) refuse(path, "tensor " + entry.name + " has the impossible shape " + formatShape(entry.shape));
  if (entry.end < entry.begin || entry.end - entry.begin != static_cast<std::uint64_t>(*expected)) {
    refuse(path, "tensor " + entry.name + " of shape " + formatShape(entry.shape) + " and type " +
                     std::string(toString(entry.type)) + " needs " + std::to_string(*expected) +
                     " bytes, its data_offsets are " + std::to_string(entry.begin) + " to " +
                     std::to_string(entry.end));
  }
}

}  // namespace

SafetensorsFile SafetensorsFile::open(const std::string& path) {
  const auto map = std::make_shared<const MappedFile>(path);
  SafetensorsFile file = parse(map->bytes(), path);
  file.owner_ = map;
  return file;
}

SafetensorsFile SafetensorsFile::parse(std::span<const std::byte> bytes, const std::string& name) {
  const auto headerBytes = headerOf(bytes, name);
  SafetensorsHeader header;
  try {
    header = parseSafetensorsHeader(headerBytes);
  } catch (const Error& error) {
    refuse(name, error.what());
  }
  const std::uint64_t dataStart = kLengthBytes + headerBytes.size();
  for (const SafetensorsEntry& entry : header.entries) checkSize(entry, name);
  checkLayout(header.entries, dataStart, bytes.size() - dataStart, name);

  SafetensorsFile file;
  file.path_ = name;
  file.metadata_ = std::move(header.metadata);
  file.tensors_.reserve(header.entries.size());
  for (SafetensorsEntry& entry : header.entries) {
    if (!file.index_.emplace(entry.name, file.tensors_.size()).second) {
      refuse(name, "its header names tensor " + entry.name + " twice");
    }
    file.tensors_.push_back({std::move(entry.name), entry.type, std::move(entry.shape),
                             bytes.subspan(dataStart + entry.begin, entry.end - entry.begin), dataStart + entry.begin});
  }
  return file;
}

const TensorView* SafetensorsFile::find(std::string_view name) const {
  const auto found = index_.find(std::string(name));
  return found == index_.end() ? nullptr : &tensors_[found->second];
}

std::string SafetensorsFile::metadataValue(std::string_view key) const {
  for (const auto& [name, value] : metadata_) {
    if (name == key) return value;
  }
  return {};
}

void SafetensorsWriter::setMetadata(std::string key, std::string value) {
  metadata_.emplace_back(std::move(key), std::move(value));
}

void SafetensorsWriter::add(std::string name, ElementType type, std::vector<std::int64_t> shape,
                            std::span<const std::byte> bytes) {
  const auto expected = byteCount(shape, type);
  if (!expected || static_cast<std::uint64_t>(*expected) != bytes.size()) {
    throw Error(ErrorKind::Internal, "tensor " + name + " of shape " + formatShape(shape) + " was given " +
                                         std::to_string(bytes.size()) + " bytes");
  }
  if (name == "__metadata__" || !index_.emplace(name, tensors_.size()).second) {
    throw Error(ErrorKind::Internal, "tensor name " + name + " is taken");
  }
  tensors_.push_back({std::move(name), type, std::move(shape), bytes, 0});
}

void SafetensorsWriter::writeTo(ByteSink& sink) const {
  std::vector<std::size_t> order(tensors_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return byteSize(tensors_[a].type) > byteSize(tensors_[b].type);
  });
  std::vector<std::uint64_t> begins(tensors_.size());
  std::uint64_t end = 0;
  for (const std::size_t i : order) {
    begins[i] = end;
    end += tensors_[i].bytes.size();
  }

  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata_.empty()) {
    auto& metadata = header["__metadata__"] = nlohmann::ordered_json::object();
    for (const auto& [key, value] : metadata_) metadata[key] = value;
  }
  std::string text = header.dump();
  text.pop_back();
  // Appended by hand: `ordered_json` looks every key up, which is quadratic in the tensors.
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    const TensorView& tensor = tensors_[i];
    if (text.size() > 1) text += ',';
    const nlohmann::ordered_json entry = {{"dtype", toString(tensor.type)},
                                          {"shape", tensor.shape},
                                          {"data_offsets", {begins[i], begins[i] + tensor.bytes.size()}}};
    text += nlohmann::json(tensor.name).dump() + ":" + entry.dump();
  }
  text += '}';
  text.resize((text.size() + kLengthBytes - 1) / kLengthBytes * kLengthBytes, ' ');

  std::array<std::byte, kLengthBytes> length{};
  for (std::size_t i = 0; i < kLengthBytes; ++i) length[i] = static_cast<std::byte>(text.size() >> (8 * i));
  sink.write(length);
  sink.write(std::as_bytes(std::span(text)));
  for (const std::size_t i : order) sink.write(tensors_[i].bytes);
}

void SafetensorsWriter::save(const std::string& path) const {
  writeFileAtomically(path, [&](ByteSink& sink) { writeTo(sink); });
}

}  // namespace slab
