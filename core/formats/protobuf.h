// Protobuf's wire format (protobuf.dev/programming-guides/encoding), by hand: a protobuf library would clash with the
// one inside LibTorch, and the messages used here have few fields.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slab {

/// How a field's content is laid out; the low three bits of its tag.
enum class ProtobufWire : std::uint8_t { Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5 };

/// A message under construction. Fields given in rising order come out as protobuf's own serializer writes them.
class ProtobufMessage {
 public:
  void integer(std::uint32_t field, std::int64_t value);
  void real(std::uint32_t field, float value);
  void real(std::uint32_t field, double value);
  void text(std::uint32_t field, std::string_view value);
  /// The tag and length of a field whose content follows from elsewhere.
  void head(std::uint32_t field, std::uint64_t length);
  void message(std::uint32_t field, const ProtobufMessage& inner) { text(field, inner.bytes_); }
  /// A packed repeated field.
  void integers(std::uint32_t field, const std::vector<std::int64_t>& values);

  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  void tag(std::uint32_t field, ProtobufWire wire);
  void varint(std::uint64_t value);
  template <typename T>
  void raw(T value);

  std::string bytes_;
};

/// One field of a message that is read: its number and its content, uninterpreted.
struct ProtobufField {
  std::uint32_t number = 0;
  ProtobufWire wire = ProtobufWire::Varint;
  std::uint64_t bits = 0;  // of Varint, Fixed64 and Fixed32
  std::string_view bytes;  // of Bytes: a text, a message or packed values

  /// Each throws Error(Data) where the field is laid out otherwise.
  [[nodiscard]] std::int64_t integer() const;
  [[nodiscard]] float real32() const;
  [[nodiscard]] double real64() const;
  [[nodiscard]] std::string_view text() const;

 private:
  void require(ProtobufWire expected) const;
};

/// Goes through the fields of a message. Any bytes are safe; what is no message throws Error(Data).
class ProtobufReader {
 public:
  explicit ProtobufReader(std::string_view message) : rest_(message) {}
  /// Nothing after the last field.
  std::optional<ProtobufField> next();
  /// A bare number, as a packed field holds them.
  std::uint64_t varint();
  [[nodiscard]] bool isAtEnd() const { return rest_.empty(); }

 private:
  std::string_view take(std::uint64_t size);

  std::string_view rest_;
};

}  // namespace slab
