// What a field of a record must be, for annotations and for results alike.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/coco/coco_set.h"
#include "core/coco/faults.h"
#include "core/coco/record_parser.h"

namespace slab::coco {

/// The name of a field in the file.
std::string_view nameOf(Field field);

/// Reads fields of one record and notes what is wrong with them. A record has one fault at most: after the first, which
/// blocks it, readers give nothing and note nothing.
class RecordFields {
 public:
  /// `file` and `faults` outlive it.
  RecordFields(const std::string& file, Section section, const Record& record, FaultList& faults);

  [[nodiscard]] bool isSound() const { return isSound_; }
  /// "annotation 17" or "entry 3 of annotations".
  [[nodiscard]] const std::string& name() const { return name_; }

  /// A whole number; a fraction without decimals is one.
  std::int64_t wholeNumber(Field field);
  /// In [1, kMostMaskSide].
  int side(Field field);
  /// Finite.
  double number(Field field, FaultKind kindIfNotFinite);
  std::string text(Field field);
  /// Absent counts as not.
  bool isCrowd();
  /// Four finite numbers, no negative size.
  CocoBox box();
  /// Whether there is one: an empty list is none.
  [[nodiscard]] bool hasBox() const;
  [[nodiscard]] bool has(Field field) const { return record_.at(field).kind != Scalar::Kind::Absent; }

  /// Polygons as they are, run lengths unpacked; what does not depend on the image is checked. An empty list, which
  /// exports of boxes alone write, is no shape and a fault that does not block.
  CocoShape shape();

  /// A fault of this record; `blocks` ends the reading of it.
  void fault(FaultKind kind, const std::string& sentence, bool blocks = true);

 private:
  CocoShape polygons();
  CocoShape runLengths();
  void wrongType(Field field, const char* wanted);

  const std::string& file_;
  const Record& record_;
  FaultList& faults_;
  std::string name_;
  bool isSound_ = true;
};

/// What a fault of a record says: "<file>: <record> <sentence>".
CocoFault makeFault(FaultKind kind, const std::string& file, const std::string& record, const std::string& sentence,
                    bool blocks = true);

}  // namespace slab::coco
