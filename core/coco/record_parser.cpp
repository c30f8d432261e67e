#include "core/coco/record_parser.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include "core/base/error.h"

namespace slab::coco {
namespace {

constexpr std::array<std::string_view, static_cast<std::size_t>(Field::Count)> kFieldNames{
    "id", "image_id", "category_id", "width", "height", "file_name", "name", "area", "iscrowd", "score"};
constexpr std::array<Section, 3> kSections{Section::Images, Section::Annotations, Section::Categories};
/// Deeper than any COCO file nests what this program passes over.
constexpr std::size_t kMostDepth = 256;

/// What the parser is inside of.
enum class Place { Root, Section, Record, Box, ShapeLists, ShapeList, RunLengths, Size, Counts, Passed };

/// Receives the tokens. The names and signatures are those of nlohmann::json's SAX interface.
class RecordReader {
 public:
  RecordReader(std::span<const std::byte> json, const std::string& name, CocoFile file, bool withShapes,
               const OnRecord& onRecord)
      : json_(json), name_(name), file_(file), withShapes_(withShapes), onRecord_(onRecord) {}

  bool null() { return scalar({Scalar::Kind::Null, 0, 0, {}}); }
  bool boolean(bool value) { return scalar({Scalar::Kind::Boolean, value ? 1 : 0, 0, {}}); }
  bool number_integer(std::int64_t value) { return whole(value); }
  bool number_unsigned(std::uint64_t value) {
    if (value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      return whole(static_cast<std::int64_t>(value));
    }
    return number_float(static_cast<double>(value), {});
  }
  bool number_float(double value, const std::string&) {
    if (NumberList* list = openList()) {
      list->values.push_back(value);
      return true;
    }
    return scalar({Scalar::Kind::Real, 0, value, {}});
  }
  bool string(std::string& value) {
    if (here() == Place::RunLengths && key_ == "counts") {
      record_.shape.isCompressed = true;
      record_.shape.text = std::move(value);
      return true;
    }
    return scalar({Scalar::Kind::Text, 0, 0, std::move(value)});
  }
  bool binary(std::vector<std::uint8_t>&) { return true; }  // JSON has none

  bool start_object(std::size_t) {
    if (places_.empty()) {
      if (file_ == CocoFile::Results) refuse("is an object, and results are a list: give the file of detections");
      return enter(Place::Root);
    }
    if (here() == Place::Section) {
      record_ = {};
      record_.number = ++number_;
      return enter(Place::Record);
    }
    if (here() == Place::Record && key_ == "segmentation" && withShapes_) {
      record_.shape = {};
      record_.shape.kind = ShapeField::Kind::RunLengths;
      return enter(Place::RunLengths);
    }
    return enterOther();
  }
  bool end_object() { return leave(); }

  bool start_array(std::size_t) {
    if (places_.empty()) {
      if (file_ == CocoFile::Annotations) {
        refuse(
            "is a list, and annotations are an object with images, annotations and categories: is it a file of "
            "results?");
      }
      return enterSection(Section::Results);
    }
    switch (here()) {
      case Place::Root: return enterNamedSection();
      case Place::Record:
        if (key_ == "bbox") return enterList(record_.box, Place::Box);
        if (key_ == "segmentation" && withShapes_) {
          record_.shape = {};
          record_.shape.kind = ShapeField::Kind::Lists;
          return enter(Place::ShapeLists);
        }
        return enterOther();
      case Place::ShapeLists:
        record_.shape.lists.emplace_back();
        return enterList(record_.shape.lists.back(), Place::ShapeList);
      case Place::RunLengths:
        if (key_ == "size") return enterList(record_.shape.size, Place::Size);
        if (key_ == "counts") {
          record_.shape.isCompressed = false;
          return enterList(record_.shape.counts, Place::Counts);
        }
        return enterOther();
      default: return enterOther();
    }
  }
  bool end_array() { return leave(); }

  bool key(std::string& name) {
    key_ = std::move(name);
    return true;
  }

  bool parse_error(std::size_t position, const std::string& token, const nlohmann::detail::exception&) {
    const std::string size = std::to_string(json_.size());
    if (json_.empty()) refuse("is empty: download or export it again");
    if (position > json_.size()) refuse("is cut: it ends after " + size + " bytes; download or export it again");
    const bool isNumber = !token.empty() && token.front() != '"';
    if (isNumber && (token.back() == 'N' || token.back() == 'I')) {
      refuse("holds NaN or Infinity at byte " + std::to_string(position) + ", which JSON has not; write a number");
    }
    refuse("is not valid JSON at byte " + std::to_string(position) + ": export it again");
  }

  /// After the last token.
  void finish() const {
    if (file_ == CocoFile::Results) {
      if (!seen_[static_cast<std::size_t>(Section::Results)]) refuse("holds no list of results");
      return;
    }
    for (const Section section : kSections) {
      if (!seen_[static_cast<std::size_t>(section)]) {
        refuse("is no COCO annotation file: it has no list \"" + std::string(nameOf(section)) + "\"");
      }
    }
  }

 private:
  [[nodiscard]] Place here() const { return places_.empty() ? Place::Passed : places_.back(); }

  bool enter(Place place) {
    if (places_.size() >= kMostDepth) refuse("nests " + std::to_string(kMostDepth) + " deep, which no COCO file does");
    places_.push_back(place);
    return true;
  }

