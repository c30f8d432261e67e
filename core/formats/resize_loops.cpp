#include "core/formats/resize_loops.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace slab {
namespace {

constexpr std::int32_t kHalf = 1 << (kWeightBits - 1);

std::uint8_t toByte(std::int32_t sum) {
  return static_cast<std::uint8_t>(std::clamp(sum >> kWeightBits, 0, 255));
}

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

/// Bytes [first, rowBytes) of one target row.
void downPlainRow(const ImageView& image, const ResizeWeights& weights, int y, std::size_t first, std::uint8_t* out) {
  const std::int32_t* weight = weights.of(y);
  const std::uint8_t* top = image.row(weights.firstOf(y) - weights.begin());
  for (std::size_t x = first; x < image.rowBytes(); ++x) {
    std::int32_t sum = kHalf;
    for (int k = 0; k < weights.countOf(y); ++k) sum += weight[k] * top[static_cast<std::size_t>(k) * image.stride + x];
    out[x] = toByte(sum);
  }
}

void downPlain(const ImageView& image, const ResizeWeights& weights, Image& out) {
  for (int y = 0; y < out.height; ++y) downPlainRow(image, weights, y, 0, out.row(y));
}

#if defined(__x86_64__)

// A weight w as w = 2^11 high + low, both of 16 bits: two pmaddwd do what one 32-bit product would, exactly
// and faster.
constexpr int kLowBits = 11;
constexpr std::int32_t kLowMask = (1 << kLowBits) - 1;

std::int16_t highOf(std::int32_t weight) {
  return static_cast<std::int16_t>(weight >> kLowBits);
}
std::int16_t lowOf(std::int32_t weight) {
  return static_cast<std::int16_t>(weight & kLowMask);
}

/// Weights of RGB pixels in fours, each four as two lanes of pairs: a a' a a' a a' 0 0 | b b' b b' b b' 0 0.
struct ColumnWeights {
  static constexpr std::size_t kLanes = 16, kTaps = 4;
  std::size_t groups = 0;  // a target
  std::vector<std::int16_t> high, low;
};

ColumnWeights inFours(const ResizeWeights& weights) {
  const auto targets = weights.first.size();
  ColumnWeights fours;
  const int most = *std::max_element(weights.count.begin(), weights.count.end());
  fours.groups = (static_cast<std::size_t>(most) + ColumnWeights::kTaps - 1) / ColumnWeights::kTaps;
  fours.high.resize(targets * fours.groups * ColumnWeights::kLanes);
  fours.low.resize(fours.high.size());
  for (std::size_t target = 0; target < targets; ++target) {
    const std::int32_t* weight = &weights.values[target * weights.stride];
    for (std::size_t k = 0; k < static_cast<std::size_t>(weights.count[target]); ++k) {
      const std::size_t group = target * fours.groups + k / ColumnWeights::kTaps, tap = k % ColumnWeights::kTaps;
      const std::size_t first = group * ColumnWeights::kLanes + tap / 2 * 8 + tap % 2;
      for (std::size_t c = 0; c < 3; ++c) {
        fours.high[first + 2 * c] = highOf(weight[k]);
        fours.low[first + 2 * c] = lowOf(weight[k]);
      }
    }
  }
  return fours;
}

/// Sums of one target pixel (r g b and nothing), in two lanes that are still to be added.
struct PixelSums {
  __m256i high, low;
};

[[gnu::target("avx2"), gnu::always_inline]] inline void addFour(PixelSums& sums, const std::uint8_t* pixels,
                                                                const std::int16_t* high, const std::int16_t* low) {
  const __m256i inPairs = _mm256_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1,  //
                                           6, -1, 9, -1, 7, -1, 10, -1, 8, -1, 11, -1, -1, -1, -1, -1);
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(pixels));
  const __m256i values = _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(bytes), inPairs);
  const auto* highs = reinterpret_cast<const __m256i*>(high);
  const auto* lows = reinterpret_cast<const __m256i*>(low);
  sums.high = _mm256_add_epi32(sums.high, _mm256_madd_epi16(values, _mm256_loadu_si256(highs)));
  sums.low = _mm256_add_epi32(sums.low, _mm256_madd_epi16(values, _mm256_loadu_si256(lows)));
}

