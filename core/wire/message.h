// A message: what a frame means. Typed bodies are in messages.h; this is their common envelope.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/wire/frame.h"

namespace slab {

/// A request is answered by any number of Progress and exactly one Reply or Error, all with its id.
/// Cancel carries the id of the request to give up (answered by an Error of type "cancelled", or by
/// the Reply that was already on its way). An Event has no id.
enum class MessageKind { Request, Reply, Progress, Error, Cancel, Event };

std::string_view toString(MessageKind kind);

/// A tensor beside the JSON: row-major, little endian.
struct WireArray {
  std::string name;
  std::string dtype;  // "u8", "i32", "i64", "f32", "f64"
  std::vector<std::int64_t> shape;
  std::vector<std::uint8_t> bytes;

  [[nodiscard]] std::int64_t elements() const;
};

/// Bytes of an element; 0 for an unknown dtype.
std::size_t dtypeBytes(std::string_view dtype);

WireArray makeArray(std::string name, std::vector<std::int64_t> shape, std::span<const float> values);
WireArray makeArray(std::string name, std::vector<std::int64_t> shape, std::span<const double> values);
WireArray makeArray(std::string name, std::vector<std::int64_t> shape, std::span<const std::int64_t> values);
WireArray makeArray(std::string name, std::vector<std::int64_t> shape, std::span<const std::uint8_t> values);

/// The elements as T; throws Error(Data) when the dtype is another.
std::vector<float> floatValues(const WireArray& array);
std::vector<double> doubleValues(const WireArray& array);
std::vector<std::int64_t> integerValues(const WireArray& array);

struct Message {
  MessageKind kind = MessageKind::Event;
  std::string type;         // "attention", "run_status", ... : kType of a struct in messages.h
  std::uint64_t id = 0;     // of the request; 0 for an event
  std::string body = "{}";  // a JSON object's text
  std::vector<WireArray> arrays;

  /// The array of that name, or null.
  [[nodiscard]] const WireArray* find(std::string_view name) const;
};

/// Arrays go into the payload one after the other; the header tells name, dtype and shape of each.
Frame toFrame(const Message& message);

/// Throws Error(Data) when the frame is not a well-formed message: JSON nested deeper than 64, an
/// unknown kind or dtype, or arrays that do not fill the payload exactly.
Message toMessage(Frame frame);

Message makeError(std::uint64_t id, ErrorKind kind, std::string_view text);
Message makeCancelled(std::uint64_t id);
Message makeCancel(std::uint64_t id);

}  // namespace slab