  bool enterList(NumberList& list, Place place) {
    list = {};
    list.isGiven = true;
    list_ = &list;
    return enter(place);
  }

  bool enterSection(Section section) {
    auto& seen = seen_[static_cast<std::size_t>(section)];
    if (seen) refuse("has two lists of one name; keep one of them");
    seen = true;
    section_ = section;
    number_ = 0;
    return enter(Place::Section);
  }

  bool enterNamedSection() {
    const auto* found = std::find_if(kSections.begin(), kSections.end(), [&](auto s) { return nameOf(s) == key_; });
    return found == kSections.end() ? enter(Place::Passed) : enterSection(*found);
  }

  /// Something nested where a record has no list or object of a known name.
  bool enterOther() {
    switch (here()) {
      case Place::Root: refuseSection("an object"); break;
      case Place::Section: refuseEntry("a list"); break;
      case Place::Record: store({Scalar::Kind::Nested, 0, 0, {}}); break;
      case Place::ShapeLists: record_.shape.isSound = false; break;
      case Place::Box:
      case Place::ShapeList:
      case Place::Size:
      case Place::Counts: list_->isSound = false; break;
      case Place::RunLengths:
      case Place::Passed: break;
    }
    return enter(Place::Passed);
  }

  bool leave() {
    const Place place = places_.back();
    places_.pop_back();
    if (place == Place::Record) onRecord_(section_, record_);
    return true;
  }

  bool whole(std::int64_t value) {
    if (NumberList* list = openList()) {
      list->values.push_back(static_cast<double>(value));
      return true;
    }
    return scalar({Scalar::Kind::Whole, value, static_cast<double>(value), {}});
  }

  /// The list of numbers that the parser is in.
  [[nodiscard]] NumberList* openList() const {
    switch (here()) {
      case Place::Box:
      case Place::ShapeList:
      case Place::Size:
      case Place::Counts: return list_;
      default: return nullptr;
    }
  }

  bool scalar(Scalar value) {
    if (NumberList* list = openList()) {
      list->isSound = false;
      return true;
    }
    if (places_.empty()) refuse("holds " + std::string(nameOf(value.kind)) + ", no lists");
    switch (here()) {
      case Place::Root: refuseSection(nameOf(value.kind)); break;
      case Place::Section: refuseEntry(nameOf(value.kind)); break;
      case Place::Record: store(std::move(value)); break;
      case Place::ShapeLists: record_.shape.isSound = false; break;
      default: break;
    }
    return true;
  }

  void store(Scalar value) {
    if (key_ == "bbox") {
      record_.box = {true, false, {}};
    } else if (key_ == "segmentation") {
      if (withShapes_) record_.shape.kind = ShapeField::Kind::Other;
    } else {
      const auto* found = std::find(kFieldNames.begin(), kFieldNames.end(), key_);
      if (found != kFieldNames.end())
        record_.fields[static_cast<std::size_t>(found - kFieldNames.begin())] = std::move(value);
    }
  }

  /// Other things than the three lists may be anything.
  void refuseSection(std::string_view what) const {
    const bool isList = std::any_of(kSections.begin(), kSections.end(), [&](auto s) { return nameOf(s) == key_; });
    if (isList) refuse("has " + std::string(what) + " as \"" + key_ + "\", which must be a list");
  }

  [[noreturn]] void refuseEntry(std::string_view what) const {
    refuse("has " + std::string(what) + " as entry " + std::to_string(number_ + 1) + " of its " +
           std::string(nameOf(section_)) + ", which must be objects; remove it");
  }

  [[noreturn]] void refuse(const std::string& what) const { throw Error(ErrorKind::Data, name_ + " " + what); }

  std::span<const std::byte> json_;
  const std::string& name_;
  CocoFile file_;
  bool withShapes_;
  const OnRecord& onRecord_;

  std::vector<Place> places_;
  std::string key_;
  Section section_ = Section::Images;
  std::array<bool, 4> seen_{};
  std::int64_t number_ = 0;
  Record record_;
  NumberList* list_ = nullptr;
};

}  // namespace

std::string_view nameOf(Section section) {
  switch (section) {
    case Section::Images: return "images";
    case Section::Annotations: return "annotations";
    case Section::Categories: return "categories";
    case Section::Results: return "results";
  }
  return "results";
}

std::string_view nameOf(Scalar::Kind kind) {
  switch (kind) {
    case Scalar::Kind::Absent: return "nothing";
    case Scalar::Kind::Null: return "null";
    case Scalar::Kind::Boolean: return "true or false";
    case Scalar::Kind::Whole: return "a number";
    case Scalar::Kind::Real: return "a fraction";
    case Scalar::Kind::Text: return "a text";
    case Scalar::Kind::Nested: return "a list or an object";
  }
  return "nothing";
}

void parseRecords(std::span<const std::byte> json, const std::string& name, CocoFile file, bool withShapes,
                  const OnRecord& onRecord) {
  RecordReader reader(json, name, file, withShapes, onRecord);
  const auto* text = reinterpret_cast<const char*>(json.data());
  nlohmann::json::sax_parse(text, text + json.size(), &reader);
  reader.finish();
}

}  // namespace slab::coco
