#include "core/data/augment_operations.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

#include "core/formats/color.h"

namespace slab::data {
namespace {

using Table = std::array<std::uint8_t, 256>;
using Histogram = std::array<std::int64_t, 256>;

template <typename Function>
Table tableOf(Function function) {
  Table table;
  for (int v = 0; v < 256; ++v) table[static_cast<std::size_t>(v)] = static_cast<std::uint8_t>(function(v));
  return table;
}

/// One table for each channel, made from the channel's histogram.
template <typename MakeTable>
Image mapByHistogram(const Image& image, MakeTable makeTable) {
  Image out = image;
  const auto channels = static_cast<std::size_t>(image.channels);
  for (std::size_t c = 0; c < channels; ++c) {
    Histogram histogram{};
    for (std::size_t i = c; i < image.pixels.size(); i += channels) ++histogram[image.pixels[i]];
    const Table table = makeTable(histogram);
    for (std::size_t i = c; i < out.pixels.size(); i += channels) out.pixels[i] = table[out.pixels[i]];
  }
  return out;
}

Image map(const Image& image, const Table& table) {
  Image out = image;
  for (auto& value : out.pixels) value = table[value];
  return out;
}

int truncatedByte(double value) {
  return std::clamp(static_cast<int>(value), 0, 255);
}

/// Stretches the values that occur to 0..255.
Table autoContrastTable(const Histogram& histogram) {
  const auto isUsed = [](std::int64_t count) { return count > 0; };
  const auto low = std::find_if(histogram.begin(), histogram.end(), isUsed) - histogram.begin();
  const auto high = 255 - (std::find_if(histogram.rbegin(), histogram.rend(), isUsed) - histogram.rbegin());
  if (high <= low) return tableOf([](int v) { return v; });
  const double scale = 255.0 / static_cast<double>(high - low);
  const double offset = -static_cast<double>(low) * scale;
  return tableOf([&](int v) { return truncatedByte(v * scale + offset); });
}

/// The cumulated histogram, in steps of 1/255 of all pixels but those of the highest value.
Table equalizeTable(const Histogram& histogram) {
  std::int64_t total = 0, last = 0;
  for (const auto count : histogram) {
    total += count;
    if (count > 0) last = count;
  }
  const std::int64_t step = (total - last) / 255;
  if (step == 0) return tableOf([](int v) { return v; });
  std::int64_t before = step / 2;
  return tableOf([&](int v) {
    const std::int64_t level = before / step;
    before += histogram[static_cast<std::size_t>(v)];
    return static_cast<int>(std::min<std::int64_t>(level, 255));
  });
}

/// from + factor (to - from), in float; outside of [0, 1] the result is clamped.
class Blend {
 public:
  explicit Blend(double factor) : factor_(static_cast<float>(factor)) {}

  [[nodiscard]] std::uint8_t operator()(int from, int to) const {
    const float value = static_cast<float>(from) + factor_ * static_cast<float>(to - from);
    return static_cast<std::uint8_t>(static_cast<int>(std::clamp(value, 0.0F, 255.0F)));
  }

 private:
  float factor_;
};

Image changeColor(const Image& image, double factor) {
  if (image.channels == 1) return image;
  const Image grey = convertColor(image, ColorMode::Grey);
  const Blend blend(factor);
  Image out = image;
  std::uint8_t* value = out.pixels.data();
  for (const int level : grey.pixels) {
    for (int c = 0; c < 3; ++c, ++value) *value = blend(level, *value);
  }
  return out;
}

/// Away from the mean of the grey image.
Image changeContrast(const Image& image, double factor) {
  const Image grey = convertColor(image, ColorMode::Grey);
  const std::int64_t sum = std::accumulate(grey.pixels.begin(), grey.pixels.end(), std::int64_t{0});
  const int mean = static_cast<int>(static_cast<double>(sum) / static_cast<double>(grey.pixels.size()) + 0.5);
  const Blend blend(factor);
  return map(image, tableOf([&](int v) { return blend(mean, v); }));
}

/// A 3 x 3 mean in which the centre counts five times, to the nearest; the border stays as it is.
Image smoothed(const Image& image) {
  Image out = image;
  const auto step = static_cast<std::size_t>(image.channels), end = image.rowBytes() - std::min(step, image.rowBytes());
  for (int y = 1; y + 1 < image.height; ++y) {
    const std::uint8_t *above = image.row(y - 1), *here = image.row(y), *below = image.row(y + 1);
    std::uint8_t* row = out.row(y);
    for (std::size_t i = step; i < end; ++i) {
      const auto sum =
          static_cast<std::uint16_t>(above[i - step] + above[i] + above[i + step] + here[i - step] + 5 * here[i] +
                                     here[i + step] + below[i - step] + below[i] + below[i + step]);
      row[i] = static_cast<std::uint8_t>(static_cast<std::uint16_t>(2 * sum + 13) / 26);
    }
  }
  return out;
}

Image changeSharpness(const Image& image, double factor) {
  Image out = smoothed(image);
  const Blend blend(factor);
  for (std::size_t i = 0; i < out.pixels.size(); ++i) out.pixels[i] = blend(out.pixels[i], image.pixels[i]);
  return out;
}

Table solarizeAddTable(int added) {
  return tableOf([added](int v) { return v < 128 ? std::min(255, v + added) : v; });
}

}  // namespace

Image applyOperation(const Image& image, Operation operation, double argument, const FillColor& fill) {
  const int whole = static_cast<int>(argument);
  switch (operation) {
    case Operation::AutoContrast: return mapByHistogram(image, autoContrastTable);
    case Operation::Equalize: return mapByHistogram(image, equalizeTable);
    case Operation::Invert: return map(image, tableOf([](int v) { return 255 - v; }));
    case Operation::Rotate: return rotate(image, argument, fill);
    case Operation::Posterize: return map(image, tableOf([whole](int v) { return v & ~((1 << (8 - whole)) - 1); }));
    case Operation::Solarize: return map(image, tableOf([whole](int v) { return v < whole ? v : 255 - v; }));
    case Operation::SolarizeAdd: return map(image, solarizeAddTable(whole));
    case Operation::Color: return changeColor(image, argument);
    case Operation::Contrast: return changeContrast(image, argument);
    case Operation::Brightness: return map(image, tableOf([blend = Blend(argument)](int v) { return blend(0, v); }));
    case Operation::Sharpness: return changeSharpness(image, argument);
    case Operation::ShearX: return transformAffine(image, {1, argument, 0, 0, 1, 0}, fill);
    case Operation::ShearY: return transformAffine(image, {1, 0, 0, argument, 1, 0}, fill);
    case Operation::TranslateX: return transformAffine(image, {1, 0, argument * image.width, 0, 1, 0}, fill);
    case Operation::TranslateY: return transformAffine(image, {1, 0, 0, 0, 1, argument * image.height}, fill);
  }
  return image;
}

}  // namespace slab::data
