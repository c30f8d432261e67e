#include "core/formats/resize_loops.h"

#include <algorithm>

#include "core/formats/resize_rows.h"

namespace slab {
namespace {

std::uint8_t toByte(std::int32_t sum) {
  return static_cast<std::uint8_t>(std::clamp(sum >> kWeightBits, 0, 255));
}

}  // namespace

void downPlainRow(const ImageView& image, const ResizeWeights& weights, int y, std::size_t from, std::uint8_t* out) {
  const std::int32_t* weight = weights.of(y);
  const std::uint8_t* top = image.row(weights.firstOf(y) - weights.begin());
  for (std::size_t x = from; x < image.rowBytes(); ++x) {
    std::int32_t sum = kHalf;
    for (int k = 0; k < weights.countOf(y); ++k) sum += weight[k] * top[static_cast<std::size_t>(k) * image.stride + x];
    out[x] = toByte(sum);
  }
}

namespace {

template <int channels>
void resizeRow(const std::uint8_t* in, std::uint8_t* out, int width, const ResizeWeights& weights) {
  for (int x = 0; x < width; ++x) {
    const std::int32_t* weight = weights.of(x);
    const std::uint8_t* pixel = in + static_cast<std::ptrdiff_t>(weights.firstOf(x)) * channels;
    std::int32_t sums[channels];
    std::fill_n(sums, channels, kHalf);
    for (int k = 0; k < weights.countOf(x); ++k, pixel += channels) {
      for (int c = 0; c < channels; ++c) sums[c] += weight[k] * pixel[c];
    }
    for (int c = 0; c < channels; ++c) *out++ = toByte(sums[c]);
  }
}

void acrossPlain(const ImageView& image, const ResizeWeights& weights, Image& out) {
  for (int y = 0; y < out.height; ++y) {
    switch (image.channels) {
      case 1: resizeRow<1>(image.row(y), out.row(y), out.width, weights); break;
      case 3: resizeRow<3>(image.row(y), out.row(y), out.width, weights); break;
      default: resizeRow<4>(image.row(y), out.row(y), out.width, weights);
    }
  }
}

void downPlain(const ImageView& image, const ResizeWeights& weights, Image& out) {
  for (int y = 0; y < out.height; ++y) downPlainRow(image, weights, y, 0, out.row(y));
}

}  // namespace

const ResizeLoops& plainResizeLoops() {
  static constexpr ResizeLoops kPlain{acrossPlain, downPlain};
  return kPlain;
}

const ResizeLoops& resizeLoops() {
  static const ResizeLoops& kBest = []() -> const ResizeLoops& {
    for (const ResizeLoops* loops : {avx512ResizeLoops(), avx2ResizeLoops()}) {
      if (loops != nullptr) return *loops;
    }
    return plainResizeLoops();
  }();
  return kBest;
}

}  // namespace slab
