// tf.Event messages: what of them is written, and what is read.
#include <array>
#include <bit>
#include <cstring>
#include <type_traits>

#include "core/base/error.h"
#include "core/formats/crc32c.h"
#include "core/formats/event_file.h"
#include "core/formats/protobuf.h"

namespace slab {
namespace {

// Field numbers.
namespace event_field {
constexpr std::uint32_t kWall = 1, kStep = 2, kFileVersion = 3, kSummary = 5, kSessionLog = 7;
}
namespace summary_field {
constexpr std::uint32_t kValue = 1;
}
namespace value_field {
constexpr std::uint32_t kTag = 1, kSimpleValue = 2, kNodeName = 7, kTensor = 8, kMetadata = 9;
}
namespace tensor_field {
constexpr std::uint32_t kType = 1, kShape = 2, kContent = 4, kFloat = 5, kDouble = 6, kInt = 7, kInt64 = 10;
}
namespace session_field {
constexpr std::uint32_t kStatus = 1;
}

constexpr std::int64_t kSessionStart = 1;  // SessionLog.SessionStatus.START

// tensorflow.DataType
constexpr std::int64_t kTypeFloat = 1, kTypeDouble = 2, kTypeInt32 = 3, kTypeInt64 = 9;

template <typename T>
void appendRaw(std::string& text, T value) {
  const auto bytes = std::bit_cast<std::array<char, sizeof value>>(value);
  text.append(bytes.data(), bytes.size());
}

std::uint32_t checksum(std::string_view text) {
  return maskedCrc32c(std::as_bytes(std::span(text)));
}

ProtobufMessage encode(const EventScalar& scalar) {
  ProtobufMessage value;
  value.text(value_field::kTag, scalar.tag);
  value.real(value_field::kSimpleValue, static_cast<float>(scalar.value));
  return value;
}

ProtobufMessage encode(const LogEvent& event) {
  ProtobufMessage message;
  message.real(event_field::kWall, event.wall);
  if (event.step != 0) message.integer(event_field::kStep, event.step);
  if (!event.fileVersion.empty()) message.text(event_field::kFileVersion, event.fileVersion);
  if (!event.scalars.empty()) {
    ProtobufMessage summary;
    for (const auto& scalar : event.scalars) summary.message(summary_field::kValue, encode(scalar));
    message.message(event_field::kSummary, summary);
  }
  if (event.startsSession) {
    ProtobufMessage session;
    session.integer(session_field::kStatus, kSessionStart);
    message.message(event_field::kSessionLog, session);
  }
  return message;
}

template <typename T>
std::optional<double> only(std::string_view bytes) {
  if (bytes.size() != sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return static_cast<double>(value);
}

// One element of a repeated field, packed or not.
template <typename T>
std::optional<double> realOf(const ProtobufField& field) {
  if (field.wire == ProtobufWire::Bytes) return only<T>(field.bytes);
  return std::is_same_v<T, float> ? static_cast<double>(field.real32()) : field.real64();
}

std::optional<double> integerOf(const ProtobufField& field) {
  if (field.wire == ProtobufWire::Varint) return static_cast<double>(field.integer());
  ProtobufReader packed(field.text());
  const auto value = static_cast<std::int64_t>(packed.varint());
  return packed.isAtEnd() ? std::optional(static_cast<double>(value)) : std::nullopt;
}

std::optional<double> contentOf(std::int64_t type, std::string_view content) {
  switch (type) {
    case kTypeFloat: return only<float>(content);
    case kTypeDouble: return only<double>(content);
    case kTypeInt32: return only<std::int32_t>(content);
    case kTypeInt64: return only<std::int64_t>(content);
    default: return std::nullopt;
  }
}

// The number in a tensor that is a single one; nothing for any other tensor.
std::optional<double> scalarOf(std::string_view tensor) {
  std::int64_t type = 0;
  std::string_view content;
  std::optional<double> listed;
  ProtobufReader reader(tensor);
  while (const auto field = reader.next()) {
    switch (field->number) {
      case tensor_field::kType: type = field->integer(); break;
      case tensor_field::kShape:
        if (!field->text().empty()) return std::nullopt;  // it has dimensions
        break;
      case tensor_field::kContent: content = field->text(); break;
      case tensor_field::kFloat: listed = realOf<float>(*field); break;
      case tensor_field::kDouble: listed = realOf<double>(*field); break;
      case tensor_field::kInt:
      case tensor_field::kInt64: listed = integerOf(*field); break;
      default: break;
    }
  }
  if (type != kTypeFloat && type != kTypeDouble && type != kTypeInt32 && type != kTypeInt64) return std::nullopt;
  if (!content.empty()) return contentOf(type, content);
  return listed ? listed : 0.0;  // protobuf leaves out what is zero
}

void addValue(LogEvent& event, std::string_view message) {
  EventScalar scalar;
  bool isScalar = false, isOther = false;
  ProtobufReader reader(message);
  while (const auto field = reader.next()) {
    switch (field->number) {
      case value_field::kTag: scalar.tag = field->text(); break;
      case value_field::kNodeName:
      case value_field::kMetadata: break;
      case value_field::kSimpleValue:
        scalar.value = field->real32();
        isScalar = true;
        break;
      case value_field::kTensor:
        if (const auto value = scalarOf(field->text())) {
          scalar.value = *value;
          isScalar = true;
          break;
        }
        [[fallthrough]];
      default: isOther = true;
    }
  }
  if (isScalar && !isOther) {
    event.scalars.push_back(std::move(scalar));
  } else {
    event.others += isOther;
  }
}

bool isSessionStart(std::string_view message) {
  ProtobufReader reader(message);
  std::int64_t status = 0;
  while (const auto field = reader.next()) {
    if (field->number == session_field::kStatus) status = field->integer();
  }
  return status == kSessionStart;
}

void addSummary(LogEvent& event, std::string_view message) {
  ProtobufReader reader(message);
  while (const auto field = reader.next()) {
    if (field->number == summary_field::kValue) addValue(event, field->text());
  }
}

}  // namespace

std::string toRecord(const LogEvent& event) {
  const ProtobufMessage message = encode(event);
  std::string record;
  appendRaw(record, static_cast<std::uint64_t>(message.bytes().size()));
  appendRaw(record, checksum(record));
  record += message.bytes();
  appendRaw(record, checksum(message.bytes()));
  return record;
}

LogEvent parseEvent(std::string_view message) {
  LogEvent event;
  ProtobufReader reader(message);
  while (const auto field = reader.next()) {
    switch (field->number) {
      case event_field::kWall: event.wall = field->real64(); break;
      case event_field::kStep: event.step = field->integer(); break;
      case event_field::kFileVersion: event.fileVersion = field->text(); break;
      case event_field::kSummary: addSummary(event, field->text()); break;
      case event_field::kSessionLog: event.startsSession = isSessionStart(field->text()); break;
      default: break;
    }
  }
  return event;
}

}  // namespace slab
