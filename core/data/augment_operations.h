// The fifteen operations of RandAugment on 8-bit images (grey or RGB), as Pillow 9.5 does them: pixel for
// pixel, but that geometric ones compute in float (a value that is whole may come out one less).
#pragma once

#include <array>
#include <cstdint>

#include "core/base/image.h"

namespace slab::data {

/// In the order in which timm's list has them: a draw is an index into it.
enum class Operation {
  AutoContrast,
  Equalize,
  Invert,
  Rotate,
  Posterize,
  Solarize,
  SolarizeAdd,
  Color,
  Contrast,
  Brightness,
  Sharpness,
  ShearX,
  ShearY,
  TranslateX,
  TranslateY
};
inline constexpr int kOperations = 15;

/// Colour of the pixels that a geometric operation brings in, by channel.
using FillColor = std::array<std::uint8_t, 3>;

/// `argument` by operation: Rotate degrees, counter-clockwise; Posterize bits kept (0..8); Solarize the
/// first value that is inverted; SolarizeAdd what is added to values below 128; Color, Contrast,
/// Brightness and Sharpness the factor (1 = as it is); Shear pixels a row or column; Translate the
/// share of width or height. The others take none. Color leaves a grey image as it is.
Image applyOperation(const Image& image, Operation operation, double argument, const FillColor& fill);

/// Each target pixel (x, y) shows the source at (m0 u + m1 v + m2, m3 u + m4 v + m5), u = x + 1/2,
/// v = y + 1/2; bicubic (a = -1), edges repeated, truncated to 8 bits. What lies outside is `fill`.
using Affine = std::array<double, 6>;
Image transformAffine(const Image& image, const Affine& matrix, const FillColor& fill);

/// About the centre, counter-clockwise; whole turns and half turns move pixels without resampling.
Image rotate(const Image& image, double degrees, const FillColor& fill);

/// Mirrored left to right.
Image mirrored(const Image& image);

}  // namespace slab::data
