#include "core/formats/npy.h"

#include <cctype>
#include <limits>
#include <optional>
#include <string_view>

#include "core/base/error.h"
#include "core/formats/mapped_file.h"

namespace slab {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kMaxRank = 64;
constexpr std::size_t kAlignment = 64;

struct TypeName {
  ElementType type;
  std::string_view descr;
};
constexpr TypeName kTypes[] = {
    {ElementType::F32, "<f4"}, {ElementType::F64, "<f8"}, {ElementType::U8, "|u1"}, {ElementType::I64, "<i8"}};

[[noreturn]] void refuse(const std::string& name, const std::string& what) {
  throw Error(ErrorKind::Data, name + " can't be read as .npy: " + what);
}

/// Reads the Python literal of the header: {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }
class DictReader {
 public:
  DictReader(std::string_view text, std::size_t fileOffset, const std::string& name)
      : text_(text), fileOffset_(fileOffset), name_(name) {}

  struct Fields {
    std::optional<std::string> descr;
    std::optional<bool> fortranOrder;
    std::optional<std::vector<std::int64_t>> shape;
  };

  Fields read() {
    Fields fields;
    expect('{');
    while (!accept('}')) {
      const std::string key = quoted();
      expect(':');
      if (key == "descr" && !fields.descr) {
        fields.descr = quoted();
      } else if (key == "fortran_order" && !fields.fortranOrder) {
        fields.fortranOrder = boolean();
      } else if (key == "shape" && !fields.shape) {
        fields.shape = tuple();
      } else {
        fail();
      }
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skipSpace();
    if (at_ != text_.size()) fail();
    return fields;
  }

 private:
  [[noreturn]] void fail() const {
    refuse(name_, "its header is malformed at byte " + std::to_string(fileOffset_ + at_));
  }

  void skipSpace() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }

  bool accept(char wanted) {
    skipSpace();
    if (at_ == text_.size() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }

  void expect(char wanted) {
    if (!accept(wanted)) fail();
  }

  std::string quoted() {
    const char quote = accept('\'') ? '\'' : '"';
    if (quote == '"') expect('"');
    const auto end = text_.find(quote, at_);
    if (end == std::string_view::npos) fail();
    std::string value(text_.substr(at_, end - at_));
    at_ = end + 1;
    return value;
  }

  bool boolean() {
    skipSpace();
    for (const auto& [word, value] : {std::pair(std::string_view("True"), true), {"False", false}}) {
      if (text_.substr(at_, word.size()) == word) {
        at_ += word.size();
        return value;
      }
    }
    fail();
  }

  std::vector<std::int64_t> tuple() {
    std::vector<std::int64_t> values;
    expect('(');
    while (!accept(')')) {
      if (values.size() == kMaxRank) fail();
      values.push_back(integer());
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    return values;
  }

  std::int64_t integer() {
    skipSpace();
    const std::size_t start = at_;
    std::int64_t value = 0;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') {
      const int digit = text_[at_] - '0';
      if (value > (std::numeric_limits<std::int64_t>::max() - digit) / 10) fail();
      value = value * 10 + digit;
      ++at_;
    }
    if (at_ == start) fail();
    return value;
  }

  std::string_view text_;
  std::size_t fileOffset_;
  const std::string& name_;
  std::size_t at_ = 0;
};

ElementType typeOf(const std::string& descr, const std::string& name) {
  for (const TypeName& entry : kTypes) {
    // One byte has no order: NumPy writes "|u1", others "<u1".
    if (descr == entry.descr || (entry.type == ElementType::U8 && descr == "<u1")) return entry.type;
  }
  refuse(name, "its elements are " + descr +
                   ", and float32, float64, uint8 and int64 (little-endian) are known; convert it with "
                   "array.astype('<f4')");
}

struct Preamble {
  std::size_t textOffset;
  std::size_t textBytes;
};

Preamble readPreamble(std::span<const std::byte> bytes, const std::string& name) {
  const auto* text = reinterpret_cast<const char*>(bytes.data());
  if (bytes.size() < 10 || std::string_view(text, kMagic.size()) != kMagic) {
    refuse(name, "it does not begin with NumPy's signature");
  }
  const auto byteAt = [&](std::size_t i) { return std::to_integer<std::size_t>(bytes[i]); };
  const std::size_t version = byteAt(6);
  if (version < 1 || version > 3)
    refuse(name, "its format version is " + std::to_string(version) + ", known are 1 to 3");
  Preamble preamble{10, byteAt(8) | byteAt(9) << 8};
  if (version > 1) {
    if (bytes.size() < 12) refuse(name, "the file is cut at byte " + std::to_string(bytes.size()));
    preamble = {12, byteAt(8) | byteAt(9) << 8 | byteAt(10) << 16 | byteAt(11) << 24};
  }
  if (preamble.textBytes > bytes.size() - preamble.textOffset) {
    refuse(name, "the file is cut at byte " + std::to_string(bytes.size()) + ", inside its header");
  }
  return preamble;
}

}  // namespace

NpyHeader parseNpyHeader(std::span<const std::byte> bytes, const std::string& name) {
  const Preamble preamble = readPreamble(bytes, name);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()) + preamble.textOffset, preamble.textBytes);
  auto fields = DictReader(text, preamble.textOffset, name).read();
  if (!fields.descr || !fields.fortranOrder || !fields.shape) {
    refuse(name, "its header lacks descr, fortran_order or shape");
  }
  // With at most one dimension both orders are the same.
  if (*fields.fortranOrder && fields.shape->size() > 1) {
    refuse(name, "it is in Fortran order; save it again with numpy.save(path, numpy.ascontiguousarray(array))");
  }
  NpyHeader header{typeOf(*fields.descr, name), std::move(*fields.shape), preamble.textOffset + preamble.textBytes};
  if (!byteCount(header.shape, header.type)) refuse(name, "its shape " + formatShape(header.shape) + " is impossible");
  return header;
}

