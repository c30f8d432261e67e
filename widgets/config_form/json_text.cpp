#include "widgets/config_form/json_text.h"

#include <vector>

namespace slab {
namespace {

/// One `"name": value` of an object; positions in the text.
struct Member {
  QString name;
  qsizetype nameStart = 0, nameEnd = 0;    // with the quotes
  qsizetype valueStart = 0, valueEnd = 0;  // without spaces around
};

/// Reads just enough JSON (with // and /* */ comments) to find members; ill-formed text ends the walk.
class Scanner {
 public:
  explicit Scanner(const QString& text) : text_(text) {}

  /// Members of the object that starts at `at` (its brace). `close` becomes the place of the closing brace, -1 if none.
  std::vector<Member> members(qsizetype at, qsizetype& close) const {
    std::vector<Member> found;
    close = -1;
    qsizetype i = skip(at + 1);
    while (i < text_.size() && text_[i] == '"') {
      Member member;
      member.nameStart = i;
      i = member.nameEnd = skipString(i);
      member.name = text_.mid(member.nameStart + 1, member.nameEnd - member.nameStart - 2);
      i = skip(i);
      if (i >= text_.size() || text_[i] != ':') return found;
      member.valueStart = skip(i + 1);
      member.valueEnd = skipValue(member.valueStart);
      if (member.valueEnd <= member.valueStart) return found;
      found.push_back(member);
      i = skip(member.valueEnd);
      if (i < text_.size() && text_[i] == ',') i = skip(i + 1);
    }
    if (i < text_.size() && text_[i] == '}') close = i;
    return found;
  }

  /// The next position that is neither space nor comment.
  [[nodiscard]] qsizetype skip(qsizetype i) const {
    while (i < text_.size()) {
      if (text_[i].isSpace()) {
        ++i;
      } else if (text_.mid(i, 2) == QLatin1String("//")) {
        const qsizetype end = text_.indexOf('\n', i);
        i = end < 0 ? text_.size() : end + 1;
      } else if (text_.mid(i, 2) == QLatin1String("/*")) {
        const qsizetype end = text_.indexOf(QLatin1String("*/"), i);
        i = end < 0 ? text_.size() : end + 2;
      } else {
        break;
      }
    }
    return i;
  }

 private:
  [[nodiscard]] qsizetype skipString(qsizetype i) const {
    for (++i; i < text_.size() && text_[i] != '"'; ++i) {
      if (text_[i] == '\\') ++i;
    }
    return std::min(i + 1, text_.size());
  }

  [[nodiscard]] qsizetype skipValue(qsizetype i) const {
    int depth = 0;
    const qsizetype start = i;
    while (i < text_.size()) {
      const QChar c = text_[i];
      if (c == '"') {
        i = skipString(i);
      } else if (c == '{' || c == '[') {
        ++depth, ++i;
      } else if (c == '}' || c == ']') {
        if (depth == 0) break;
        --depth, ++i;
      } else if (depth == 0 && (c == ',' || c.isSpace() || c == '/')) {
        break;
      } else {
        i = depth > 0 && skip(i) > i ? skip(i) : i + 1;
        continue;
      }
      if (depth == 0 && i > start) break;
    }
    return i;
  }