[[gnu::target("avx2"), gnu::always_inline]] inline __m128i wholeOf(const PixelSums& sums) {
  const __m256i both = _mm256_add_epi32(_mm256_slli_epi32(sums.high, kLowBits), sums.low);
  const __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(both), _mm256_extracti128_si256(both, 1));
  return _mm_srai_epi32(_mm_add_epi32(sum, _mm_set1_epi32(kHalf)), kWeightBits);
}

void storeColor(std::uint8_t* out, std::int32_t color) {
  std::memcpy(out, &color, 3);
}

/// Two rows at once, which share the weights. Bytes behind a row are read with weight 0: as many as
/// `kGroups` fours of pixels and a load reach. kGroups 0: any number.
template <std::size_t kGroups>
[[gnu::target("avx2")]] void colorRowsAvx2(const std::uint8_t* in0, const std::uint8_t* in1, std::uint8_t* out0,
                                           std::uint8_t* out1, int width, const ResizeWeights& weights,
                                           const ColumnWeights& fours) {
  const std::size_t groups = kGroups > 0 ? kGroups : fours.groups;
  const int* first = weights.first.data();
  const std::int16_t *high = fours.high.data(), *low = fours.low.data();
  for (int x = 0; x < width; ++x, out0 += 3, out1 += 3) {
    const std::ptrdiff_t offset = std::ptrdiff_t{first[x]} * 3;
    const std::uint8_t *pixels0 = in0 + offset, *pixels1 = in1 + offset;
    PixelSums sums0{_mm256_setzero_si256(), _mm256_setzero_si256()}, sums1 = sums0;
#pragma GCC unroll 4
    for (std::size_t group = 0; group < groups; ++group) {
      addFour(sums0, pixels0 + group * 12, high + group * 16, low + group * 16);
      addFour(sums1, pixels1 + group * 12, high + group * 16, low + group * 16);
    }
    high += groups * ColumnWeights::kLanes;
    low += groups * ColumnWeights::kLanes;
    const __m128i words = _mm_packs_epi32(wholeOf(sums0), wholeOf(sums1));
    const __m128i bytes = _mm_packus_epi16(words, words);
    storeColor(out0, _mm_cvtsi128_si32(bytes));
    storeColor(out1, _mm_extract_epi32(bytes, 1));
  }
}

void acrossAvx2(const ImageView& image, const ResizeWeights& weights, Image& out) {
  if (image.channels != 3) return acrossPlain(image, weights, out);
  const ColumnWeights fours = inFours(weights);
  constexpr decltype(&colorRowsAvx2<0>) kRows[] = {colorRowsAvx2<0>, colorRowsAvx2<1>, colorRowsAvx2<2>,
                                                   colorRowsAvx2<3>, colorRowsAvx2<4>};
  const auto rows = kRows[fours.groups < std::size(kRows) ? fours.groups : 0];
  const int last = out.height - 1;
  for (int y = 0; y + 1 < last; y += 2) {
    rows(image.row(y), image.row(y + 1), out.row(y), out.row(y + 1), out.width, weights, fours);
  }
  // Nothing may be read behind the last row, so the last two are moved to where there is room. (The one
  // before may be made twice; of a single row both are the same.)
  const int before = std::max(last - 1, 0);
  const std::size_t room = image.rowBytes() + fours.groups * 12 + 16;
  std::vector<std::uint8_t> moved(2 * room);
  std::copy_n(image.row(before), image.rowBytes(), moved.data());
  std::copy_n(image.row(last), image.rowBytes(), moved.data() + room);
  rows(moved.data(), moved.data() + room, out.row(before), out.row(last), out.width, weights, fours);
}

/// Two weights of one target row, for two rows of the source; each number is two of 16 bits.
struct RowPair {
  std::int32_t high = 0;
  std::int32_t low = 0;
};

