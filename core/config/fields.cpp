#include "core/config/fields.h"

#include <cmath>
#include <sstream>
#include <type_traits>

#include "core/base/error.h"
#include "core/base/format.h"
#include "core/config/describe.h"
#include "core/config/enums.h"

namespace slab {
namespace {

template <typename T>
constexpr bool kIsInteger = std::is_same_v<T, std::int64_t>;

// JSON of one value.
template <typename T>
Json valueToJson(const T& value) {
  if constexpr (std::is_enum_v<T>) {
    return std::string(wordOf(value));
  } else if constexpr (std::is_same_v<T, Duration>) {
    if (value.unit == Duration::Unit::Steps) return static_cast<std::int64_t>(value.value);
    return value.toString();
  } else if constexpr (std::is_same_v<T, std::vector<double>>) {
    return value.size() == 1 ? Json(value[0]) : Json(value);
  } else {
    return value;
  }
}

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::optional<std::string> readInteger(const Json& json, std::int64_t& value) {
  if (json.is_number_integer()) {
    value = json.get<std::int64_t>();
    return std::nullopt;
  }
  if (json.is_number_float() && std::floor(json.get<double>()) == json.get<double>() &&
      std::fabs(json.get<double>()) < 9e15) {
    value = static_cast<std::int64_t>(json.get<double>());
    return std::nullopt;
  }
  return "needs a whole number, not " + json.dump();
}

std::optional<std::string> readNumber(const Json& json, double& value) {
  if (!json.is_number()) return "needs a number, not " + json.dump();
  value = json.get<double>();
  return std::nullopt;
}

// The value of one JSON; what is wrong, in words.
template <typename T>
std::optional<std::string> valueFromJson(const Json& json, T& value) {
  if constexpr (kIsInteger<T>) {
    return readInteger(json, value);
  } else if constexpr (std::is_same_v<T, double>) {
    return readNumber(json, value);
  } else if constexpr (std::is_same_v<T, bool>) {
    if (!json.is_boolean()) return "needs true or false, not " + json.dump();
    value = json.get<bool>();
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (!json.is_string()) return "needs a text, not " + json.dump();
    value = json.get<std::string>();
  } else if constexpr (std::is_same_v<T, Duration>) {
    const auto parsed = Duration::parse(json.is_string() ? json.get<std::string>() : json.dump());
    if (!parsed) return "needs a duration like 60000 (steps), \"48ep\" or \"80%\", not " + json.dump();
    value = *parsed;
  } else if constexpr (std::is_enum_v<T>) {
    const auto parsed = json.is_string() ? fromWord<T>(json.get<std::string>()) : std::nullopt;
    if (!parsed) return "needs one of " + join(wordsOf<T>()) + ", not " + json.dump();
    value = *parsed;
  } else {
    typename T::value_type entry{};
    T list;
    for (const auto& item : json.is_array() ? json : Json::array({json})) {
      if (auto problem = valueFromJson(item, entry)) return "list: " + *problem;
      list.push_back(entry);
    }
    if (list.empty()) return "needs at least one entry";
    value = std::move(list);
  }
  return std::nullopt;
}

template <typename T>
FieldType typeOf(const FieldDoc& doc) {
  if constexpr (kIsInteger<T>) return FieldType::Integer;
  if constexpr (std::is_same_v<T, double>) return FieldType::Number;
  if constexpr (std::is_same_v<T, bool>) return FieldType::Boolean;
  if constexpr (std::is_same_v<T, std::string>) return doc.choices.empty() ? FieldType::Text : FieldType::Choice;
  if constexpr (std::is_same_v<T, Duration>) return FieldType::Duration;
  if constexpr (std::is_enum_v<T>) return FieldType::Choice;
  if constexpr (std::is_same_v<T, std::vector<std::int64_t>>) return FieldType::IntegerList;
  return FieldType::NumberList;
}

// Walks all keys and calls `leaf(full key, group, title, value, doc)`.
template <typename Leaf>
class Walk {
 public:
  explicit Walk(Leaf leaf) : leaf_(std::move(leaf)) {}

  template <typename T>
  void operator()(std::string_view key, T& value, const FieldDoc& doc) {
    leaf_(group_.empty() ? std::string(key) : group_ + "." + std::string(key), group_, title_, value, doc);
  }

  template <typename Body>
  void group(std::string_view name, std::string_view title, Body body) {
    group_ = name;
    title_ = title;
    body(*this);
    group_.clear();
    title_ = "Machine";
  }

 private:
  Leaf leaf_;
  std::string group_;
  std::string title_ = "Machine";
};

std::vector<FieldInfo> makeFields() {
  std::vector<FieldInfo> table;
  const RunConfig defaults;
  describe(Walk([&](std::string key, const std::string& group, const std::string& title, const auto& value,
                    const FieldDoc& doc) {
             using T = std::remove_cvref_t<decltype(value)>;
             FieldInfo info{
                 std::move(key), group,       title, typeOf<T>(doc),    std::string(doc.help), std::string(doc.unit),
                 doc.minimum,    doc.maximum, {},    valueToJson(value)};
             if constexpr (std::is_enum_v<T>) info.choices = wordsOf<T>();
             std::istringstream words{std::string(doc.choices)};
             for (std::string word; words >> word;) info.choices.push_back(word);
             table.push_back(std::move(info));
           }),
           defaults);
  return table;
}

}  // namespace

const std::vector<FieldInfo>& fields() {
  static const std::vector<FieldInfo> table = makeFields();
  return table;
}

const FieldInfo* findField(std::string_view key) {
  for (const auto& field : fields()) {
    if (field.key == key) return &field;
  }
  return nullptr;
}

std::string nearestKey(std::string_view key) {
  std::vector<std::string> keys;
  for (const auto& field : fields()) keys.push_back(field.key);
  return nearestName(key, keys);
}

Json getField(const RunConfig& config, std::string_view key) {
  Json found;
  bool known = false;
  describe(Walk([&](const std::string& candidate, const std::string&, const std::string&, const auto& value,
                    const FieldDoc&) {
             if (candidate != key) return;
             found = valueToJson(value);
             known = true;
           }),
           config);
  if (!known) throw Error(ErrorKind::Config, "There is no key '" + std::string(key) + "'");
  return found;
}

std::optional<std::string> setField(RunConfig& config, std::string_view key, const Json& value) {
  std::optional<std::string> problem = "is not a known key";
  describe(
      Walk([&](const std::string& candidate, const std::string&, const std::string&, auto& field, const FieldDoc&) {
        if (candidate == key) problem = valueFromJson(value, field);
      }),
      config);
  return problem;
}

Json toJson(const RunConfig& config) {
  Json json = Json::object();
  describe(Walk([&](const std::string& key, const std::string& group, const std::string&, const auto& value,
                    const FieldDoc&) {
             if (group.empty()) {
               json[key] = valueToJson(value);
             } else {
               json[group][key.substr(group.size() + 1)] = valueToJson(value);
             }
           }),
           config);
  return json;
}

}  // namespace slab
