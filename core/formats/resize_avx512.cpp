#include <cstdlib>

#include "core/formats/resize_rows.h"

#if defined(__x86_64__)

#define SLAB_AVX512 [[gnu::target("avx512f,avx512bw,avx512vl,avx512vnni,avx512vbmi")]]
#define SLAB_AVX512_INLINE [[gnu::target("avx512f,avx512bw,avx512vl,avx512vnni,avx512vbmi"), gnu::always_inline]] inline

namespace slab {
namespace {

// vpdpbusd multiplies four bytes by four signed bytes and adds up the products. A weight is taken as
// 2^16 top + 2^8 middle + low, each from -128 to 127: three such instructions weigh four sources exactly. (A weight is
// below 2^23, being at most about one in kWeightBits.)

/// Four neighbouring weights; each number is four signed bytes.
struct WeightGroup {
  std::int32_t low = 0;
  std::int32_t middle = 0;
  std::int32_t top = 0;
};

void put(std::int32_t& bytes, int place, std::int32_t digit) {
  bytes |= static_cast<std::int32_t>(static_cast<std::uint32_t>(static_cast<std::uint8_t>(digit)) << (8 * place));
}

/// Weights [4 group, 4 group + 4) of a target; those it does not have are 0.
WeightGroup groupOf(const ResizeWeights& weights, std::size_t target, std::size_t group) {
  const int begin = static_cast<int>(4 * group), count = std::min(weights.count[target] - begin, 4);
  const std::int32_t* weight = &weights.values[target * weights.stride] + begin;
  WeightGroup result;
  for (int k = 0; k < count; ++k) {
    const std::int32_t low = static_cast<std::int8_t>(weight[k]), rest = (weight[k] - low) >> 8;
    const std::int32_t middle = static_cast<std::int8_t>(rest);
    put(result.low, k, low);
    put(result.middle, k, middle);
    put(result.top, k, (rest - middle) >> 8);
  }
  return result;
}

std::size_t mostGroups(const ResizeWeights& weights) {
  return (static_cast<std::size_t>(*std::max_element(weights.count.begin(), weights.count.end())) + 3) / 4;
}

/// Sums of sixteen targets, digit by digit.
struct DigitSums {
  __m512i low, middle, top;
};

/// What sixteen sums are multiplied by.
struct DigitWeights {
  __m512i low, middle, top;
};

SLAB_AVX512_INLINE DigitSums noSums() {
  return {_mm512_set1_epi32(kHalf), _mm512_setzero_si512(), _mm512_setzero_si512()};
}

/// Four bytes of each target, weighted.
SLAB_AVX512_INLINE void add(DigitSums& sums, __m512i bytes, const DigitWeights& weights) {
  sums.low = _mm512_dpbusd_epi32(sums.low, bytes, weights.low);
  sums.middle = _mm512_dpbusd_epi32(sums.middle, bytes, weights.middle);
  sums.top = _mm512_dpbusd_epi32(sums.top, bytes, weights.top);
}

SLAB_AVX512_INLINE __m512i wholeOf(const DigitSums& sums) {
  const __m512i upper = _mm512_add_epi32(_mm512_slli_epi32(sums.top, 8), sums.middle);
  return _mm512_srai_epi32(_mm512_add_epi32(_mm512_slli_epi32(upper, 8), sums.low), kWeightBits);
}

// --- across: up to five target pixels of three colours at once -----------------------------------------------------

constexpr int kMostTargets = 5;
constexpr int kPixelsOfLoad = 21;

/// The weights of one group of up to five targets, a number for each colour of each, and where in a load of 64 bytes
/// their four sources lie.
struct alignas(64) TargetGroup {
  std::int32_t places[16] = {};
  std::int32_t low[16] = {};
  std::int32_t middle[16] = {};
  std::int32_t top[16] = {};
};

/// Targets taken together, as many each time as reach into one load.
struct TargetTable {
  int together = kMostTargets;
  std::size_t each = 0;             // groups of a target
  std::vector<int> from;            // first source of each bundle of targets
  std::vector<TargetGroup> groups;  // `each` a bundle

