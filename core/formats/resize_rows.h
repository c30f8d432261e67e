// What the passes of a resize for different processors share.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "core/formats/resize_loops.h"

namespace slab {

/// Rounds a sum of weighted bytes.
inline constexpr std::int32_t kHalf = 1 << (kWeightBits - 1);

/// Bytes [from, rowBytes) of target row y into the same bytes of `out`; `image` as for ResizeLoops::down.
void downPlainRow(const ImageView& image, const ResizeWeights& weights, int y, std::size_t from, std::uint8_t* out);

#if defined(__x86_64__)

using FourRows = std::array<const std::uint8_t*, 4>;
using FourTargets = std::array<std::uint8_t*, 4>;

/// Calls `pass(FourRows in, FourTargets out)` for all rows; it may read `overread` bytes behind a row.
template <class Pass>
void forRowsOfFour(const ImageView& image, Image& out, std::size_t overread, Pass pass) {
  // What is read behind a row is the next one; nothing may be read behind the last, so the last four are moved to where
  // there is room. (One before may be made twice; of fewer than four some are the same.)
  const std::size_t room = image.rowBytes() + overread;
  std::vector<std::uint8_t> moved;
  FourRows in{};
  FourTargets to{};
  for (int y = 0; y < out.height; y += 4) {
    const bool isEnd = y + 4 >= out.height;
    if (isEnd) moved.resize(4 * room);
    for (int i = 0; i < 4; ++i) {
      const int row = isEnd ? std::max(out.height - 4 + i, 0) : y + i;
      const auto place = static_cast<std::size_t>(i);
      in[place] = image.row(row);
      to[place] = out.row(row);
      if (isEnd) in[place] = std::copy_n(image.row(row), image.rowBytes(), &moved[place * room]) - image.rowBytes();
      // The processor's own prefetcher does not foresee the jump from row to row of a crop.
      for (std::size_t byte = 0; row + 4 < image.height && byte < image.rowBytes(); byte += 64) {
        _mm_prefetch(reinterpret_cast<const char*>(image.row(row + 4) + byte), _MM_HINT_T0);
      }
    }
    pass(in, to);
  }
}

#endif

}  // namespace slab
