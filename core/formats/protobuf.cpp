#include "core/formats/protobuf.h"

#include <array>
#include <bit>
#include <cstring>

#include "core/base/error.h"

namespace slab {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw Error(ErrorKind::Data, what);
}

template <typename T>
T littleEndian(std::string_view bytes) {
  static_assert(std::endian::native == std::endian::little);
  T value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

}  // namespace

void ProtobufMessage::integer(std::uint32_t field, std::int64_t value) {
  tag(field, ProtobufWire::Varint);
  varint(static_cast<std::uint64_t>(value));
}

void ProtobufMessage::real(std::uint32_t field, float value) {
  tag(field, ProtobufWire::Fixed32);
  raw(value);
}

void ProtobufMessage::real(std::uint32_t field, double value) {
  tag(field, ProtobufWire::Fixed64);
  raw(value);
}

void ProtobufMessage::text(std::uint32_t field, std::string_view value) {
  head(field, value.size());
  bytes_.append(value);
}

void ProtobufMessage::head(std::uint32_t field, std::uint64_t length) {
  tag(field, ProtobufWire::Bytes);
  varint(length);
}

void ProtobufMessage::integers(std::uint32_t field, const std::vector<std::int64_t>& values) {
  ProtobufMessage packed;
  for (const auto value : values) packed.varint(static_cast<std::uint64_t>(value));
  message(field, packed);
}

void ProtobufMessage::tag(std::uint32_t field, ProtobufWire wire) {
  varint(std::uint64_t{field} << 3U | static_cast<std::uint64_t>(wire));
}

void ProtobufMessage::varint(std::uint64_t value) {
  for (; value >= 0x80; value >>= 7U) bytes_.push_back(static_cast<char>((value & 0x7F) | 0x80));
  bytes_.push_back(static_cast<char>(value));
}

template <typename T>
void ProtobufMessage::raw(T value) {
  const auto bits = std::bit_cast<std::array<char, sizeof value>>(value);
  bytes_.append(bits.data(), bits.size());
}

void ProtobufField::require(ProtobufWire expected) const {
  if (wire == expected) return;
  fail("field " + std::to_string(number) + " has wire type " + std::to_string(static_cast<int>(wire)) + " where type " +
       std::to_string(static_cast<int>(expected)) + " belongs");
}

std::int64_t ProtobufField::integer() const {
  require(ProtobufWire::Varint);
  return static_cast<std::int64_t>(bits);
}

float ProtobufField::real32() const {
  require(ProtobufWire::Fixed32);
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits));
}

double ProtobufField::real64() const {
  require(ProtobufWire::Fixed64);
  return std::bit_cast<double>(bits);
}

std::string_view ProtobufField::text() const {
  require(ProtobufWire::Bytes);
  return bytes;
}

std::optional<ProtobufField> ProtobufReader::next() {
  if (rest_.empty()) return std::nullopt;
  const std::uint64_t tag = varint();
  ProtobufField field;
  if (tag >> 3U == 0 || tag >> 3U > 0x1FFFFFFF) fail("a field has a number that protobuf does not know");
  field.number = static_cast<std::uint32_t>(tag >> 3U);
  field.wire = static_cast<ProtobufWire>(tag & 7U);
  switch (field.wire) {
    case ProtobufWire::Varint: field.bits = varint(); return field;
    case ProtobufWire::Fixed64: field.bits = littleEndian<std::uint64_t>(take(8)); return field;
    case ProtobufWire::Bytes: field.bytes = take(varint()); return field;
    case ProtobufWire::Fixed32: field.bits = littleEndian<std::uint32_t>(take(4)); return field;
  }
  fail("field " + std::to_string(field.number) + " has the unknown wire type " + std::to_string(tag & 7U));
}

std::uint64_t ProtobufReader::varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const auto byte = static_cast<unsigned char>(take(1).front());
    value |= std::uint64_t{byte & 0x7FU} << shift;
    if (byte < 0x80) return value;
  }
  fail("a number takes more than 64 bits");
}

std::string_view ProtobufReader::take(std::uint64_t size) {
  if (size > rest_.size()) fail("the message ends within a field");
  const std::string_view taken = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return taken;
}

}  // namespace slab
