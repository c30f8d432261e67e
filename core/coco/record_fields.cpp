#include "core/coco/record_fields.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include "core/base/format.h"

namespace slab::coco {
namespace {

/// Whole numbers up to here are exact as fractions.
constexpr double kMostExact = 9007199254740992.0;

bool isWhole(const Scalar& scalar) {
  if (scalar.kind == Scalar::Kind::Whole) return true;
  return scalar.kind == Scalar::Kind::Real && std::fabs(scalar.real) <= kMostExact &&
         std::floor(scalar.real) == scalar.real;
}

std::int64_t toWhole(const Scalar& scalar) {
  return scalar.kind == Scalar::Kind::Whole ? scalar.whole : static_cast<std::int64_t>(scalar.real);
}

bool isNumber(const Scalar& scalar) {
  return scalar.kind == Scalar::Kind::Whole || scalar.kind == Scalar::Kind::Real;
}

std::string_view singular(Section section) {
  switch (section) {
    case Section::Images: return "image";
    case Section::Annotations: return "annotation";
    case Section::Categories: return "category";
    case Section::Results: return "result";
  }
  return "record";
}

/// By id, and by place where there is none. Results have no ids of their own.
std::string nameOf(Section section, const Record& record) {
  if (section == Section::Results) return "result " + std::to_string(record.number);
  const Scalar& id = record.at(Field::Id);
  if (isWhole(id)) return std::string(singular(section)) + " " + std::to_string(toWhole(id));
  return "entry " + std::to_string(record.number) + " of " + std::string(nameOf(section));
}

bool isFinite(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); });
}

/// A number of pixels as a file has it.
bool isCount(double value) {
  return value >= 0 && value <= static_cast<double>(kMostMaskPixels) && std::floor(value) == value;
}

}  // namespace

std::string_view nameOf(Field field) {
  switch (field) {
    case Field::Id: return "id";
    case Field::ImageId: return "image_id";
    case Field::CategoryId: return "category_id";
    case Field::Width: return "width";
    case Field::Height: return "height";
    case Field::FileName: return "file_name";
    case Field::Name: return "name";
    case Field::Area: return "area";
    case Field::IsCrowd: return "iscrowd";
    case Field::Score: return "score";
    case Field::Count: break;
  }
  return "";
}

CocoFault makeFault(FaultKind kind, const std::string& file, const std::string& record, const std::string& sentence,
                    bool blocks) {
  return {kind, record, file + ": " + (record.empty() ? "" : record + " ") + sentence, blocks};
}

RecordFields::RecordFields(const std::string& file, Section section, const Record& record, FaultList& faults)
    : file_(file), record_(record), faults_(faults), name_(nameOf(section, record)) {}

void RecordFields::fault(FaultKind kind, const std::string& sentence, bool blocks) {
  if (!isSound_) return;
  faults_.add(makeFault(kind, file_, name_, sentence, blocks));
  isSound_ = !blocks;
}

void RecordFields::wrongType(Field field, const char* wanted) {
  const std::string name(nameOf(field));
  const Scalar& scalar = record_.at(field);
  if (scalar.kind == Scalar::Kind::Absent) {
    fault(FaultKind::MissingField, "has no " + name + "; add it or remove the record");
  } else {
    fault(FaultKind::WrongType,
          "has " + std::string(nameOf(scalar.kind)) + " as " + name + "; write " + std::string(wanted));
  }
}

std::int64_t RecordFields::wholeNumber(Field field) {
  const Scalar& scalar = record_.at(field);
  if (isWhole(scalar)) return toWhole(scalar);
  wrongType(field, "a whole number");
  return 0;
}

int RecordFields::side(Field field) {
  const std::int64_t pixels = wholeNumber(field);
  if (!isSound_) return 0;
  if (pixels >= 1 && pixels <= kMostMaskSide) return static_cast<int>(pixels);
  fault(FaultKind::BadSize, "has a " + std::string(nameOf(field)) + " of " + std::to_string(pixels) +
                                " pixels; write the image's own, 1 to " + std::to_string(kMostMaskSide));
  return 0;
}

double RecordFields::number(Field field, FaultKind kindIfNotFinite) {
  const Scalar& scalar = record_.at(field);
  if (!isNumber(scalar)) {
    wrongType(field, "a number");
  } else if (!std::isfinite(scalar.real)) {
    fault(kindIfNotFinite, "has a " + std::string(nameOf(field)) + " that is not finite; write a number");
  }
  return scalar.real;
}

