#include "core/formats/resize_rows.h"

#if defined(__x86_64__)

#include <cstring>
#include <iterator>

namespace slab {
namespace {

// pmaddwd multiplies what fits into 16 bits and sums in pairs. A weight is taken as 2^11 high + low, both of 16 bits:
// two such instructions do what a 32-bit product would, exactly and faster.
constexpr int kLowBits = 11;

std::int16_t highOf(std::int32_t weight) {
  return static_cast<std::int16_t>(weight >> kLowBits);
}
std::int16_t lowOf(std::int32_t weight) {
  return static_cast<std::int16_t>(weight & ((1 << kLowBits) - 1));
}
std::int32_t joined(std::int16_t first, std::int16_t second) {
  return static_cast<std::int32_t>(static_cast<std::uint16_t>(first) | static_cast<std::uint32_t>(second) << 16);
}

/// Two neighbouring weights; each number is two of 16 bits.
struct WeightPair {
  std::int32_t low = 0;
  std::int32_t high = 0;
};

/// All weights in pairs, as many for each target as the longest has.
struct PairTable {
  std::size_t each = 0;
  std::vector<WeightPair> pairs;

  explicit PairTable(const ResizeWeights& weights) {
    const int most = *std::max_element(weights.count.begin(), weights.count.end());
    each = (static_cast<std::size_t>(most) + 1) / 2;
    pairs.resize(weights.first.size() * each);
    for (std::size_t target = 0; target < weights.first.size(); ++target) {
      const std::int32_t* weight = &weights.values[target * weights.stride];
      WeightPair* pair = &pairs[target * each];
      for (int k = 0; k < weights.count[target]; k += 2, ++pair) {
        const std::int32_t second = k + 1 < weights.count[target] ? weight[k + 1] : 0;
        *pair = {joined(lowOf(weight[k]), lowOf(second)), joined(highOf(weight[k]), highOf(second))};
      }
    }
  }
};

/// Sums of one target pixel (r g b and nothing) of two rows, a row in each lane.
struct PixelSums {
  __m256i low, high;
};

[[gnu::target("avx2"), gnu::always_inline]] inline void addPair(PixelSums& sums, __m256i values,
                                                                const WeightPair& pair) {
  sums.low = _mm256_add_epi32(sums.low, _mm256_madd_epi16(values, _mm256_set1_epi32(pair.low)));
  sums.high = _mm256_add_epi32(sums.high, _mm256_madd_epi16(values, _mm256_set1_epi32(pair.high)));
}

/// Bytes r g b and one of no meaning in the lowest of each lane. `count` pairs, or kPairs where that is not 0.
template <std::size_t kPairs>
[[gnu::target("avx2"), gnu::always_inline]] inline __m256i twoPixels(const std::uint8_t* in0, const std::uint8_t* in1,
                                                                     const WeightPair* pairs, std::size_t count) {
  // r r' g g' b b' of the first two of the four pixels that a load brings, and of the others.
  const __m256i front = _mm256_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1,  //
                                         0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1);
  const __m256i back = _mm256_setr_epi8(6, -1, 9, -1, 7, -1, 10, -1, 8, -1, 11, -1, -1, -1, -1, -1,  //
                                        6, -1, 9, -1, 7, -1, 10, -1, 8, -1, 11, -1, -1, -1, -1, -1);
  PixelSums sums{_mm256_set1_epi32(kHalf), _mm256_setzero_si256()};
#pragma GCC unroll 4
  for (std::size_t pair = 0; pair < (kPairs > 0 ? kPairs : count); pair += 2) {
    const __m128i row0 = _mm_loadu_si128(reinterpret_cast<const __m128i*>(in0 + 6 * pair));
    const __m128i row1 = _mm_loadu_si128(reinterpret_cast<const __m128i*>(in1 + 6 * pair));
    const __m256i bytes = _mm256_inserti128_si256(_mm256_castsi128_si256(row0), row1, 1);
    addPair(sums, _mm256_shuffle_epi8(bytes, front), pairs[pair]);
    if (pair + 1 < (kPairs > 0 ? kPairs : count)) {
      addPair(sums, _mm256_shuffle_epi8(bytes, back), pairs[pair + 1]);
    }
  }
  const __m256i sum = _mm256_add_epi32(_mm256_slli_epi32(sums.high, kLowBits), sums.low);
  const __m256i whole = _mm256_srai_epi32(sum, kWeightBits);
  const __m256i words = _mm256_packs_epi32(whole, whole);
  return _mm256_packus_epi16(words, words);
}

/// Writes a pixel of each lane; the fourth byte is the next pixel's, which overwrites it.
[[gnu::target("avx2"), gnu::always_inline]] inline void store(__m256i bytes, std::uint8_t* out0, std::uint8_t* out1) {
  _mm_storeu_si32(out0, _mm256_castsi256_si128(bytes));
  _mm_storeu_si32(out1, _mm256_extracti128_si256(bytes, 1));
}

[[gnu::target("avx2"), gnu::always_inline]] inline void storeLast(__m256i bytes, std::uint8_t* out0,
                                                                  std::uint8_t* out1) {
  const std::int32_t color0 = _mm_cvtsi128_si32(_mm256_castsi256_si128(bytes));
  const std::int32_t color1 = _mm_cvtsi128_si32(_mm256_extracti128_si256(bytes, 1));
  std::memcpy(out0, &color0, 3);
  std::memcpy(out1, &color1, 3);
}

/// Four rows at once, which share the weights. Up to 16 bytes and six a pair are read behind a row, with weight 0.
/// kPairs 0: any number.
template <std::size_t kPairs>
[[gnu::target("avx2")]] void colorRowsAvx2(const FourRows& in, const FourTargets& out, const ResizeWeights& weights,
                                           const PairTable& table) {
  const auto [in0, in1, in2, in3] = in;
  const auto [out0, out1, out2, out3] = out;
  const int* first = weights.first.data();
  const WeightPair* pairs = table.pairs.data();
  const std::size_t last = weights.first.size() - 1, each = table.each;
  for (std::size_t x = 0;; ++x, pairs += each) {
    const std::ptrdiff_t from = std::ptrdiff_t{first[x]} * 3;
    const __m256i upper = twoPixels<kPairs>(in0 + from, in1 + from, pairs, each);
    const __m256i lower = twoPixels<kPairs>(in2 + from, in3 + from, pairs, each);
    const std::size_t to = 3 * x;
    if (x == last) {
      storeLast(upper, out0 + to, out1 + to);
      storeLast(lower, out2 + to, out3 + to);
      return;
    }
    store(upper, out0 + to, out1 + to);
    store(lower, out2 + to, out3 + to);
  }
}

void acrossAvx2(const ImageView& image, const ResizeWeights& weights, Image& out) {
  const PairTable table(weights);
  const std::size_t overread = table.each * 6 + 16;
  if (image.channels != 3 || image.rowBytes() < overread) return plainResizeLoops().across(image, weights, out);
  constexpr decltype(&colorRowsAvx2<0>) kRows[] = {colorRowsAvx2<0>, colorRowsAvx2<1>, colorRowsAvx2<2>,
                                                   colorRowsAvx2<3>, colorRowsAvx2<4>, colorRowsAvx2<5>};
  const auto rows = kRows[table.each < std::size(kRows) ? table.each : 0];
  forRowsOfFour(image, out, overread, [&](const FourRows& in, const FourTargets& to) { rows(in, to, weights, table); });
}

/// Sums of 32 bytes of a target row, in the order in which unpacking by lanes leaves them.
struct BlockSums {
  __m256i high[4], low[4];
};

[[gnu::target("avx2"), gnu::always_inline]] inline void addRows(BlockSums& sums, const std::uint8_t* upper,
                                                                const std::uint8_t* lower, const WeightPair& pair) {
  const __m256i zero = _mm256_setzero_si256();
  const __m256i above = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(upper));
  const __m256i below = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(lower));
  const __m256i left = _mm256_unpacklo_epi8(above, below), right = _mm256_unpackhi_epi8(above, below);
  const __m256i values[4] = {_mm256_unpacklo_epi8(left, zero), _mm256_unpackhi_epi8(left, zero),
                             _mm256_unpacklo_epi8(right, zero), _mm256_unpackhi_epi8(right, zero)};
  const __m256i high = _mm256_set1_epi32(pair.high), low = _mm256_set1_epi32(pair.low);
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    sums.low[i] = _mm256_add_epi32(sums.low[i], _mm256_madd_epi16(values[i], low));
    sums.high[i] = _mm256_add_epi32(sums.high[i], _mm256_madd_epi16(values[i], high));
  }
}

