#include "core/formats/resize.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "core/base/error.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace slab {
namespace {

/// 8 bits of value and 2 of headroom for the negative lobes remain of 32.
constexpr int kPrecisionBits = 32 - 8 - 2;
constexpr std::int32_t kHalf = 1 << (kPrecisionBits - 1);

double radiusOf(ResizeFilter filter) {
  return filter == ResizeFilter::Bilinear ? 1.0 : 2.0;
}

double valueOf(ResizeFilter filter, double x) {
  x = std::abs(x);
  if (filter == ResizeFilter::Bilinear) return x < 1.0 ? 1.0 - x : 0.0;
  constexpr double a = -0.5;
  if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0;
  if (x < 2.0) return (((x - 5.0) * x + 8.0) * x - 4.0) * a;
  return 0.0;
}

/// For each target position: the first source position and the weights of those from there on.
struct Weights {
  std::vector<int> first;
  std::vector<int> count;
  std::vector<std::int32_t> values;  // `stride` a target
  std::size_t stride = 0;
};

Weights makeWeights(int start, int extent, int limit, int target, ResizeFilter filter) {
  const double scale = static_cast<double>(extent) / target;
  const double widening = std::max(scale, 1.0);
  const double support = radiusOf(filter) * widening;
  Weights weights;
  weights.stride = static_cast<std::size_t>(std::ceil(support)) * 2 + 1;
  weights.first.resize(static_cast<std::size_t>(target));
  weights.count.resize(static_cast<std::size_t>(target));
  weights.values.resize(static_cast<std::size_t>(target) * weights.stride);
  std::vector<double> exact(weights.stride);
  for (int i = 0; i < target; ++i) {
    const double centre = start + (i + 0.5) * scale;
    const int first = std::max(static_cast<int>(centre - support + 0.5), 0);
    const int end = std::min(static_cast<int>(centre + support + 0.5), limit);
    double sum = 0;
    for (int k = 0; k < end - first; ++k) {
      exact[static_cast<std::size_t>(k)] = valueOf(filter, (k + first - centre + 0.5) / widening);
      sum += exact[static_cast<std::size_t>(k)];
    }
    const auto column = static_cast<std::size_t>(i);
    weights.first[column] = first;
    weights.count[column] = end - first;
    for (int k = 0; k < end - first; ++k) {
      const double scaled = exact[static_cast<std::size_t>(k)] / sum * (1 << kPrecisionBits);
      weights.values[column * weights.stride + static_cast<std::size_t>(k)] =
          static_cast<std::int32_t>(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
    }
  }
  return weights;
}

std::uint8_t toByte(std::int32_t sum) {
  return static_cast<std::uint8_t>(std::clamp(sum >> kPrecisionBits, 0, 255));
}

template <int channels>
void resizeRow(const std::uint8_t* in, std::uint8_t* out, int width, const Weights& weights) {
  for (int x = 0; x < width; ++x) {
    const auto target = static_cast<std::size_t>(x);
    const std::int32_t* weight = &weights.values[target * weights.stride];
    const std::uint8_t* pixel = in + static_cast<std::ptrdiff_t>(weights.first[target]) * channels;
    std::int32_t sums[channels];
    std::fill_n(sums, channels, kHalf);
    for (int k = 0; k < weights.count[target]; ++k, pixel += channels) {
      for (int c = 0; c < channels; ++c) sums[c] += weight[k] * pixel[c];
    }
    for (int c = 0; c < channels; ++c) *out++ = toByte(sums[c]);
  }
}

[[gnu::always_inline]] inline void addRow(const std::uint8_t* in, std::int32_t weight, std::int32_t* sums,
                                          std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) sums[i] += weight * in[i];
}

/// The two loops that cost, for the processor at hand: 32-bit products need AVX2 to be fast.
struct Loops {
  void (*colorRow)(const std::uint8_t*, std::uint8_t*, int, const Weights&);
  void (*add)(const std::uint8_t*, std::int32_t, std::int32_t*, std::size_t);
};

void colorRowPlain(const std::uint8_t* in, std::uint8_t* out, int width, const Weights& weights) {
  resizeRow<3>(in, out, width, weights);
}
void addPlain(const std::uint8_t* in, std::int32_t weight, std::int32_t* sums, std::size_t count) {
  addRow(in, weight, sums, count);
}
#if defined(__x86_64__)
/// As resizeRow<3>, a pixel at a time: four bytes are read where three are the pixel's, so that one byte
/// must follow the row.
[[gnu::target("avx2")]] void colorRowAvx2(const std::uint8_t* in, std::uint8_t* out, int width,
                                          const Weights& weights) {
  for (int x = 0; x < width; ++x, out += 3) {
    const auto target = static_cast<std::size_t>(x);
    const std::int32_t* weight = &weights.values[target * weights.stride];
    const std::uint8_t* pixel = in + static_cast<std::ptrdiff_t>(weights.first[target]) * 3;
    __m128i sums = _mm_set1_epi32(kHalf);
    for (int k = 0; k < weights.count[target]; ++k, pixel += 3) {
      std::int32_t bytes;
      std::memcpy(&bytes, pixel, sizeof bytes);
      const __m128i values = _mm_cvtepu8_epi32(_mm_cvtsi32_si128(bytes));
      sums = _mm_add_epi32(sums, _mm_mullo_epi32(values, _mm_set1_epi32(weight[k])));
    }
    sums = _mm_srai_epi32(sums, kPrecisionBits);
    const __m128i packed = _mm_packus_epi16(_mm_packs_epi32(sums, sums), sums);
    const std::int32_t values = _mm_cvtsi128_si32(packed);
    std::memcpy(out, &values, 3);
  }
}
[[gnu::target("avx2")]] void addAvx2(const std::uint8_t* in, std::int32_t weight, std::int32_t* sums,
                                     std::size_t count) {
  addRow(in, weight, sums, count);
}
#endif

Loops chooseLoops() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) return {colorRowAvx2, addAvx2};
#endif
  return {colorRowPlain, addPlain};
}

