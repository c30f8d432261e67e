#include "core/formats/wordnet.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "core/base/error.h"

namespace slab {
namespace {

constexpr std::size_t kDigits = 8;
constexpr std::size_t kLongestLine = 64 * 1024;

bool isDigit(char c) {
  return c >= '0' && c <= '9';
}

/// The first fields of a line, as many as are asked for.
std::vector<std::string_view> fieldsOf(std::string_view line, std::size_t most) {
  std::vector<std::string_view> fields;
  while (!line.empty() && fields.size() < most) {
    const auto end = std::min(line.find(' '), line.size());
    fields.push_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return fields;
}

}  // namespace

bool isWordNetId(std::string_view name) {
  return name.size() == 1 + kDigits && name.front() == 'n' && std::all_of(name.begin() + 1, name.end(), isDigit);
}

std::string WordNet::defaultPath() {
  const char* given = std::getenv("WNSEARCHDIR");
  return std::string(given != nullptr && *given != '\0' ? given : "/usr/share/wordnet") + "/data.noun";
}

std::unique_ptr<WordNet> WordNet::open(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return nullptr;
  try {
    return std::make_unique<WordNet>(path);
  } catch (const Error&) {
    return nullptr;
  }
}

std::string WordNet::wordsOf(std::string_view id) const {
  if (!isWordNetId(id)) return {};
  const std::string_view digits = id.substr(1);
  std::size_t offset = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), offset);
  const auto bytes = file_.bytes();
  if (offset >= bytes.size()) return {};
  const std::string_view rest(reinterpret_cast<const char*>(bytes.data()) + offset,
                              std::min(bytes.size() - offset, kLongestLine));
  const std::string_view line = rest.substr(0, rest.find('\n'));

  // offset lex_filenum ss_type w_cnt (word lex_id)...; w_cnt is hexadecimal.
  constexpr std::size_t kBeforeWords = 4;
  const auto head = fieldsOf(line, kBeforeWords);
  if (head.size() < kBeforeWords || head[0] != digits || head[2] != "n") return {};
  std::size_t count = 0;
  std::from_chars(head[3].data(), head[3].data() + head[3].size(), count, 16);
  const auto fields = fieldsOf(line, kBeforeWords + 2 * count);
  std::string words;
  for (std::size_t i = kBeforeWords; i < fields.size(); i += 2) {
    words += (words.empty() ? "" : ", ") + std::string(fields[i]);
  }
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

}  // namespace slab