/// The first bytes of one target row, as many as whole blocks of 32; says how many.
[[gnu::target("avx2")]] std::size_t downRow(const std::uint8_t* top, std::size_t stride, std::size_t bytes,
                                            const WeightPair* pairs, int count, std::uint8_t* out) {
  std::size_t x = 0;
  for (; x + 32 <= bytes; x += 32) {
    BlockSums sums;
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      sums.high[i] = _mm256_setzero_si256();
      sums.low[i] = _mm256_set1_epi32(kHalf);
    }
    const std::uint8_t* row = top + x;
    for (int k = 0; k + 1 < count; k += 2, row += 2 * stride) addRows(sums, row, row + stride, pairs[k / 2]);
    // The partner of an odd last row is the row itself, by weight 0.
    if (count % 2 == 1) addRows(sums, row, row, pairs[count / 2]);
    __m256i whole[4];
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      const __m256i sum = _mm256_add_epi32(_mm256_slli_epi32(sums.high[i], kLowBits), sums.low[i]);
      whole[i] = _mm256_srai_epi32(sum, kWeightBits);
    }
    const __m256i block =
        _mm256_packus_epi16(_mm256_packs_epi32(whole[0], whole[1]), _mm256_packs_epi32(whole[2], whole[3]));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + x), block);
  }
  return x;
}

void downAvx2(const ImageView& image, const ResizeWeights& weights, Image& out) {
  const PairTable table(weights);
  for (int y = 0; y < out.height; ++y) {
    const WeightPair* pairs = &table.pairs[static_cast<std::size_t>(y) * table.each];
    const std::uint8_t* top = image.row(weights.firstOf(y) - weights.begin());
    const std::size_t done = downRow(top, image.stride, image.rowBytes(), pairs, weights.countOf(y), out.row(y));
    downPlainRow(image, weights, y, done, out.row(y));
  }
}

}  // namespace

const ResizeLoops* avx2ResizeLoops() {
  static constexpr ResizeLoops kLoops{acrossAvx2, downAvx2};
  return __builtin_cpu_supports("avx2") != 0 ? &kLoops : nullptr;
}

}  // namespace slab

#else

namespace slab {

const ResizeLoops* avx2ResizeLoops() {
  return nullptr;
}

}  // namespace slab

#endif
