// Turns the points of a curve, fed from left to right, into at most two vertices a pixel column.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/store/series_store.h"

namespace slab {

/// Feed vertices in order of x; columns are numbered from 0. Used for one repaint.
class EnvelopeBuilder {
 public:
  EnvelopeBuilder(std::vector<CurvePoint>& line, std::vector<NonFiniteMark>* marks) : line_(line), marks_(marks) {}

  /// A vertex drawn as it is: the neighbours outside, and curves with few points.
  void addExact(double x, double y);
  /// Says that non-finite points lie between what was fed and what comes.
  void addGap() { gap_ = true; }
  /// The finite points of a column: their minimum and maximum at their own x.
  void addFinite(std::int64_t column, CurvePoint minimum, CurvePoint maximum);
  /// Non-finite points of a column.
  void addNonFinite(std::int64_t column, NonFiniteMark mark);
  /// Call once at the end.
  void finish() { flushColumn(); }

 private:
  void flushColumn();
  void push(CurvePoint point);

  std::vector<CurvePoint>& line_;
  std::vector<NonFiniteMark>* marks_;
  std::int64_t column_ = -1;       // of the vertices below
  CurvePoint minimum_, maximum_;   // valid while column_ >= 0
  bool gap_ = true;                // before the next vertex
  std::int64_t mark_column_ = -1;  // of the newest marks
  std::size_t first_mark_ = 0;     // where they begin
};

}  // namespace slab
