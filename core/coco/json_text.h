// JSON token by token, for files of half a gigabyte: a pass over the text without a tree, and without the C library's
// conversion of numbers, which takes longer than all the rest of reading a COCO file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace slab::coco {

/// Receives the tokens in their order. May throw to end the reading.
class JsonHandler {
 public:
  virtual ~JsonHandler() = default;

  /// Bytes of the text that were read when the last object ended.
  [[nodiscard]] std::size_t position() const { return position_; }
  void setPosition(std::size_t bytes) { position_ = bytes; }

  virtual void startObject() = 0;
  virtual void endObject() = 0;
  virtual void startArray() = 0;
  virtual void endArray() = 0;
  /// Without escapes; may be moved from.
  virtual void key(std::string& name) = 0;
  virtual void text(std::string& value) = 0;
  /// A number without point and exponent, of at most 18 digits.
  virtual void whole(std::int64_t value) = 0;
  /// Any other, correctly rounded.
  virtual void real(double value) = 0;
  virtual void truth(bool value) = 0;
  virtual void null() = 0;

 private:
  std::size_t position_ = 0;
};

enum class JsonFault {
  Cut,        // the text ends before its value does
  NotFinite,  // NaN or Infinity, which JSON has not, or a number beyond all doubles
  TooDeep,    // lists and objects nest deeper than kMostJsonDepth
  Invalid
};

/// Where reading stopped: the byte, from 1 on.
struct JsonStop {
  JsonFault fault;
  std::size_t position;
};

inline constexpr std::size_t kMostJsonDepth = 256;

/// Hands the one value of the text to `handler`. Returns why it stopped, nothing at the end of a valid text. Strict
/// (RFC 8259) but for bytes above 0x7F within texts, which are taken as they are; a mark of UTF-8 at the begin is
/// passed over. Memory does not grow with the text.
std::optional<JsonStop> readJson(std::string_view text, JsonHandler& handler);

}  // namespace slab::coco
