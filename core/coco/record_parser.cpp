#include "core/coco/record_parser.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>
#include <utility>

#include "core/base/error.h"
#include "core/coco/json_text.h"

namespace slab::coco {
namespace {

constexpr std::array<std::string_view, static_cast<std::size_t>(Field::Count)> kFieldNames{
    "id", "image_id", "category_id", "width", "height", "file_name", "name", "area", "iscrowd", "score"};
constexpr std::array<Section, 3> kSections{Section::Images, Section::Annotations, Section::Categories};
/// What the parser is inside of.
enum class Place { Root, Section, Record, Box, ShapeLists, ShapeList, RunLengths, Size, Counts, Passed };

/// Makes records of the tokens.
class RecordReader final : public JsonHandler {
 public:
  RecordReader(std::span<const std::byte> json, const std::string& name, CocoFile file, bool withShapes,
               const OnRecord& onRecord)
      : json_(json), name_(name), file_(file), withShapes_(withShapes), onRecord_(onRecord) {}

  void null() override { scalar({Scalar::Kind::Null, 0, 0, {}}); }
  void truth(bool value) override { scalar({Scalar::Kind::Boolean, value ? 1 : 0, 0, {}}); }
  void whole(std::int64_t value) override {
    if (NumberList* list = openList()) {
      list->values.push_back(static_cast<double>(value));
    } else {
      scalar({Scalar::Kind::Whole, value, static_cast<double>(value), {}});
    }
  }
  void real(double value) override {
    if (NumberList* list = openList()) {
      list->values.push_back(value);
    } else {
      scalar({Scalar::Kind::Real, 0, value, {}});
    }
  }
  void text(std::string& value) override {
    if (here() == Place::RunLengths && key_ == "counts") {
      record_.shape.isCompressed = true;
      record_.shape.text = std::move(value);
    } else {
      scalar({Scalar::Kind::Text, 0, 0, std::move(value)});
    }
  }
  void key(std::string& name) override { key_.swap(name); }

  void startObject() override {
    if (places_.empty()) {
      if (file_ == CocoFile::Results) refuse("is an object, and results are a list: give the file of detections");
      enter(Place::Root);
    } else if (here() == Place::Section) {
      record_ = {};
      record_.number = ++number_;
      enter(Place::Record);
    } else if (here() == Place::Record && key_ == "segmentation" && withShapes_) {
      record_.shape = {};
      record_.shape.kind = ShapeField::Kind::RunLengths;
      enter(Place::RunLengths);
    } else {
      enterOther();
    }
  }
  void endObject() override { leave(); }

  void startArray() override {
    if (places_.empty()) {
      if (file_ == CocoFile::Annotations) {
        refuse(
            "is a list, and annotations are an object with images, annotations and categories: is it a file of "
            "results?");
      }
      enterSection(Section::Results);
      return;
    }
    switch (here()) {
      case Place::Root: enterNamedSection(); break;
      case Place::Record: startFieldArray(); break;
      case Place::ShapeLists:
        record_.shape.lists.emplace_back();
        enterList(record_.shape.lists.back(), Place::ShapeList);
        break;
      case Place::RunLengths: startRunLengthsArray(); break;
      default: enterOther();
    }
  }
  void endArray() override { leave(); }

  [[noreturn]] void refuse(const JsonStop& stop) const {
    const std::string place = std::to_string(stop.position);
    if (json_.empty()) refuse("is empty: download or export it again");
    switch (stop.fault) {
      case JsonFault::Cut:
        refuse("is cut: it ends after " + std::to_string(json_.size()) + " bytes; download or export it again");
      case JsonFault::NotFinite:
        refuse("holds NaN, Infinity or a number as large at byte " + place + ", which JSON has not; write a number");
      case JsonFault::TooDeep:
        refuse("nests " + std::to_string(kMostJsonDepth) + " deep at byte " + place + ", which no COCO file does");
      case JsonFault::Invalid: break;
    }
    refuse("is not valid JSON at byte " + place + ": export it again");
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

  void enter(Place place) { places_.push_back(place); }

  void enterList(NumberList& list, Place place) {
    list = {};
    list.isGiven = true;
    list_ = &list;
    enter(place);
  }

  void enterSection(Section section) {
    auto& seen = seen_[static_cast<std::size_t>(section)];
    if (seen) refuse("has two lists of one name; keep one of them");
    seen = true;
    section_ = section;
    number_ = 0;
    enter(Place::Section);
  }

  void enterNamedSection() {
    const auto* found = std::find_if(kSections.begin(), kSections.end(), [&](auto s) { return nameOf(s) == key_; });
    if (found == kSections.end()) {
      enter(Place::Passed);
    } else {
      enterSection(*found);
    }
  }

  void startFieldArray() {
    if (key_ == "bbox") {
      enterList(record_.box, Place::Box);
    } else if (key_ == "segmentation" && withShapes_) {
      record_.shape = {};
      record_.shape.kind = ShapeField::Kind::Lists;
      enter(Place::ShapeLists);
    } else {
      enterOther();
    }
  }

  void startRunLengthsArray() {
    if (key_ == "size") {
      enterList(record_.shape.size, Place::Size);
    } else if (key_ == "counts") {
      record_.shape.isCompressed = false;
      enterList(record_.shape.counts, Place::Counts);
    } else {
      enterOther();
    }
  }

  /// Something nested where a record has no list or object of a known name.
  void enterOther() {
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
    enter(Place::Passed);
  }

  void leave() {
    const Place place = places_.back();
    places_.pop_back();
    if (place != Place::Record) return;
    record_.end = position();
    onRecord_(section_, record_);
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

  void scalar(Scalar value) {
    if (NumberList* list = openList()) {
      list->isSound = false;
      return;
    }
    if (places_.empty()) refuse("holds " + std::string(nameOf(value.kind)) + ", no lists");
    switch (here()) {
      case Place::Root: refuseSection(nameOf(value.kind)); break;
      case Place::Section: refuseEntry(nameOf(value.kind)); break;
      case Place::Record: store(std::move(value)); break;
      case Place::ShapeLists: record_.shape.isSound = false; break;
      default: break;
    }
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
  const auto stop = readJson({reinterpret_cast<const char*>(json.data()), json.size()}, reader);
  if (stop) reader.refuse(*stop);
  reader.finish();
}

}  // namespace slab::coco
