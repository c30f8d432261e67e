#include "core/coco/json_text.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "core/base/rng.h"

namespace slab::coco {
namespace {

using nlohmann::json;

/// Builds the value that the tokens say.
class Builder final : public JsonHandler {
 public:
  json value;

  void startObject() override { open(json::object()); }
  void endObject() override { open_.pop_back(); }
  void startArray() override { open(json::array()); }
  void endArray() override { open_.pop_back(); }
  void key(std::string& name) override { key_ = name; }
  void text(std::string& text) override { add(text); }
  void whole(std::int64_t number) override { add(number); }
  void real(double number) override { add(number); }
  void truth(bool truth) override { add(truth); }
  void null() override { add(nullptr); }

 private:
  json& add(const json& one) {
    if (open_.empty()) return value = one;
    json& parent = *open_.back();
    if (parent.is_object()) return parent[key_] = one;
    parent.push_back(one);
    return parent.back();
  }
  void open(const json& empty) { open_.push_back(&add(empty)); }

  std::vector<json*> open_;
  std::string key_;
};

json read(const std::string& text) {
  Builder builder;
  const auto stop = readJson(text, builder);
  EXPECT_FALSE(stop.has_value()) << text << " at byte " << (stop ? stop->position : 0);
  return builder.value;
}

TEST(JsonText, EveryKindOfValueIsReadAsAnotherReaderReadsIt) {
  for (const std::string text :
       {R"({"a": [1, -2, 3.5, -0.25, 1e3, 2.5E-2, 0, -0, 0.0], "b": {"c": null, "d": [true, false]}, "": {}, "e": []})",
        R"("a \"quoted\" \\ \/ \b\f\n\r\t \u00e9 \u20ac \ud83d\ude00 text")", "\xEF\xBB\xBF [ 1 ,\t2\r\n]", "7",
        "[[[[]]]]", "9007199254740993", "0.1234567890123456789", "123456789012345678", "12345678901234567890.5",
        "1e-400", R"("\u0000")", "[1.7976931348623157e308, 5e-324, 2.2250738585072014e-308]"}) {
    EXPECT_EQ(read(text), json::parse(text)) << text;
  }
}

TEST(JsonText, NumbersAreRoundedCorrectly) {
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    Random random(hashKeys(17, i));
    std::string text = random.below(2) == 0 ? "-" : "";
    text += std::to_string(random.below(std::uint64_t{1} << random.below(64)));
    if (random.below(4) > 0) text += "." + std::to_string(random.below(std::uint64_t{1} << (1 + random.below(62))));
    if (random.below(5) == 0) text += "e" + std::to_string(static_cast<int>(random.below(60)) - 30);
    const double expected = std::strtod(text.c_str(), nullptr), value = read(text).get<double>();
    ASSERT_EQ(expected, value) << text;
  }
}

TEST(JsonText, WhatIsNoJsonStopsAtItsByte) {
  struct Case {
    const char* text;
    JsonFault fault;
    std::size_t position;
  };
  for (const auto& [text, fault, position] : std::initializer_list<Case>{{"", JsonFault::Cut, 1},
                                                                         {"[1, 2", JsonFault::Cut, 6},
                                                                         {"{\"a\"", JsonFault::Cut, 5},
                                                                         {"\"abc", JsonFault::Cut, 5},
                                                                         {"tru", JsonFault::Cut, 4},
                                                                         {"-", JsonFault::Cut, 2},
                                                                         {"1.", JsonFault::Cut, 3},
                                                                         {"1e+", JsonFault::Cut, 4},
                                                                         {"\"\\u12", JsonFault::Cut, 6},
                                                                         {"[1,]", JsonFault::Invalid, 4},
                                                                         {"{\"a\":1,}", JsonFault::Invalid, 8},
                                                                         {"{1: 2}", JsonFault::Invalid, 2},
                                                                         {"[1 2]", JsonFault::Invalid, 4},
                                                                         {"01", JsonFault::Invalid, 2},
                                                                         {"-01", JsonFault::Invalid, 3},
                                                                         {"+1", JsonFault::Invalid, 1},
                                                                         {".5", JsonFault::Invalid, 1},
                                                                         {"1.x", JsonFault::Invalid, 3},
                                                                         {"\"\t\"", JsonFault::Invalid, 2},
                                                                         {"\"\\x\"", JsonFault::Invalid, 3},
                                                                         {"[1] 2", JsonFault::Invalid, 5},
                                                                         {"\"\\udc00\"", JsonFault::Invalid, 8},
                                                                         {"\"\\ud800x\"", JsonFault::Invalid, 8},
                                                                         {"[}", JsonFault::Invalid, 2},
                                                                         {"{]", JsonFault::Invalid, 2},
                                                                         {"nul!", JsonFault::Invalid, 4},
                                                                         {"NaN", JsonFault::NotFinite, 1},
                                                                         {"[-Infinity]", JsonFault::NotFinite, 3},
                                                                         {"1e999", JsonFault::NotFinite, 6},
                                                                         {"-1e999", JsonFault::NotFinite, 7}}) {
    Builder builder;
    const auto stop = readJson(text, builder);
    ASSERT_TRUE(stop.has_value()) << text;
    EXPECT_EQ(static_cast<int>(stop->fault), static_cast<int>(fault)) << text;
    EXPECT_EQ(stop->position, position) << text;
  }
  Builder builder;
  EXPECT_EQ(readJson(std::string(1000, '['), builder)->fault, JsonFault::TooDeep);
}

}  // namespace
}  // namespace slab::coco
