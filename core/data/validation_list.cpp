#include "core/data/validation_list.h"

#include <algorithm>
#include <charconv>
#include <fstream>

#include "core/base/error.h"

namespace slab::data {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSeparators = " \t,\r";

/// Takes the first word off a line.
std::string_view takeWord(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(kSeparators), line.size()));
  const auto end = std::min(line.find_first_of(kSeparators), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(end);
  return word;
}

std::optional<std::int64_t> numberOf(std::string_view word) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return number;
}

/// One line after the other, with where it stands for messages.
class ListReader {
 public:
  ListReader(const fs::path& list, const std::vector<std::string>& classNames, const std::vector<std::string>& names)
      : list_(list), classNames_(classNames), names_(names) {}

  ValidationLabels read() {
    std::ifstream stream(list_);
    if (!stream) throw Error(ErrorKind::Data, list_.string() + " can't be read; " + validationListMend());
    ValidationLabels labels;
    for (std::string line; std::getline(stream, line);) {
      ++number_;
      std::string_view rest = line;
      const std::string_view name = takeWord(rest), label = takeWord(rest);
      if (name.empty() || name.front() == '#' || name == "ImageId") continue;
      if (label.empty()) refuseLoneWord(name);
      labels[fileOf(name)] = labelOf(label);
    }
    return labels;
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw Error(ErrorKind::Data, list_.string() + ", line " + std::to_string(number_) + ": " + what);
  }

  [[noreturn]] void refuseLoneWord(std::string_view word) const {
    if (numberOf(word)) {
      refuse("a number alone, as in the devkit's ground truth, whose numbers mean nothing without its meta.mat; " +
             validationListMend());
    }
    refuse("no label after '" + std::string(word) + "'; " + validationListMend());
  }

  [[nodiscard]] std::int64_t labelOf(std::string_view word) const {
    const auto classes = static_cast<std::int64_t>(classNames_.size());
    const auto found = std::lower_bound(classNames_.begin(), classNames_.end(), word);
    if (found != classNames_.end() && *found == word) return found - classNames_.begin();
    const auto number = numberOf(word);
    if (!number) refuse("train has no class folder '" + std::string(word) + "'");
    if (*number < 0 || *number >= classes) {
      refuse("class " + std::string(word) + " is out of range: train has " + std::to_string(classes) +
             " class folders, counted from 0");
    }
    return *number;
  }

  /// Kaggle's names are without ending: fitted to the file there is.
  [[nodiscard]] std::string fileOf(std::string_view word) const {
    const std::string name = fs::path(word).filename().string();
    if (fs::path(name).has_extension()) return name;
    const auto found = std::lower_bound(names_.begin(), names_.end(), name + ".");
    return found != names_.end() && found->starts_with(name + ".") ? *found : name;
  }

  const fs::path& list_;
  const std::vector<std::string>& classNames_;
  const std::vector<std::string>& names_;
  std::int64_t number_ = 0;
};

}  // namespace

std::optional<fs::path> findValidationList(const fs::path& root) {
  std::vector<fs::path> folders{root, root / "val"};
  if (root.filename() == "CLS-LOC") folders.push_back(root / ".." / ".." / "..");
  for (const fs::path& folder : folders) {
    for (const char* name : {"val.txt", "val.csv", "LOC_val_solution.csv"}) {
      std::error_code ignored;
      if (fs::is_regular_file(folder / name, ignored)) return folder / name;
    }
  }
  return std::nullopt;
}

ValidationLabels readValidationList(const fs::path& list, const std::vector<std::string>& classNames,
                                    const std::vector<std::string>& names) {
  return ListReader(list, classNames, names).read();
}

std::string validationListMend() {
  return "put beside it a val.txt with one image a line, \"name.JPEG 65\" (class counted from 0 in order of the class "
         "folders) or \"name.JPEG n01751748\", or Kaggle's LOC_val_solution.csv, or sort the images into class folders";
}

}  // namespace slab::data
