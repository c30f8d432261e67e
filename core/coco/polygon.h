// Polygons to masks.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/coco/run_lengths.h"

namespace slab::coco {

/// x, y, x, y, ... in pixels; the last point joins the first. A shape is the union of its polygons.
using Polygon = std::vector<double>;

/// The pixels of a polygon as maskApi draws it: corners rounded to a fifth of a pixel, edges walked in such fifths,
/// and a column's pixels toggled where an edge passes the middle of the column. Parts outside of the image count at
/// its edge. `polygon` has an even number of values; throws Error(Internal) for what faultOf names.
RunLengths drawPolygon(std::span<const double> polygon, std::uint32_t height, std::uint32_t width);

/// Their union; `polygons` is not empty.
RunLengths drawPolygons(std::span<const Polygon> polygons, std::uint32_t height, std::uint32_t width);

/// As the polygon of its four corners.
RunLengths drawBox(const CocoBox& box, std::uint32_t height, std::uint32_t width);

/// Further outside of the image than this many times its longer side no point is meant to be, and an outline of more
/// pixels is no drawing either.
inline constexpr double kMostOutside = 4;
inline constexpr double kMostOutline = 1e7;

/// "" for a polygon that can be drawn into such an image, else what is wrong: fewer than three points, an odd number
/// of values, a limit exceeded.
std::string faultOf(std::span<const double> polygon, std::uint32_t height, std::uint32_t width);

}  // namespace slab::coco