NpyFile::NpyFile(const std::string& path) : path_(path) {
  const auto map = std::make_shared<const MappedFile>(path);
  header_ = parseNpyHeader(map->bytes(), path);
  const auto expected = static_cast<std::uint64_t>(*byteCount(header_.shape, header_.type));
  const std::uint64_t present = map->bytes().size() - header_.dataOffset;
  if (present != expected) {
    refuse(path, (present < expected ? "the file is cut: " : "the file is too long: ") + std::to_string(present) +
                     " bytes of data from byte " + std::to_string(header_.dataOffset) + ", its shape " +
                     formatShape(header_.shape) + " needs " + std::to_string(expected));
  }
  bytes_ = map->bytes().subspan(header_.dataOffset);
  owner_ = map;
}

std::string formatNpyHeader(ElementType type, std::span<const std::int64_t> shape) {
  std::string text = "{'descr': '";
  bool known = false;
  for (const TypeName& entry : kTypes) {
    if (entry.type == type) {
      text += entry.descr;
      known = true;
    }
  }
  if (!known)
    throw Error(ErrorKind::Internal, ".npy files of type " + std::string(toString(type)) + " are not written");
  text += "', 'fortran_order': False, 'shape': (";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i > 0 ? ", " : "") + std::to_string(shape[i]);
  text += shape.size() == 1 ? ",), }" : "), }";
  const std::size_t fixed = kMagic.size() + 4;
  const std::size_t total = (fixed + text.size() + 1 + kAlignment - 1) / kAlignment * kAlignment;
  text.append(total - fixed - text.size() - 1, ' ');
  text += '\n';
  std::string header(kMagic);
  header += '\x01';
  header += '\x00';
  header += static_cast<char>(text.size() & 0xFF);
  header += static_cast<char>(text.size() >> 8);
  return header + text;
}

void writeNpy(const std::string& path, ElementType type, std::span<const std::int64_t> shape,
              std::span<const std::byte> bytes) {
  const auto expected = byteCount(shape, type);
  if (!expected || static_cast<std::uint64_t>(*expected) != bytes.size()) {
    throw Error(ErrorKind::Internal, path + ": an array of shape " + formatShape(shape) + " was given " +
                                         std::to_string(bytes.size()) + " bytes");
  }
  const std::string header = formatNpyHeader(type, shape);
  writeFileAtomically(path, [&](ByteSink& sink) {
    sink.write(std::as_bytes(std::span(header)));
    sink.write(bytes);
  });
}

void writeNpy(const std::string& path, std::span<const std::int64_t> shape, std::span<const float> values) {
  writeNpy(path, ElementType::F32, shape, std::as_bytes(values));
}

}  // namespace slab
