#include "core/formats/safetensors_header.h"

#include <limits>
#include <nlohmann/json.hpp>

#include "core/base/error.h"

namespace slab {
namespace {

constexpr std::size_t kMaxTensors = std::size_t{1} << 18;
constexpr std::size_t kMaxRank = 64;
constexpr std::size_t kFileOffsetOfHeader = 8;

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorKind::Checkpoint, what);
}

/// Receives the tokens of the header. Anything the format doesn't have is refused at once, so that
/// neither depth nor memory can grow beyond the bytes of the file.
class HeaderReader {
 public:
  explicit HeaderReader(SafetensorsHeader& header) : header_(header) {}

  // The names and signatures are those of nlohmann::json's SAX interface.
  bool null() { return unexpected("null"); }
  bool boolean(bool) { return unexpected("a boolean"); }
  bool number_integer(std::int64_t) { return unexpected("a negative number"); }
  bool number_float(double, const std::string&) { return unexpected("a fraction"); }
  bool binary(std::vector<std::uint8_t>&) { return unexpected("binary data"); }

  bool number_unsigned(std::uint64_t value) {
    if (place_ == Place::Shape) {
      if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        refuse("tensor " + entry_.name + " has a dimension of " + std::to_string(value));
      }
      if (entry_.shape.size() == kMaxRank) refuse("tensor " + entry_.name + " has more than 64 dimensions");
      entry_.shape.push_back(static_cast<std::int64_t>(value));
      return true;
    }
    if (place_ == Place::Offsets && offsets_ < 2) {
      (offsets_++ == 0 ? entry_.begin : entry_.end) = value;
      return true;
    }
    return unexpected("a number");
  }

  bool string(std::string& value) {
    if (place_ == Place::Metadata) {
      header_.metadata.emplace_back(std::move(key_), std::move(value));
      return true;
    }
    if (place_ != Place::Tensor || key_ != "dtype") return unexpected("a string");
    const auto type = parseElementType(value);
    if (!type) refuse("tensor " + entry_.name + " has the unknown type " + value);
    entry_.type = *type;
    mark(kType);
    return true;
  }

  bool start_object(std::size_t) {
    if (place_ == Place::Before) {
      place_ = Place::Top;
    } else if (place_ == Place::Top && key_ == "__metadata__") {
      place_ = Place::Metadata;
    } else if (place_ == Place::Top) {
      if (header_.entries.size() == kMaxTensors) refuse("its header names more than 2^18 tensors");
      entry_ = {};
      entry_.name = std::move(key_);
      seen_ = 0;
      place_ = Place::Tensor;
    } else {
      return unexpected("an object");
    }
    return true;
  }

  bool end_object() {
    if (place_ == Place::Tensor) {
      if (seen_ != (kType | kShape | kOffsets)) refuse("tensor " + entry_.name + " lacks dtype, shape or data_offsets");
      header_.entries.push_back(std::move(entry_));
    }
    place_ = place_ == Place::Top ? Place::After : Place::Top;
    return true;
  }

  bool start_array(std::size_t) {
    if (place_ == Place::Tensor && key_ == "shape") {
      place_ = Place::Shape;
      mark(kShape);
    } else if (place_ == Place::Tensor && key_ == "data_offsets") {
      place_ = Place::Offsets;
      offsets_ = 0;
      mark(kOffsets);
    } else {
      return unexpected("an array");
    }
    return true;
  }

  bool end_array() {
    if (place_ == Place::Offsets && offsets_ != 2) refuse("tensor " + entry_.name + " has not two data_offsets");
    place_ = Place::Tensor;
    return true;
  }

  bool key(std::string& name) {
    if (place_ == Place::Tensor && name != "dtype" && name != "shape" && name != "data_offsets") {
      refuse("tensor " + entry_.name + " has the unknown field " + name);
    }
    key_ = std::move(name);
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) {
    refuse("its header is not valid JSON at byte " + std::to_string(kFileOffsetOfHeader + position));
  }

 private:
  enum class Place { Before, Top, Metadata, Tensor, Shape, Offsets, After };
  enum Field : unsigned { kType = 1, kShape = 2, kOffsets = 4 };

  void mark(Field field) {
    if ((seen_ & field) != 0) refuse("tensor " + entry_.name + " has a field twice");
    seen_ |= field;
  }

  bool unexpected(const std::string& what) {
    switch (place_) {
      case Place::Tensor:
      case Place::Shape:
      case Place::Offsets: refuse("tensor " + entry_.name + " has " + what + " where the format has none");
      case Place::Metadata: refuse("metadata value " + key_ + " is " + what + ", not a string");
      default: refuse("its header has " + what + " where the format has none");
    }
  }

  SafetensorsHeader& header_;
  Place place_ = Place::Before;
  std::string key_;
  SafetensorsEntry entry_;
  unsigned seen_ = 0;
  int offsets_ = 0;
};

}  // namespace

SafetensorsHeader parseSafetensorsHeader(std::span<const std::byte> json) {
  const auto* text = reinterpret_cast<const char*>(json.data());
  if (json.empty() || text[0] != '{') refuse("its header does not begin with a brace at byte 8");
  SafetensorsHeader header;
  HeaderReader reader(header);
  nlohmann::json::sax_parse(text, text + json.size(), &reader);
  return header;
}

}  // namespace slab
