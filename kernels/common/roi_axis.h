#pragma once

#include <cstdint>

/// One axis of a region of kernels/roi_align.h: where its samples lie, and what they amount to for each pixel. Shared
/// by the references, the CPU and CUDA; constexpr, so that nvcc compiles it for the device.
namespace slab::kernels {

struct RoiAxis {
  float start = 0.0f;        ///< of the first bin, in map pixels
  float bin = 0.0f;          ///< extent of a bin
  std::int64_t samples = 0;  ///< of a bin; 0: the bins are zeros
  std::int64_t size = 0;     ///< of the map
};

/// More samples a bin than any map has pixels for: regions are unlimited, the work is not.
constexpr std::int64_t kMaxRoiSamples = 4096;

/// The axis of a region from `low` to `high` in image pixels.
[[nodiscard]] constexpr RoiAxis roiAxis(float low, float high, float scale, std::int64_t bins, std::int64_t size,
                                        std::int64_t samplingRatio) {
  const float start = low * scale - 0.5f, end = high * scale - 0.5f, extent = end - start;
  const float bin = extent / static_cast<float>(bins);
  RoiAxis axis{start, bin, 0, size};
  if (!(extent >= 0.0f)) return axis;  // a NaN as well
  if (samplingRatio > 0) {
    axis.samples = samplingRatio;
  } else if (bin < static_cast<float>(kMaxRoiSamples)) {
    axis.samples = static_cast<std::int64_t>(bin);
    if (static_cast<float>(axis.samples) < bin) ++axis.samples;
  } else {
    axis.samples = kMaxRoiSamples;
  }
  return axis;
}

[[nodiscard]] constexpr float roiSamplePosition(const RoiAxis& axis, std::int64_t bin, std::int64_t sample) {
  return axis.start + static_cast<float>(bin) * axis.bin +
         (static_cast<float>(sample) + 0.5f) * axis.bin / static_cast<float>(axis.samples);
}

/// The two pixels a sample lies between.
struct RoiTap {
  std::int64_t low = 0;
  float upper = 0.0f;  ///< share of pixel low + 1, which exists where this is above 0; the rest is low's
  bool isInside = false;
};

[[nodiscard]] constexpr RoiTap roiTap(float position, std::int64_t size) {
  if (!(position >= -1.0f && position <= static_cast<float>(size))) return {};
  if (position < 0.0f) position = 0.0f;
  const auto low = static_cast<std::int64_t>(position);
  if (low >= size - 1) return {size - 1, 0.0f, true};
  return {low, position - static_cast<float>(low), true};
}

/// The pixels a bin reads: [first, first + count), their weights from `offset` of the axis's weights.
struct RoiBin {
  std::int32_t first = 0, count = 0, offset = 0;
};

/// Walks over the pixels that a bin reads, in rising order without a gap: `while (walk.next()) use(walk.pixel,
/// walk.weight)`. Weights are shares of one sample, added up and divided by the number of samples.
class RoiBinWalk {
 public:
  constexpr RoiBinWalk(const RoiAxis& axis, std::int64_t bin)
      : axis_(axis), bin_(bin), share_(1.0f / static_cast<float>(axis.samples > 0 ? axis.samples : 1)) {}

  [[nodiscard]] constexpr bool next() {
    while (sample_ < axis_.samples) {
      const RoiTap tap = roiTap(roiSamplePosition(axis_, bin_, sample_), axis_.size);
      if (tap.isInside) {
        if (reached_ < 0) reached_ = tap.low;
        if (reached_ < tap.low) return give();
        here_ += 1.0f - tap.upper;
        beyond_ += tap.upper;
      }
      ++sample_;
    }
    // What the last sample's two pixels have got.
    const bool isOver = reached_ < 0 || left_ == 0 || (left_ == 1 && here_ == 0.0f);
    if (isOver) return false;
    --left_;
    return give();
  }

  std::int64_t pixel = 0;
  float weight = 0.0f;

 private:
  constexpr bool give() {
    pixel = reached_++;
    weight = here_ * share_;
    here_ = beyond_;
    beyond_ = 0.0f;
    return true;
  }

  RoiAxis axis_;
  std::int64_t bin_, sample_ = 0, reached_ = -1;  ///< reached_: the pixel whose weight is being added up
  float share_, here_ = 0.0f, beyond_ = 0.0f;     ///< of that pixel and the one after it
  int left_ = 2;
};

/// Weights an axis needs room for: bins share at most two pixels with their neighbours.
[[nodiscard]] constexpr std::int64_t roiWeightRoom(std::int64_t size, std::int64_t bins) {
  return size + 2 * bins;
}

}  // namespace slab::kernels
