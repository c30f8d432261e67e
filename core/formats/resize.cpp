#include "core/formats/resize.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

#include "core/base/error.h"
#include "core/formats/resize_loops.h"
#include "core/formats/resize_weights.h"

namespace slab {
namespace {

Image resizeAcross(const ImageView& image, int width, const ResizeWeights& weights) {
  Image out = blankImage(width, image.height, image.channels);
  resizeLoops().across(image, weights, out);
  return out;
}

/// `image` begins with the first row that the weights name.
Image resizeDown(const ImageView& image, int height, const ResizeWeights& weights) {
  Image out = blankImage(image.width, height, image.channels);
  resizeLoops().down(image, weights, out);
  return out;
}

/// `rows` begins with the first row that `down` names. What lies between the passes is overwritten each time: a thread
/// keeps its memory, and nobody clears it.
Image resizeBoth(const ImageView& rows, int width, int height, const ResizeWeights& across, const ResizeWeights& down) {
  thread_local Image between;
  between.width = width;
  between.height = rows.height;
  between.channels = rows.channels;
  between.pixels.resize(static_cast<std::size_t>(between.height) * between.rowBytes());
  resizeLoops().across(rows, across, between);
  return resizeDown(between, height, down);
}

void check(const ImageView& image, int width, int height, const Box& box) {
  const bool inside = box.left >= 0 && box.top >= 0 && box.right > box.left && box.bottom > box.top &&
                      box.right <= image.width && box.bottom <= image.height;
  if (!inside || width <= 0 || height <= 0) {
    throw Error(ErrorKind::Internal, "an image of " + std::to_string(image.width) + " x " +
                                         std::to_string(image.height) + " can't be resized to " +
                                         std::to_string(width) + " x " + std::to_string(height));
  }
}

Box boxOf(const Rect& region) {
  return {static_cast<double>(region.x), static_cast<double>(region.y), static_cast<double>(region.x) + region.width,
          static_cast<double>(region.y) + region.height};
}

/// Python's round: a half goes to the even neighbour.
int centred(int outer, int inner) {
  return static_cast<int>(std::nearbyint((outer - inner) / 2.0));
}

}  // namespace

Image resizeBox(const ImageView& image, int width, int height, ResizeFilter filter, const Box& box) {
  check(image, width, height, box);
  const bool sameWidth = width == image.width && box.left == 0 && box.right == width;
  const bool sameHeight = height == image.height && box.top == 0 && box.bottom == height;
  if (sameWidth && sameHeight) return crop(image, {0, 0, width, height});
  if (sameHeight) {
    return resizeAcross(image, width, makeResizeWeights(box.left, box.right, image.width, width, filter));
  }
  const ResizeWeights down = makeResizeWeights(box.top, box.bottom, image.height, height, filter);
  const ImageView rows = image.part({0, down.begin(), image.width, down.end() - down.begin()});
  if (sameWidth) return resizeDown(rows, height, down);
  const ResizeWeights across = makeResizeWeights(box.left, box.right, image.width, width, filter);
  return resizeBoth(rows, width, height, across, down);
}

Image resizeMirrored(const ImageView& image, int width, int height, const Box& box) {
  check(image, width, height, box);
  const ResizeWeights down = makeResizeWeights(box.top, box.bottom, image.height, height, ResizeFilter::Bicubic);
  ResizeWeights across = makeResizeWeights(box.left, box.right, image.width, width, ResizeFilter::Bicubic);
  mirror(across);
  const ImageView rows = image.part({0, down.begin(), image.width, down.end() - down.begin()});
  return resizeBoth(rows, width, height, across, down);
}

Image resize(const ImageView& image, int width, int height, ResizeFilter filter, const Rect& region) {
  return resizeBox(image, width, height, filter, boxOf(region));
}

Image resize(const ImageView& image, int width, int height, ResizeFilter filter) {
  return resize(image, width, height, filter, {0, 0, image.width, image.height});
}

Image crop(const ImageView& image, const Rect& region) {
  check(image, region.width, region.height, boxOf(region));
  Image out = blankImage(region.width, region.height, image.channels);
  const ImageView part = image.part(region);
  for (int y = 0; y < out.height; ++y) std::copy_n(part.row(y), out.rowBytes(), out.row(y));
  return out;
}

PixelSize fitShorterSide(int width, int height, int shorter) {
  const auto longer = [&](int numerator, int denominator) {
    return static_cast<int>(static_cast<std::int64_t>(shorter) * numerator / denominator);
  };
  return width <= height ? PixelSize{shorter, longer(height, width)} : PixelSize{longer(width, height), shorter};
}

Image resizeForEvaluation(const ImageView& image, int size) {
  const PixelSize fitted = fitShorterSide(image.width, image.height, static_cast<int>(256.0 / 224.0 * size));
  const Image resized = resize(image, fitted.width, fitted.height, ResizeFilter::Bicubic);
  return crop(resized, {centred(fitted.width, size), centred(fitted.height, size), size, size});
}

}  // namespace slab
