// What is wrong with a data set or a file of results: one sentence a fault.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace slab::coco {

enum class FaultKind {
  MissingField,
  WrongType,      // a text where a number belongs, a fraction where an id belongs
  BadSize,        // of an image: not positive, or above the limits
  BadBox,         // not four finite numbers, or a negative size
  BadArea,        // negative or not finite
  BadCrowd,       // neither 0 nor 1
  BadPolygon,     // fewer than three points, half a point, coordinates that no image has
  BadRunLengths,  // of another size than the image, counts that do not add up, text that is no counts
  BadScore,       // not finite
  DuplicateId,
  ZeroId,  // COCO's own evaluation never finds an annotation with id 0
  UnknownImage,
  UnknownCategory,
  ZeroArea,
  BoxOutside,
  UnsafePath,  // leaves the folder of the images
  MissingFile,
  UnreadableImage,
  OtherSize,  // the image has another size than its record
  NoBoxes     // nothing is annotated at all
};

/// "unknown_image": stable, stands in reports.
std::string_view toString(FaultKind kind);

struct CocoFault {
  FaultKind kind = FaultKind::MissingField;
  std::string record;   // "annotation 17", "entry 3 of images" where it has no id, "" for the file
  std::string message;  // names file, record and mend
  /// The record can't be used. Otherwise it is used as it stands.
  bool blocks = true;
};

/// Faults by the order they were found in. All are counted; of a kind the first are kept, so that a file that is wrong
/// in each of a million records costs little memory.
class FaultList {
 public:
  static constexpr std::int64_t kMostNamed = 1000;  // of each kind

  void add(CocoFault fault);

  [[nodiscard]] const std::vector<CocoFault>& named() const { return named_; }
  [[nodiscard]] std::int64_t count() const { return count_; }
  [[nodiscard]] const std::map<FaultKind, std::int64_t>& counts() const { return counts_; }
  /// The first one with which a record can't be used; nullptr without one.
  [[nodiscard]] const CocoFault* firstBlocking() const;
  [[nodiscard]] std::int64_t blocking() const { return blocking_; }

 private:
  std::vector<CocoFault> named_;
  std::map<FaultKind, std::int64_t> counts_;
  std::size_t firstBlocking_ = 0;  // in named_, where blocking_ > 0
  std::int64_t count_ = 0, blocking_ = 0;
};

/// Throws Error(Data) with the first blocking fault and how many more there are; `mend`, where not empty, ends the
/// sentence. Nothing without one.
void refuseFaults(const FaultList& faults, std::string_view mend);

}  // namespace slab::coco
