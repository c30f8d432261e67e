#include <bit>
#include <cstring>

#include "core/base/error.h"
#include "core/formats/crc32c.h"
#include "core/formats/event_file.h"

namespace slab {
namespace {

constexpr std::uint64_t kHead = 12;  // length and its checksum
constexpr std::uint64_t kTail = 4;   // the message's checksum

template <typename T>
T numberAt(std::span<const std::byte> bytes, std::uint64_t offset) {
  static_assert(std::endian::native == std::endian::little);
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

bool beginsRecord(std::span<const std::byte> bytes, std::uint64_t offset) {
  return numberAt<std::uint32_t>(bytes, offset + 8) == maskedCrc32c(bytes.subspan(offset, 8));
}

}  // namespace

std::optional<LogEvent> EventFileReader::next() {
  while (offset_ < bytes_.size()) {
    const std::uint64_t start = offset_;
    const auto message = takeMessage();
    if (!message) continue;
    try {
      return parseEvent(*message);
    } catch (const Error& error) {
      report(start, std::string("the record is no event: ") + error.what());
    }
  }
  return std::nullopt;
}

std::optional<std::string_view> EventFileReader::takeMessage() {
  const std::uint64_t start = offset_, rest = bytes_.size() - start;
  if (rest >= kHead && !beginsRecord(bytes_, start)) {
    skipToRecord();
    report(start, "the length of a record does not agree with its checksum; " + std::to_string(offset_ - start) +
                      " bytes are passed over");
    return std::nullopt;
  }
  const std::uint64_t length = rest >= kHead ? numberAt<std::uint64_t>(bytes_, start) : 0;
  if (rest < kHead + kTail || length > rest - kHead - kTail) {
    report(start, "the file ends within a record");
    offset_ = bytes_.size();
    return std::nullopt;
  }
  const auto message = bytes_.subspan(start + kHead, length);
  offset_ = start + kHead + length + kTail;
  if (numberAt<std::uint32_t>(bytes_, offset_ - kTail) != maskedCrc32c(message)) {
    report(start, "a record does not agree with its checksum; it is passed over");
    return std::nullopt;
  }
  return std::string_view(reinterpret_cast<const char*>(message.data()), message.size());
}

void EventFileReader::skipToRecord() {
  for (++offset_; offset_ + kHead <= bytes_.size(); ++offset_) {
    if (beginsRecord(bytes_, offset_)) return;
  }
  offset_ = bytes_.size();
}

}  // namespace slab
