// How the program speaks on standard output and standard error.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/config/fields.h"
#include "core/config/validate.h"

namespace slab::cli {

/// Writes a line to standard output at once. Throws Error(Data) when nobody reads it any more or
/// the disk is full, so that a script never takes half an answer for a whole one.
void printLine(std::string_view line);

/// One JSON value on one line.
void printJson(const Json& json);

/// Pretty JSON, for answers that people read as well.
void printPrettyJson(const Json& json);

/// "slab: config error: ..." on standard error.
void printError(std::string_view kind, std::string_view sentence);

/// "slab: warning: ..." on standard error.
void printWarning(std::string_view sentence);

/// All problems on standard error, one a line.
void printIssues(const std::vector<ConfigIssue>& issues);
Json toJson(const std::vector<ConfigIssue>& issues);

bool isTerminal(int fileDescriptor);

/// Columns padded to their widest cell; `right` marks columns aligned to the right.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> header, std::vector<bool> right = {});
  void add(std::vector<std::string> row);
  void print() const;

 private:
  std::vector<std::vector<std::string>> rows_;
  std::vector<bool> right_;
};

/// Columns a text takes on a terminal: UTF-8 characters, not bytes.
std::size_t displayWidth(std::string_view text);
/// As much of a text, in whole characters, as so many columns hold.
std::string firstColumns(std::string_view text, std::size_t columns);

}  // namespace slab::cli