const Loops& loops() {
  static const Loops chosen = chooseLoops();
  return chosen;
}

/// Rows `firstRow` to `firstRow + rows` of the image, at the target width.
Image resizeColumns(const Image& image, int width, int firstRow, int rows, const Weights& weights) {
  Image out{width, rows, image.channels, {}};
  out.pixels.resize(out.rowBytes() * static_cast<std::size_t>(rows));
  for (int y = 0; y < rows; ++y) {
    const std::uint8_t* in = image.row(firstRow + y);
    const bool isLast = firstRow + y + 1 == image.height;
    switch (image.channels) {
      case 1: resizeRow<1>(in, out.row(y), width, weights); break;
      case 3: (isLast ? colorRowPlain : loops().colorRow)(in, out.row(y), width, weights); break;
      default: resizeRow<4>(in, out.row(y), width, weights);
    }
  }
  return out;
}

Image resizeRows(const Image& image, int height, int firstRow, const Weights& weights) {
  Image out{image.width, height, image.channels, {}};
  out.pixels.resize(out.rowBytes() * static_cast<std::size_t>(height));
  std::vector<std::int32_t> sums(image.rowBytes());
  for (int y = 0; y < height; ++y) {
    const auto target = static_cast<std::size_t>(y);
    std::fill(sums.begin(), sums.end(), kHalf);
    for (int k = 0; k < weights.count[target]; ++k) {
      const std::int32_t weight = weights.values[target * weights.stride + static_cast<std::size_t>(k)];
      loops().add(image.row(weights.first[target] - firstRow + k), weight, sums.data(), sums.size());
    }
    std::uint8_t* row = out.row(y);
    for (std::size_t x = 0; x < sums.size(); ++x) row[x] = toByte(sums[x]);
  }
  return out;
}

void check(const Image& image, int width, int height, const Rect& region) {
  const bool inside = region.x >= 0 && region.y >= 0 && region.width > 0 && region.height > 0 &&
                      region.width <= image.width - region.x && region.height <= image.height - region.y;
  if (!inside || width <= 0 || height <= 0) {
    throw Error(ErrorKind::Internal, "an image of " + std::to_string(image.width) + " x " +
                                         std::to_string(image.height) + " can't be resized to " +
                                         std::to_string(width) + " x " + std::to_string(height));
  }
}

/// Python's round: a half goes to the even neighbour.
int centred(int outer, int inner) {
  return static_cast<int>(std::nearbyint((outer - inner) / 2.0));
}

}  // namespace

Image resize(const Image& image, int width, int height, ResizeFilter filter, const Rect& region) {
  check(image, width, height, region);
  const Weights across = makeWeights(region.x, region.width, image.width, width, filter);
  const Weights down = makeWeights(region.y, region.height, image.height, height, filter);
  const int firstRow = down.first.front();
  const int rows = down.first.back() + down.count.back() - firstRow;
  const bool sameWidth = width == region.width && width == image.width;
  const bool sameHeight = height == region.height && height == image.height;
  if (sameWidth && sameHeight) return image;
  if (sameHeight) return resizeColumns(image, width, 0, height, across);
  if (sameWidth) return resizeRows(image, height, 0, down);
  return resizeRows(resizeColumns(image, width, firstRow, rows, across), height, firstRow, down);
}

Image resize(const Image& image, int width, int height, ResizeFilter filter) {
  return resize(image, width, height, filter, {0, 0, image.width, image.height});
}

Image crop(const Image& image, const Rect& region) {
  check(image, region.width, region.height, region);
  Image out{region.width, region.height, image.channels, {}};
  out.pixels.resize(out.rowBytes() * static_cast<std::size_t>(out.height));
  const std::size_t left = static_cast<std::size_t>(region.x) * static_cast<std::size_t>(image.channels);
  for (int y = 0; y < region.height; ++y) {
    const std::uint8_t* from = image.row(region.y + y) + left;
    std::copy(from, from + out.rowBytes(), out.row(y));
  }
  return out;
}

ImageSize fitShorterSide(int width, int height, int shorter) {
  const auto longer = [&](int numerator, int denominator) {
    return static_cast<int>(static_cast<std::int64_t>(shorter) * numerator / denominator);
  };
  return width <= height ? ImageSize{shorter, longer(height, width)} : ImageSize{longer(width, height), shorter};
}

Image resizeForEvaluation(const Image& image, int size) {
  const ImageSize fitted = fitShorterSide(image.width, image.height, static_cast<int>(256.0 / 224.0 * size));
  const Image resized = resize(image, fitted.width, fitted.height, ResizeFilter::Bicubic);
  return crop(resized, {centred(fitted.width, size), centred(fitted.height, size), size, size});
}

}  // namespace slab
