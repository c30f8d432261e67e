#include "core/store/envelope_builder.h"

namespace slab {

void EnvelopeBuilder::push(CurvePoint point) {
  point.gapBefore = gap_;
  gap_ = false;
  line_.push_back(point);
}

void EnvelopeBuilder::addExact(double x, double y) {
  flushColumn();
  push({x, y, false});
}

void EnvelopeBuilder::addFinite(std::int64_t column, CurvePoint minimum, CurvePoint maximum) {
  // A gap between two parts of one column is narrower than a pixel: the rail tells of it.
  if (column == column_) {
    if (minimum.y < minimum_.y) minimum_ = minimum;
    if (maximum.y > maximum_.y) maximum_ = maximum;
    return;
  }
  flushColumn();
  column_ = column;
  minimum_ = minimum;
  maximum_ = maximum;
}

void EnvelopeBuilder::flushColumn() {
  if (column_ < 0) return;
  column_ = -1;
  if (minimum_.x == maximum_.x && minimum_.y == maximum_.y) {
    push(minimum_);
    return;
  }
  const bool minimum_first = minimum_.x <= maximum_.x;
  push(minimum_first ? minimum_ : maximum_);
  push(minimum_first ? maximum_ : minimum_);
}

void EnvelopeBuilder::addNonFinite(std::int64_t column, NonFiniteMark mark) {
  if (marks_ == nullptr) return;
  if (column != mark_column_) {
    mark_column_ = column;
    first_mark_ = marks_->size();
  }
  for (std::size_t i = first_mark_; i < marks_->size(); ++i) {
    if ((*marks_)[i].kind == mark.kind) {
      (*marks_)[i].count += mark.count;
      return;
    }
  }
  marks_->push_back(mark);
}

}  // namespace slab
