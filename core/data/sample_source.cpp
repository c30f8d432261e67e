#include "core/data/sample_source.h"

#include <utility>

#include "core/formats/color.h"
#include "core/formats/mapped_file.h"

namespace slab::data {
namespace {

int channelsOf(ColorMode color, int stored) {
  switch (color) {
    case ColorMode::Rgb: return 3;
    case ColorMode::Grey: return 1;
    case ColorMode::Stored: break;
  }
  return stored;
}

}  // namespace

SampleSource fileSource(const std::string& path) {
  auto file = std::make_shared<const MappedFile>(path);
  const auto bytes = file->bytes();
  return {std::move(file), bytes, {}, path};
}

SampleSource imageSource(Image image, std::string name) {
  auto owned = std::make_shared<const Image>(std::move(image));
  const ImageView pixels = *owned;
  return {std::move(owned), {}, pixels, std::move(name)};
}

PixelSize sizeOf(const SampleSource& source) {
  if (!source.pixels.empty()) return {source.pixels.width, source.pixels.height};
  const ImageInfo info = probeImage(source.file, source.name);
  return {info.width, info.height};
}

Image wholeImage(const SampleSource& source, ColorMode color) {
  if (source.pixels.empty()) return decodeImage(source.file, source.name, {.color = color});
  return convertColor(crop(source.pixels, {0, 0, source.pixels.width, source.pixels.height}), color);
}

Image resizedRegion(const SampleSource& source, ColorMode color, const Rect& region, int width, int height,
                    bool mirrored) {
  const auto resized = [&](const ImageView& image, const Box& box) {
    return mirrored ? resizeMirrored(image, width, height, box)
                    : resizeBox(image, width, height, ResizeFilter::Bicubic, box);
  };
  if (source.pixels.empty()) {
    const DecodedPart part = decodePart(source.file, source.name, region, width, height, {.color = color});
    return resized(part.image, part.box);
  }
  const ImageView part = source.pixels.part(region);
  const Box all{0, 0, static_cast<double>(region.width), static_cast<double>(region.height)};
  if (channelsOf(color, part.channels) == part.channels) return resized(part, all);
  return resized(convertColor(crop(source.pixels, region), color), all);
}

}  // namespace slab::data
