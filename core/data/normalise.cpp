#include "core/data/normalise.h"

namespace slab::data {

Normaliser::Normaliser(const std::vector<double>& mean, const std::vector<double>& deviation, int channels,
                       std::size_t plane)
    : plane_(plane) {
  const auto entryOf = [](const std::vector<double>& values, std::size_t channel) {
    return static_cast<float>(values.size() == 1 ? values.front() : values.at(channel));
  };
  for (std::size_t c = 0; c < static_cast<std::size_t>(channels); ++c) {
    mean_.push_back(entryOf(mean, c));
    deviation_.push_back(entryOf(deviation, c));
    auto& table = tables_.emplace_back();
    for (int v = 0; v < 256; ++v) {
      table[static_cast<std::size_t>(v)] = (static_cast<float>(v) / 255.0F - mean_[c]) / deviation_[c];
    }
  }
}

void Normaliser::planes(const std::uint8_t* values, int channelsIn, float* out) const {
  for (std::size_t c = 0; c < tables_.size(); ++c) {
    const std::uint8_t* in = values + (channelsIn == 1 ? 0 : c * plane_);
    const float* table = tables_[c].data();
    for (std::size_t i = 0; i < plane_; ++i) *out++ = table[in[i]];
  }
}

void Normaliser::pixels(const Image& image, float* out) const {
  const std::uint8_t* pixel = image.pixels.data();
  if (image.channels == 1) return planes(pixel, 1, out);
  const float *red = tables_[0].data(), *green = tables_[1].data(), *blue = tables_[2].data();
  for (std::size_t i = 0; i < plane_; ++i, pixel += 3) {
    out[i] = red[pixel[0]];
    out[i + plane_] = green[pixel[1]];
    out[i + 2 * plane_] = blue[pixel[2]];
  }
}

void Normaliser::floats(float* values) const {
  for (std::size_t c = 0; c < tables_.size(); ++c) {
    for (std::size_t i = 0; i < plane_; ++i, ++values) *values = (*values - mean_[c]) / deviation_[c];
  }
}

}  // namespace slab::data
