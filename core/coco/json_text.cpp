#include "core/coco/json_text.h"

#include <array>
#include <charconv>

namespace slab::coco {
namespace {

/// Powers of ten that a double holds exactly.
constexpr std::array<double, 23> kPowers{1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                         1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

bool isDigit(char c) {
  return c >= '0' && c <= '9';
}

void appendUtf8(std::string& text, std::uint32_t code) {
  const auto add = [&](std::uint32_t byte) { text += static_cast<char>(byte); };
  if (code < 0x80) {
    add(code);
  } else if (code < 0x800) {
    add(0xC0 | code >> 6);
    add(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    add(0xE0 | code >> 12);
    add(0x80 | (code >> 6 & 0x3F));
    add(0x80 | (code & 0x3F));
  } else {
    add(0xF0 | code >> 18);
    add(0x80 | (code >> 12 & 0x3F));
    add(0x80 | (code >> 6 & 0x3F));
    add(0x80 | (code & 0x3F));
  }
}

class JsonReader {
 public:
  JsonReader(std::string_view text, JsonHandler& handler)
      : begin_(text.data()), at_(begin_), end_(begin_ + text.size()), handler_(handler) {
    if (text.substr(0, 3) == "\xEF\xBB\xBF") at_ += 3;
  }

  void run() {
    value();
    while (depth_ > 0) {
      skipSpace();
      if (isObject_[depth_ - 1]) {
        objectGoesOn();
      } else {
        arrayGoesOn();
      }
    }
    skipSpace();
    if (at_ != end_) fail();
  }

 private:
  [[noreturn]] void stop(JsonFault fault) const { throw JsonStop{fault, static_cast<std::size_t>(at_ - begin_) + 1}; }
  /// The byte at hand is not what must stand there.
  [[noreturn]] void fail() const { stop(at_ == end_ ? JsonFault::Cut : JsonFault::Invalid); }

  void skipSpace() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  }

  void expect(char c) {
    if (at_ == end_ || *at_ != c) fail();
    ++at_;
  }

  bool takes(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  /// A value, or the begin of one.
  void value() {
    skipSpace();
    if (at_ == end_) fail();
    switch (*at_) {
      case '{': open(true); break;
      case '[': open(false); break;
      case '"':
        readString();
        handler_.text(string_);
        break;
      case 't': word("true"), handler_.truth(true); break;
      case 'f': word("false"), handler_.truth(false); break;
      case 'n': word("null"), handler_.null(); break;
      case 'N':
      case 'I': stop(JsonFault::NotFinite);
      default: number();
    }
  }

  void open(bool isObject) {
    if (depth_ == kMostJsonDepth) stop(JsonFault::TooDeep);
    ++at_;
    isObject_[depth_++] = isObject;
    isFirst_ = true;
    isObject ? handler_.startObject() : handler_.startArray();
  }

  void objectGoesOn() {
    const bool isFirst = isFirst_;
    isFirst_ = false;
    if (takes('}')) return close();
    if (!isFirst) {
      expect(',');
      skipSpace();
    }
    readString();
    handler_.key(string_);
    skipSpace();
    expect(':');
    value();
  }

  void arrayGoesOn() {
    const bool isFirst = isFirst_;
    isFirst_ = false;
    if (takes(']')) return close();
    if (!isFirst) expect(',');
    value();
  }

  void close() {
    if (!isObject_[--depth_]) return handler_.endArray();
    handler_.setPosition(static_cast<std::size_t>(at_ - begin_));
    handler_.endObject();
  }

  void word(std::string_view letters) {
    for (const char letter : letters) expect(letter);
  }

  void number() {
    const char* first = at_;
    const bool isNegative = takes('-');
    if (isNegative && at_ != end_ && *at_ == 'I') stop(JsonFault::NotFinite);
    std::uint64_t mantissa = 0;
    int digits = 0, decimals = 0;
    const auto takeDigits = [&] {
      const char* from = at_;
      for (; at_ != end_ && isDigit(*at_); ++at_, ++digits) {
        if (digits < 19) mantissa = 10 * mantissa + static_cast<std::uint64_t>(*at_ - '0');
      }
      return at_ - from;
    };
    const bool isZero = at_ != end_ && *at_ == '0';
    const auto before = takeDigits();
    if (before == 0) fail();
    if (isZero && before > 1) {
      at_ = first + (isNegative ? 2 : 1);  // numbers have no zeros in front
      fail();
    }
    bool isPlain = true;
    if (takes('.')) {
      isPlain = false;
      decimals = static_cast<int>(takeDigits());
      if (decimals == 0) fail();
    }
    if (at_ != end_ && (*at_ == 'e' || *at_ == 'E')) return slowNumber(first);
    if (isPlain && digits <= 18) {
      const auto value = static_cast<std::int64_t>(mantissa);
      return handler_.whole(isNegative ? -value : value);
    }
    // Both exact in a double: one division rounds once.
    constexpr std::uint64_t kMostExact = std::uint64_t{1} << 53;
    if (digits > 18 || mantissa > kMostExact || decimals >= static_cast<int>(kPowers.size())) return slowNumber(first);
    const double value = static_cast<double>(mantissa) / kPowers[static_cast<std::size_t>(decimals)];
    handler_.real(isNegative ? -value : value);
  }

  /// With an exponent, or with more digits than are exact. What stands before the exponent is read already.
  void slowNumber(const char* first) {
    if (at_ != end_ && (*at_ == 'e' || *at_ == 'E')) {
      ++at_;
      if (!takes('+')) takes('-');
      if (at_ == end_ || !isDigit(*at_)) fail();
      while (at_ != end_ && isDigit(*at_)) ++at_;
    }
    double value = 0;
    const auto result = std::from_chars(first, at_, value);
    if (result.ec == std::errc::result_out_of_range) {
      // Too small to be told from 0 is 0, or too large.
      const std::string_view text(first, static_cast<std::size_t>(at_ - first));
      const bool isBelowOne =
          text.find("e-") != text.npos || text.find("E-") != text.npos || *first == '0' || text.substr(0, 2) == "-0";
      if (!isBelowOne) stop(JsonFault::NotFinite);
      value = 0;
    }
    handler_.real(value);
  }

  void readString() {
    expect('"');
    string_.clear();
    for (;;) {
      const char* from = at_;
      while (at_ != end_ && *at_ != '"' && *at_ != '\\' && static_cast<unsigned char>(*at_) >= 0x20) ++at_;
      string_.append(from, at_);
      if (takes('"')) return;
      if (!takes('\\')) fail();
      escape();
    }
  }

  void escape() {
    if (at_ == end_) fail();
    constexpr std::string_view kLetters = "\"\\/bfnrt", kMeant = "\"\\/\b\f\n\r\t";
    const std::size_t which = kLetters.find(*at_);
    if (which != std::string_view::npos) {
      string_ += kMeant[which];
      ++at_;
      return;
    }
    expect('u');
    std::uint32_t code = fourDigits();
    if (code >= 0xD800 && code < 0xDC00) {  // the first half of a pair
      expect('\\');
      expect('u');
      const std::uint32_t low = fourDigits();
      if (low < 0xDC00 || low > 0xDFFF) fail();
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    } else if (code >= 0xDC00 && code < 0xE000) {
      fail();
    }
    appendUtf8(string_, code);
  }

  std::uint32_t fourDigits() {
    std::uint32_t code = 0;
    for (int i = 0; i < 4; ++i) {
      if (at_ == end_) fail();
      std::uint32_t digit = 0;
      if (std::from_chars(at_, at_ + 1, digit, 16).ec != std::errc()) fail();
      code = 16 * code + digit;
      ++at_;
    }
    return code;
  }

  const char *begin_, *at_, *end_;
  JsonHandler& handler_;
  std::string string_;
  std::array<bool, kMostJsonDepth> isObject_{};
  std::size_t depth_ = 0;
  bool isFirst_ = false;  // nothing stands yet in what was opened last
};

}  // namespace

std::optional<JsonStop> readJson(std::string_view text, JsonHandler& handler) {
  try {
    JsonReader(text, handler).run();
  } catch (const JsonStop& stop) {
    return stop;
  }
  return std::nullopt;
}

}  // namespace slab::coco