  explicit TargetTable(const ResizeWeights& weights) : each(mostGroups(weights)) {
    const auto targets = static_cast<int>(weights.first.size());
    while (together > 1 && !reachesAll(weights)) --together;
    for (int begin = 0; begin < targets; begin += together) {
      const int end = std::min(begin + together, targets);
      from.push_back(std::min(weights.firstOf(begin), weights.firstOf(end - 1)));
      for (std::size_t group = 0; group < each; ++group) addGroup(weights, begin, end, group);
    }
  }

 private:
  [[nodiscard]] bool reachesAll(const ResizeWeights& weights) const {
    const auto targets = static_cast<int>(weights.first.size());
    for (int begin = 0; begin < targets; begin += together) {
      const int end = std::min(begin + together, targets) - 1;
      if (std::abs(weights.firstOf(end) - weights.firstOf(begin)) + 4 > kPixelsOfLoad) return false;
    }
    return true;
  }

  void addGroup(const ResizeWeights& weights, int begin, int end, std::size_t group) {
    TargetGroup& added = groups.emplace_back();
    for (int target = begin; target < end; ++target) {
      const WeightGroup of = groupOf(weights, static_cast<std::size_t>(target), group);
      for (int color = 0; color < 3; ++color) {
        const int i = 3 * (target - begin) + color;
        const std::int32_t place = 3 * (weights.firstOf(target) - from.back()) + color;
        added.places[i] = place * 0x01010101 + 0x09060300;  // this one and the next three pixels' of the colour
        added.low[i] = of.low;
        added.middle[i] = of.middle;
        added.top[i] = of.top;
      }
    }
  }
};

/// Four rows at once, which share the weights. Up to 64 bytes and twelve a group are read behind a row, with weight 0.
/// kGroups 0: any number.
template <std::size_t kGroups>
SLAB_AVX512 void colorRows(const FourRows& in, const FourTargets& out, std::size_t targets, const TargetTable& table) {
  const TargetGroup* group = table.groups.data();
  const auto together = static_cast<std::size_t>(table.together);
  for (std::size_t bundle = 0, x = 0; x < targets; ++bundle, x += together) {
    DigitSums sums[4] = {noSums(), noSums(), noSums(), noSums()};
    std::ptrdiff_t from = std::ptrdiff_t{table.from[bundle]} * 3;
    for (std::size_t i = 0; i < (kGroups > 0 ? kGroups : table.each); ++i, ++group, from += 12) {
      const __m512i places = _mm512_load_si512(group->places);
      const DigitWeights weights{_mm512_load_si512(group->low), _mm512_load_si512(group->middle),
                                 _mm512_load_si512(group->top)};
#pragma GCC unroll 4
      for (std::size_t row = 0; row < 4; ++row) {
        add(sums[row], _mm512_permutexvar_epi8(places, _mm512_loadu_si512(in[row] + from)), weights);
      }
    }
    const auto mask = static_cast<__mmask16>((1U << (3 * std::min(together, targets - x))) - 1);
#pragma GCC unroll 4
    for (std::size_t row = 0; row < 4; ++row) {
      const __m512i positive = _mm512_max_epi32(wholeOf(sums[row]), _mm512_setzero_si512());
      _mm_mask_storeu_epi8(out[row] + 3 * x, mask, _mm512_cvtusepi32_epi8(positive));
    }
  }
}

void acrossAvx512(const ImageView& image, const ResizeWeights& weights, Image& out) {
  if (image.channels != 3) return plainResizeLoops().across(image, weights, out);
  const TargetTable table(weights);
  const std::size_t overread = table.each * 12 + 64;
  if (image.rowBytes() < overread) return plainResizeLoops().across(image, weights, out);
  const auto rows = table.each == 1 ? colorRows<1> : table.each == 2 ? colorRows<2> : colorRows<0>;
  forRowsOfFour(image, out, overread,
                [&](const FourRows& in, const FourTargets& to) { rows(in, to, weights.first.size(), table); });
}

// --- down: sixty-four bytes of a target row at once ----------------------------------------------------------------

SLAB_AVX512_INLINE DigitWeights everywhere(const WeightGroup& group) {
  return {_mm512_set1_epi32(group.low), _mm512_set1_epi32(group.middle), _mm512_set1_epi32(group.top)};
}

/// Bytes [x, x + 64) of four source rows, weighted into the sums of their targets, in the order in which unpacking by
/// lanes leaves them.
SLAB_AVX512_INLINE void addRows(DigitSums (&sums)[4], const std::uint8_t* const* rows, std::size_t x, __mmask64 mask,
                                const DigitWeights& weights) {
  const __m512i first = _mm512_maskz_loadu_epi8(mask, rows[0] + x), second = _mm512_maskz_loadu_epi8(mask, rows[1] + x);
  const __m512i third = _mm512_maskz_loadu_epi8(mask, rows[2] + x), fourth = _mm512_maskz_loadu_epi8(mask, rows[3] + x);
  const __m512i left01 = _mm512_unpacklo_epi8(first, second), right01 = _mm512_unpackhi_epi8(first, second);
  const __m512i left23 = _mm512_unpacklo_epi8(third, fourth), right23 = _mm512_unpackhi_epi8(third, fourth);
  add(sums[0], _mm512_unpacklo_epi16(left01, left23), weights);
  add(sums[1], _mm512_unpackhi_epi16(left01, left23), weights);
  add(sums[2], _mm512_unpacklo_epi16(right01, right23), weights);
  add(sums[3], _mm512_unpackhi_epi16(right01, right23), weights);
}

/// One target row from rows in groups of four. kGroups 0: any number.
template <std::size_t kGroups>
SLAB_AVX512 void downRow(const std::vector<const std::uint8_t*>& rows, const std::vector<WeightGroup>& groups,
                         std::size_t bytes, std::uint8_t* out) {
  for (std::size_t x = 0; x < bytes; x += 64) {
    const __mmask64 mask = bytes - x >= 64 ? ~__mmask64{0} : (__mmask64{1} << (bytes - x)) - 1;
    DigitSums sums[4] = {noSums(), noSums(), noSums(), noSums()};
    for (std::size_t i = 0; i < (kGroups > 0 ? kGroups : groups.size()); ++i) {
      addRows(sums, &rows[4 * i], x, mask, everywhere(groups[i]));
    }
    const __m512i left = _mm512_packs_epi32(wholeOf(sums[0]), wholeOf(sums[1]));
    const __m512i right = _mm512_packs_epi32(wholeOf(sums[2]), wholeOf(sums[3]));
    _mm512_mask_storeu_epi8(out + x, mask, _mm512_packus_epi16(left, right));
  }
}

void downAvx512(const ImageView& image, const ResizeWeights& weights, Image& out) {
  std::vector<WeightGroup> groups(mostGroups(weights));
  std::vector<const std::uint8_t*> rows(4 * groups.size());
  const auto downOne = groups.size() == 1 ? downRow<1> : groups.size() == 2 ? downRow<2> : downRow<0>;
  for (int y = 0; y < out.height; ++y) {
    const int first = weights.firstOf(y) - weights.begin(), last = first + weights.countOf(y) - 1;
    for (std::size_t i = 0; i < groups.size(); ++i) groups[i] = groupOf(weights, static_cast<std::size_t>(y), i);
    // Where a group has no more rows the last one stands in, with weight 0.
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = image.row(std::min(first + static_cast<int>(i), last));
    downOne(rows, groups, image.rowBytes(), out.row(y));
  }
}

}  // namespace

const ResizeLoops* avx512ResizeLoops() {
  static constexpr ResizeLoops kLoops{acrossAvx512, downAvx512};
  const bool hasAll = __builtin_cpu_supports("avx512bw") != 0 && __builtin_cpu_supports("avx512vl") != 0 &&
                      __builtin_cpu_supports("avx512vnni") != 0 && __builtin_cpu_supports("avx512vbmi") != 0;
  return hasAll ? &kLoops : nullptr;
}

}  // namespace slab

#else

namespace slab {

const ResizeLoops* avx512ResizeLoops() {
  return nullptr;
}

}  // namespace slab

#endif
