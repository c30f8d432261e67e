// The pixels of a sample as a loader gets at them: in memory, or in a file of which a part may do.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "core/base/image_view.h"
#include "core/formats/image_codec.h"
#include "core/formats/resize.h"

namespace slab::data {

/// Either the bytes of an image file or pixels; `owner` keeps them where they are.
struct SampleSource {
  std::shared_ptr<const void> owner;
  std::span<const std::byte> file;
  ImageView pixels;  // of where there is no file
  std::string name;  // what messages call the sample
};

/// Maps the file at `path`. Throws Error(Data).
SampleSource fileSource(const std::string& path);
SampleSource imageSource(Image image, std::string name);

/// From the header or the pixels. Throws Error(Data).
PixelSize sizeOf(const SampleSource& source);

/// All of it, decoded in full.
Image wholeImage(const SampleSource& source, ColorMode color);

/// `region` of it, cut out, resized to width x height (bicubic, antialiased) and `mirrored` left to right.
/// A file is decoded no further than that needs (decodePart): pixels may differ by a grey level or two from those of
/// the whole where the region is at least twice the target. Throws Error(Data).
Image resizedRegion(const SampleSource& source, ColorMode color, const Rect& region, int width, int height,
                    bool mirrored = false);

}  // namespace slab::data
