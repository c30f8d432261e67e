// Names of ImageNet's classes from WordNet 3.0's database of nouns (Debian: wordnet-base).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/formats/mapped_file.h"

namespace slab {

/// A class folder of ImageNet: 'n' and the eight digits of a synset's byte offset in data.noun, e.g. n01440764.
bool isWordNetId(std::string_view name);

/// The file data.noun, format wndb(5WN): one synset a line, which begins with its own byte offset in the file.
class WordNet {
 public:
  /// WNSEARCHDIR, WordNet's own variable, or Debian's /usr/share/wordnet.
  static std::string defaultPath();

  /// nullptr where there is no such file: names are a courtesy, never a condition.
  static std::unique_ptr<WordNet> open(const std::string& path = defaultPath());
  explicit WordNet(const std::string& path) : file_(path) {}

  /// The synset's words as ImageNet lists them, "tench, Tinca tinca"; "" for what is no id or has no line here.
  [[nodiscard]] std::string wordsOf(std::string_view id) const;

 private:
  MappedFile file_;
};

}  // namespace slab
