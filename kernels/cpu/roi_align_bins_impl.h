#pragma once

#include "kernels/cpu/roi_align_bins.h"
#include "kernels/cpu/simd/lanes.h"

/// Bodies of RoiAlignBins as templates over the vector type V.
namespace slab::kernels::roi_align_bins {

/// Vectors of channels whose sums stay in registers together.
constexpr int kVectors = 4;

/// The rectangle of pixels that one bin reads, at channel `channel` of the map, and their weights.
template <class V>
struct Rectangle {
  [[gnu::always_inline]] Rectangle(const RoiAlignShape& shape, const RoiTables& tables, std::int64_t roi,
                                   std::int64_t row, std::int64_t column)
      : y(tables.rows[roi * shape.rows + row]),
        x(tables.columns[roi * shape.columns + column]),
        down(tables.rowWeights + roi * tables.rowRoom + y.offset),
        right(tables.columnWeights + roi * tables.columnRoom + x.offset) {}

  RoiBin y, x;
  const float *down, *right;
};

template <class V, int vectors, class Lanes>
[[gnu::always_inline]] inline void gather(const Rectangle<V>& bin, const float* map, std::int64_t width,
                                          std::int64_t channels, float* to, Lanes lanes) {
  using F = typename V::F;
  F sum[vectors];
  for (F& value : sum) value = V::zero();
  for (std::int32_t i = 0; i < bin.y.count; ++i) {
    const float* pixel = map + ((bin.y.first + i) * width + bin.x.first) * channels;
    for (std::int32_t j = 0; j < bin.x.count; ++j, pixel += channels) {
      const F weight = V::broadcast(bin.down[i] * bin.right[j]);
      for (int n = 0; n < vectors; ++n) sum[n] = V::fma(weight, V::load(pixel + n * V::width, lanes), sum[n]);
    }
  }
  for (int n = 0; n < vectors; ++n) V::store(to + n * V::width, sum[n], lanes);
}

template <class V, int vectors, class Lanes>
[[gnu::always_inline]] inline void scatter(const Rectangle<V>& bin, const float* from, std::int64_t width,
                                           std::int64_t channels, float* map, Lanes lanes) {
  using F = typename V::F;
  F value[vectors];
  for (int n = 0; n < vectors; ++n) value[n] = V::load(from + n * V::width, lanes);
  for (std::int32_t i = 0; i < bin.y.count; ++i) {
    float* pixel = map + ((bin.y.first + i) * width + bin.x.first) * channels;
    for (std::int32_t j = 0; j < bin.x.count; ++j, pixel += channels) {
      const F weight = V::broadcast(bin.down[i] * bin.right[j]);
      for (int n = 0; n < vectors; ++n) {
        float* to = pixel + n * V::width;
        V::store(to, V::fma(weight, value[n], V::load(to, lanes)), lanes);
      }
    }
  }
}

template <class V>
void forward(const RoiAlignForward& call, const RoiTables& tables, std::int64_t begin, std::int64_t end) {
  const RoiAlignShape& shape = call.shape;
  const std::int64_t channels = shape.channels, blocked = channels / (kVectors * V::width) * (kVectors * V::width);
  for (std::int64_t roi = begin; roi < end; ++roi) {
    const float image = call.rois[roi * 5];
    // Regions of no image have empty bins.
    const bool isThere = image >= 0.0f && image < static_cast<float>(shape.images);
    const float* map =
        call.map + (isThere ? static_cast<std::int64_t>(image) : 0) * shape.height * shape.width * channels;
    float* to = call.output + roi * shape.rows * shape.columns * channels;
    for (std::int64_t row = 0; row < shape.rows; ++row) {
      for (std::int64_t column = 0; column < shape.columns; ++column, to += channels) {
        const Rectangle<V> bin(shape, tables, roi, row, column);
        for (std::int64_t c = 0; c < blocked; c += kVectors * V::width) {
          gather<V, kVectors>(bin, map + c, shape.width, channels, to + c, simd::Whole{});
        }
        simd::forEachVector<V>(channels - blocked, [&](std::int64_t offset, auto lanes) {
          gather<V, 1>(bin, map + blocked + offset, shape.width, channels, to + blocked + offset, lanes);
        });
      }
    }
  }
}

template <class V>
void clear(const RoiAlignShape& shape, float* map, std::int64_t begin, std::int64_t end) {
  for (std::int64_t pixel = 0; pixel < shape.height * shape.width; ++pixel) {
    float* to = map + pixel * shape.channels + begin;
    simd::forEachVector<V>(end - begin, [&](std::int64_t c, auto lanes) { V::store(to + c, V::zero(), lanes); });
  }
}

template <class V>
void backward(const RoiAlignBackward& call, const RoiTables& tables, std::int64_t image, std::int64_t begin,
              std::int64_t end) {
  const RoiAlignShape& shape = call.shape;
  const std::int64_t channels = shape.channels;
  const std::int64_t blocked = begin + (end - begin) / (kVectors * V::width) * (kVectors * V::width);
  float* map = call.dMap + image * shape.height * shape.width * channels;
  clear<V>(shape, map, begin, end);
  for (std::int64_t roi = 0; roi < shape.rois; ++roi) {
    const float number = call.rois[roi * 5];
    if (!(number >= 0.0f && number < static_cast<float>(shape.images))) continue;
    if (static_cast<std::int64_t>(number) != image) continue;
    const float* from = call.dOutput + roi * shape.rows * shape.columns * channels;
    for (std::int64_t row = 0; row < shape.rows; ++row) {
      for (std::int64_t column = 0; column < shape.columns; ++column, from += channels) {
        const Rectangle<V> bin(shape, tables, roi, row, column);
        for (std::int64_t c = begin; c < blocked; c += kVectors * V::width) {
          scatter<V, kVectors>(bin, from + c, shape.width, channels, map + c, simd::Whole{});
        }
        simd::forEachVector<V>(end - blocked, [&](std::int64_t offset, auto lanes) {
          scatter<V, 1>(bin, from + blocked + offset, shape.width, channels, map + blocked + offset, lanes);
        });
      }
    }
  }
}

template <class V>
constexpr RoiAlignBins kTable = {forward<V>, backward<V>};

}  // namespace slab::kernels::roi_align_bins
