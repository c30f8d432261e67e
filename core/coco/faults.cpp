#include "core/coco/faults.h"

#include <utility>

#include "core/base/error.h"
#include "core/base/format.h"

namespace slab::coco {

std::string_view toString(FaultKind kind) {
  switch (kind) {
    case FaultKind::MissingField: return "missing_field";
    case FaultKind::WrongType: return "wrong_type";
    case FaultKind::BadSize: return "bad_size";
    case FaultKind::BadBox: return "bad_box";
    case FaultKind::BadArea: return "bad_area";
    case FaultKind::BadCrowd: return "bad_crowd";
    case FaultKind::BadPolygon: return "bad_polygon";
    case FaultKind::BadRunLengths: return "bad_rle";
    case FaultKind::BadScore: return "bad_score";
    case FaultKind::DuplicateId: return "duplicate_id";
    case FaultKind::ZeroId: return "zero_id";
    case FaultKind::UnknownImage: return "unknown_image";
    case FaultKind::UnknownCategory: return "unknown_category";
    case FaultKind::ZeroArea: return "zero_area";
    case FaultKind::BoxOutside: return "box_outside";
    case FaultKind::UnsafePath: return "unsafe_path";
    case FaultKind::MissingFile: return "missing_file";
    case FaultKind::UnreadableImage: return "unreadable_image";
    case FaultKind::OtherSize: return "other_size";
    case FaultKind::NoBoxes: return "no_boxes";
  }
  return "missing_field";
}

void FaultList::add(CocoFault fault) {
  ++count_;
  const bool isFirstBlocking = fault.blocks && blocking_++ == 0;
  if (++counts_[fault.kind] > kMostNamed && !isFirstBlocking) return;
  if (isFirstBlocking) firstBlocking_ = named_.size();
  named_.push_back(std::move(fault));
}

const CocoFault* FaultList::firstBlocking() const {
  return blocking_ == 0 ? nullptr : &named_[firstBlocking_];
}

void refuseFaults(const FaultList& faults, std::string_view mend) {
  const CocoFault* first = faults.firstBlocking();
  if (first == nullptr) return;
  std::string message = first->message;
  if (faults.blocking() > 1) {
    message += "; " + formatInteger(faults.blocking() - 1) + " more such faults";
    if (!mend.empty()) message += ", " + std::string(mend);
  }
  throw Error(ErrorKind::Data, message);
}

}  // namespace slab::coco