RowPair rowPair(std::int32_t first, std::int32_t second) {
  const auto joined = [](std::int16_t a, std::int16_t b) {
    return static_cast<std::int32_t>(static_cast<std::uint16_t>(a) | static_cast<std::uint32_t>(b) << 16);
  };
  return {joined(highOf(first), highOf(second)), joined(lowOf(first), lowOf(second))};
}

/// Sums of 32 bytes of a target row, in the order in which unpacking by lanes leaves them.
struct BlockSums {
  __m256i high[4], low[4];
};

[[gnu::target("avx2"), gnu::always_inline]] inline void addRows(BlockSums& sums, const std::uint8_t* upper,
                                                                const std::uint8_t* lower, const RowPair& pair) {
  const __m256i zero = _mm256_setzero_si256();
  const __m256i above = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(upper));
  const __m256i below = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(lower));
  const __m256i left = _mm256_unpacklo_epi8(above, below), right = _mm256_unpackhi_epi8(above, below);
  const __m256i values[4] = {_mm256_unpacklo_epi8(left, zero), _mm256_unpackhi_epi8(left, zero),
                             _mm256_unpacklo_epi8(right, zero), _mm256_unpackhi_epi8(right, zero)};
  const __m256i high = _mm256_set1_epi32(pair.high), low = _mm256_set1_epi32(pair.low);
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    sums.high[i] = _mm256_add_epi32(sums.high[i], _mm256_madd_epi16(values[i], high));
    sums.low[i] = _mm256_add_epi32(sums.low[i], _mm256_madd_epi16(values[i], low));
  }
}

/// `kDownBlock` bytes of one target row.
constexpr std::size_t kDownBlock = 32;
[[gnu::target("avx2")]] void downAvx2Block(const std::uint8_t* top, std::size_t stride, const RowPair* pairs, int count,
                                           std::uint8_t* out) {
  BlockSums sums;
  for (int i = 0; i < 4; ++i) sums.high[i] = sums.low[i] = _mm256_setzero_si256();
  for (; count > 1; count -= 2, ++pairs, top += 2 * stride) addRows(sums, top, top + stride, *pairs);
  // The partner of an odd last row is the row itself, by weight 0.
  if (count == 1) addRows(sums, top, top, *pairs);
  __m256i whole[4];
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    const __m256i sum = _mm256_add_epi32(_mm256_slli_epi32(sums.high[i], kLowBits), sums.low[i]);
    whole[i] = _mm256_srai_epi32(_mm256_add_epi32(sum, _mm256_set1_epi32(kHalf)), kWeightBits);
  }
  const __m256i bytes =
      _mm256_packus_epi16(_mm256_packs_epi32(whole[0], whole[1]), _mm256_packs_epi32(whole[2], whole[3]));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), bytes);
}

void downAvx2(const ImageView& image, const ResizeWeights& weights, Image& out) {
  const std::size_t whole = image.rowBytes() / kDownBlock * kDownBlock;
  std::vector<RowPair> pairs(weights.stride / 2 + 1);
  for (int y = 0; y < out.height; ++y) {
    const std::int32_t* weight = weights.of(y);
    const int count = weights.countOf(y);
    for (int k = 0; k < count; k += 2) {
      pairs[static_cast<std::size_t>(k / 2)] = rowPair(weight[k], k + 1 < count ? weight[k + 1] : 0);
    }
    const std::uint8_t* top = image.row(weights.firstOf(y) - weights.begin());
    for (std::size_t x = 0; x < whole; x += kDownBlock) {
      downAvx2Block(top + x, image.stride, pairs.data(), count, out.row(y) + x);
    }
    downPlainRow(image, weights, y, whole, out.row(y));
  }
}

#endif

}  // namespace

const ResizeLoops& plainResizeLoops() {
  static constexpr ResizeLoops kPlain{acrossPlain, downPlain};
  return kPlain;
}

const ResizeLoops& resizeLoops() {
#if defined(__x86_64__)
  static constexpr ResizeLoops kFast{acrossAvx2, downAvx2};
  static const bool hasAvx2 = __builtin_cpu_supports("avx2") != 0;
  if (hasAvx2) return kFast;
#endif
  return plainResizeLoops();
}

}  // namespace slab
