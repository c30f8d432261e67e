#include "app/cli/output.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "core/base/error.h"

namespace slab::cli {
namespace {

/// Of UTF-8.
bool beginsCharacter(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
}

}  // namespace

void printLine(std::string_view line) {
  const bool written = std::fwrite(line.data(), 1, line.size(), stdout) == line.size() &&
                       std::fputc('\n', stdout) != EOF && std::fflush(stdout) == 0;
  if (!written) throw Error(ErrorKind::Data, "standard output can't be written: " + errnoMessage(errno));
}

void printJson(const Json& json) {
  printLine(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

void printPrettyJson(const Json& json) {
  printLine(json.dump(2, ' ', false, Json::error_handler_t::replace));
}

void printError(std::string_view kind, std::string_view sentence) {
  std::fprintf(stderr, "slab: %.*s error: %.*s\n", static_cast<int>(kind.size()), kind.data(),
               static_cast<int>(sentence.size()), sentence.data());
}

void printWarning(std::string_view sentence) {
  std::fprintf(stderr, "slab: warning: %.*s\n", static_cast<int>(sentence.size()), sentence.data());
}

void printIssues(const std::vector<ConfigIssue>& issues) {
  std::fputs(toText(issues).c_str(), stderr);
}

Json toJson(const std::vector<ConfigIssue>& issues) {
  Json list = Json::array();
  for (const auto& issue : issues) {
    Json entry{{"severity", issue.isError() ? "error" : "warning"}, {"key", issue.key}, {"message", issue.message}};
    if (issue.mend) entry["mend"] = issue.mend->label;
    list.push_back(std::move(entry));
  }
  return list;
}

bool isTerminal(int fileDescriptor) {
  return ::isatty(fileDescriptor) == 1;
}

std::size_t displayWidth(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), beginsCharacter));
}

std::string firstColumns(std::string_view text, std::size_t columns) {
  std::size_t begun = 0, end = 0;
  for (; end < text.size(); ++end) {
    if (beginsCharacter(text[end]) && ++begun > columns) break;
  }
  return std::string(text.substr(0, end));
}

TextTable::TextTable(std::vector<std::string> header, std::vector<bool> right)
    : rows_{std::move(header)}, right_(std::move(right)) {
  right_.resize(rows_.front().size(), false);
}

void TextTable::add(std::vector<std::string> row) {
  row.resize(rows_.front().size());
  rows_.push_back(std::move(row));
}

void TextTable::print() const {
  std::vector<std::size_t> widths(right_.size(), 0);
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], displayWidth(row[i]));
  }
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string padding(widths[i] - displayWidth(row[i]), ' ');
      line += (i > 0 ? "  " : "") + (right_[i] ? padding + row[i] : row[i] + padding);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    printLine(line);
  }
}

}  // namespace slab::cli
