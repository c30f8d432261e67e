// From 8-bit or floating-point values to what a model sees: (v / 255 - mean) / std, channel by channel.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/base/image_view.h"

namespace slab::data {

/// For samples of one size. Byte values go through a table, which holds exactly the numbers of the formula in float32.
class Normaliser {
 public:
  /// `mean` and `deviation` have one entry for all channels or one each; `plane`: pixels of a sample.
  Normaliser(const std::vector<double>& mean, const std::vector<double>& deviation, int channels, std::size_t plane);

  /// Planes C x H x W; a single plane serves all channels.
  void planes(const std::uint8_t* values, int channelsIn, float* out) const;
  /// Interleaved pixels with 1 channel or as many as there are.
  void pixels(const Image& image, float* out) const;
  /// Floating-point planes C x H x W in place: (v - mean) / std.
  void floats(float* values) const;

 private:
  std::size_t plane_;
  std::vector<float> mean_, deviation_;
  std::vector<std::array<float, 256>> tables_;
};

}  // namespace slab::data