  const QString& text_;
};

const Member* find(const std::vector<Member>& members, const QString& name) {
  for (const Member& member : members) {
    if (member.name == name) return &member;
  }
  return nullptr;
}

/// `"name": value` after the last member, in its style: on its own line where the members are.
QString withMember(const QString& text, const std::vector<Member>& members, qsizetype open, qsizetype close,
                   const QString& name, const QString& value, int indent) {
  const bool isMultiline = members.empty() ? text.mid(open, close - open).contains('\n') || indent == 2
                                           : text.mid(open, members.front().nameStart - open).contains('\n');
  const QString gap = isMultiline ? QLatin1Char('\n') + QString(indent, ' ') : QString(members.empty() ? "" : " ");
  const QString item = gap + '"' + name + "\": " + value;
  QString result = text;
  if (!members.empty()) return result.insert(members.back().valueEnd, ',' + item);
  const QString tail = isMultiline ? QLatin1Char('\n') + QString(indent - 2, ' ') : QString();
  return result.replace(open + 1, close - open - 1, item + tail);
}

/// The object and name a dotted key stands for in this text: in its group's object, or dotted at the top.
struct Place {
  qsizetype open = -1, close = -1;
  std::vector<Member> members;
  const Member* member = nullptr;
  QString name;
};

Place locate(const QString& text, const QString& key) {
  const Scanner scanner(text);
  Place place;
  place.open = scanner.skip(0);
  if (place.open >= text.size() || text[place.open] != '{') return {};
  place.members = scanner.members(place.open, place.close);
  place.name = key;
  place.member = find(place.members, key);
  const qsizetype dot = key.indexOf('.');
  if (place.member || dot < 0) return place;
  const Member* group = find(place.members, key.left(dot));
  if (!group || text[group->valueStart] != '{') return place;
  Place inner;
  inner.open = group->valueStart;
  inner.members = scanner.members(inner.open, inner.close);
  inner.name = key.mid(dot + 1);
  inner.member = find(inner.members, inner.name);
  return inner;
}

}  // namespace

std::optional<QString> withValue(const QString& text, const QString& key, const nlohmann::ordered_json& value) {
  const QString words = compactJson(value);
  const Place place = locate(text, key);
  if (place.open < 0 || place.close < 0) return std::nullopt;
  if (place.member) {
    QString result = text;
    return result.replace(place.member->valueStart, place.member->valueEnd - place.member->valueStart, words);
  }
  const qsizetype dot = key.indexOf('.');
  const bool isInGroup = place.name != key;
  if (isInGroup || dot < 0) {
    return withMember(text, place.members, place.open, place.close, place.name, words, isInGroup ? 4 : 2);
  }
  return withMember(text, place.members, place.open, place.close, key.left(dot),
                    "{\"" + key.mid(dot + 1) + "\": " + words + '}', 2);
}

QString withoutKey(const QString& text, const QString& key) {
  const Place place = locate(text, key);
  if (!place.member) return text;
  qsizetype from = place.member->nameStart, to = place.member->valueEnd;
  const Scanner scanner(text);
  const qsizetype next = scanner.skip(to);
  if (next < text.size() && text[next] == ',') {
    to = scanner.skip(next + 1);
  } else {
    // The last member: the comma before it goes as well.
    const auto index = static_cast<std::size_t>(place.member - place.members.data());
    from = index > 0 ? place.members[index - 1].valueEnd : place.open + 1;
  }
  QString result = text;
  return result.remove(from, to - from);
}

QString withRenamedKey(const QString& text, const QString& from, const QString& to) {
  const Place place = locate(text, from);
  if (!place.member) return text;
  const bool isInGroup = place.name != from;
  const qsizetype dot = from.indexOf('.');
  if (isInGroup && to.left(dot + 1) != from.left(dot + 1)) {
    // Another group: the value moves there.
    const QString value = text.mid(place.member->valueStart, place.member->valueEnd - place.member->valueStart);
    const auto json = nlohmann::ordered_json::parse(value.toStdString(), nullptr, false, true);
    return json.is_discarded() ? text : withValue(withoutKey(text, from), to, json).value_or(text);
  }
  QString result = text;
  return result.replace(place.member->nameStart + 1, place.member->nameEnd - place.member->nameStart - 2,
                        isInGroup ? to.mid(dot + 1) : to);
}

QString compactJson(const nlohmann::ordered_json& value) {
  if (!value.is_array()) return QString::fromStdString(value.dump());
  QString words;
  for (const auto& item : value) words += (words.isEmpty() ? "" : ", ") + QString::fromStdString(item.dump());
  return '[' + words + ']';
}

}  // namespace slab
