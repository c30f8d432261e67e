// COCO's JSON as a stream of records: a file of half a gigabyte is read without a tree of it in memory.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace slab::coco {

/// A field as it stood in the file.
struct Scalar {
  enum class Kind { Absent, Null, Boolean, Whole, Real, Text, Nested };

  Kind kind = Kind::Absent;
  std::int64_t whole = 0;  // of Whole and Boolean
  double real = 0;         // of Whole and Real
  std::string text;
};

/// "a text", "a list or an object": for messages.
std::string_view nameOf(Scalar::Kind kind);

enum class Field { Id, ImageId, CategoryId, Width, Height, FileName, Name, Area, IsCrowd, Score, Count };

/// A list of numbers; `isSound` is false where it held anything else.
struct NumberList {
  bool isGiven = false, isSound = true;
  std::vector<double> values;
};

/// `segmentation` as it stood.
struct ShapeField {
  enum class Kind { Absent, Lists, RunLengths, Other };

  Kind kind = Kind::Absent;
  /// Lists: one a polygon.
  std::vector<NumberList> lists;
  bool isSound = true;  // lists holds lists alone
  /// RunLengths: `size`, and `counts` as a list or as a text.
  NumberList size, counts;
  bool isCompressed = false;
  std::string text;
};

/// One object of a list, whatever list it is. Fields that are not known are passed over.
struct Record {
  std::array<Scalar, static_cast<std::size_t>(Field::Count)> fields;
  NumberList box;
  ShapeField shape;
  std::int64_t number = 0;  // its place in the list, from 1 on
  std::size_t end = 0;      // bytes of the file up to its end

  [[nodiscard]] const Scalar& at(Field field) const { return fields[static_cast<std::size_t>(field)]; }
};

/// The lists of an annotation file, and the one of a file of results.
enum class Section { Images, Annotations, Categories, Results };

std::string_view nameOf(Section section);

enum class CocoFile { Annotations, Results };

/// Receives each record as it ends, in the order of the file.
using OnRecord = std::function<void(Section section, Record& record)>;

/// Reads a whole file. `name` stands for it in messages, `withShapes` off passes segmentations over. Throws Error(Data)
/// for what is no JSON (with the byte), is cut, or is no file of that kind.
void parseRecords(std::span<const std::byte> json, const std::string& name, CocoFile file, bool withShapes,
                  const OnRecord& onRecord);

}  // namespace slab::coco