std::string RecordFields::text(Field field) {
  const Scalar& scalar = record_.at(field);
  if (scalar.kind != Scalar::Kind::Text) wrongType(field, "a text");
  return scalar.text;
}

bool RecordFields::isCrowd() {
  const Scalar& scalar = record_.at(Field::IsCrowd);
  if (scalar.kind == Scalar::Kind::Absent || scalar.kind == Scalar::Kind::Boolean) return scalar.whole != 0;
  const std::int64_t value = wholeNumber(Field::IsCrowd);
  if (value != 0 && value != 1) {
    fault(FaultKind::BadCrowd, "has iscrowd " + std::to_string(value) + "; write 0 or, for a region of many, 1");
  }
  return value == 1;
}

bool RecordFields::hasBox() const {
  const NumberList& list = record_.box;
  return list.isGiven && !(list.isSound && list.values.empty());
}

CocoBox RecordFields::box() {
  const NumberList& list = record_.box;
  if (!list.isGiven) {
    fault(FaultKind::MissingField, "has no bbox; add it as [x, y, width, height] or remove the record");
    return {};
  }
  if (!list.isSound || list.values.size() != 4 || !isFinite(list.values)) {
    fault(FaultKind::BadBox, "has a bbox that is not four numbers; write [x, y, width, height] in pixels");
    return {};
  }
  const CocoBox box{list.values[0], list.values[1], list.values[2], list.values[3]};
  if (box.width < 0 || box.height < 0) {
    fault(FaultKind::BadBox, "has a bbox of " + formatNumber(box.width) + " x " + formatNumber(box.height) +
                                 " pixels; its last two numbers are width and height, which are not negative");
  }
  return box;
}

CocoShape RecordFields::shape() {
  switch (record_.shape.kind) {
    case ShapeField::Kind::Absent: return {};
    case ShapeField::Kind::Lists: return polygons();
    case ShapeField::Kind::RunLengths: return runLengths();
    case ShapeField::Kind::Other: break;
  }
  fault(FaultKind::WrongType,
        "has a segmentation that is neither a list of polygons nor run lengths; write one of them");
  return {};
}

CocoShape RecordFields::polygons() {
  const ShapeField& shape = record_.shape;
  const bool isSound = shape.isSound && std::all_of(shape.lists.begin(), shape.lists.end(),
                                                    [](const auto& list) { return list.isSound; });
  if (!isSound) {
    fault(FaultKind::BadPolygon,
          "has a segmentation that is not a list of lists of numbers; write [[x, y, x, y, ...]]");
    return {};
  }
  if (shape.lists.empty()) {
    fault(FaultKind::BadPolygon,
          "has a segmentation without a polygon and is taken as an object without a mask; draw it where masks are "
          "compared",
          false);
    return {};
  }
  std::vector<Polygon> polygons;
  for (const NumberList& list : shape.lists) polygons.emplace_back(list.values.begin(), list.values.end());
  return polygons;
}

CocoShape RecordFields::runLengths() {
  const ShapeField& shape = record_.shape;
  const std::vector<double>& size = shape.size.values;
  const auto isSide = [](double value) { return isCount(value) && value <= static_cast<double>(kMostMaskSide); };
  if (!shape.size.isSound || size.size() != 2 || !isSide(size[0]) || !isSide(size[1])) {
    fault(FaultKind::BadRunLengths, "has run lengths without a size; write \"size\": [height, width]");
    return {};
  }
  RunLengths mask{static_cast<std::uint32_t>(size[0]), static_cast<std::uint32_t>(size[1]), {}};
  std::string cause;
  if (shape.isCompressed) {
    cause = readCompressed(shape.text, mask);
  } else if (!shape.counts.isGiven) {
    cause = "it has no counts";
  } else if (!shape.counts.isSound || !std::all_of(shape.counts.values.begin(), shape.counts.values.end(), isCount)) {
    cause = "its counts are not all numbers of pixels";
  } else {
    mask.counts.assign(shape.counts.values.begin(), shape.counts.values.end());
    cause = faultOf(mask);
  }
  if (!cause.empty())
    fault(FaultKind::BadRunLengths, "has run lengths that are no mask: " + cause + "; encode it again");
  return mask;
}

}  // namespace slab::coco
